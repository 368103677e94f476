"""A run as text: one table a section, then what must hold and whether it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.bars import Row, Verdict

TITLES = {
    "cold": "Cold start: process start to the first answer, bytecode compiled (ratio to the floor)",
    "warm_1": "Warm, 1 caller (ratios to the floor)",
    "warm_8": "Warm, 8 callers (ratios to the floor)",
    "workers": "One worker",
    "make": "From a payment's notification to the made command (ratio to the two unavoidable calls)",
    "operations": "Firestore operations by step, counted at the wire",
    "polls": "The page's questions in a wait of 60 s, by status",
}
_WORDS = {True: "holds", False: "MISSED", None: "not measured"}


def render(sections: Mapping[str, Mapping[str, Row]], verdicts: Iterable[Verdict]) -> str:
    parts = [f"{TITLES.get(name, name)}\n{_table(rows)}" for name, rows in sections.items() if rows]
    return "\n\n".join([*parts, f"What must hold\n{_verdicts(verdicts)}"])


def number(value: float | None) -> str:
    """Short, and no more digits than mean something."""
    if value is None:
        return "-"
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _table(rows: Mapping[str, Row]) -> str:
    columns = list(next(iter(rows.values())))
    lines = [["", *columns], *([name, *(number(row.get(column)) for column in columns)] for name, row in rows.items())]
    return _aligned(lines)


def _verdicts(verdicts: Iterable[Verdict]) -> str:
    lines = [["", "is", "must be", ""]]
    for verdict in verdicts:
        sign = "≥" if verdict.bar.at_least else "≤"
        lines.append([verdict.bar.text, number(verdict.value), f"{sign} {verdict.bar.limit:g}", _WORDS[verdict.held]])
    return _aligned(lines)


def _aligned(lines: list[list[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        ).rstrip()
        for line in lines
    )
