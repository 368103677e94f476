"""The report as a text table and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from shared.messages import REASON_TEXTS
from shared.operations.figures import Figures, Report


def money(kopecks: int) -> str:
    """As Russians write it: 45 450 or 45 450,50."""
    rubles, rest = divmod(kopecks, 100)
    return f"{rubles:,}".replace(",", "\N{NO-BREAK SPACE}") + (f",{rest:02d}" if rest else "")


Column = tuple[str, Callable[[Figures], str]]

COLUMNS: Sequence[Column] = (
    ("Заказов", lambda f: str(f.orders)),
    ("Продано", lambda f: str(f.sold)),
    ("Выручка, ₽", lambda f: money(f.revenue)),
    ("Сбоев", lambda f: str(f.make_failures)),
    ("Сбоев, %", lambda f: f"{100 * f.failure_share:.1f}"),
    ("Возвратов", lambda f: str(f.refunds)),
    ("Возвращено, ₽", lambda f: money(f.refunded)),
    ("Внимание", lambda f: str(f.attention)),
    ("До команды, с", lambda f: "—" if f.delay is None else f"{f.delay:.1f}"),
)

_CSV_HEADER = (
    *("kind", "name", "first_day", "last_day", "orders", "sold", "revenue", "make_failures"),
    *("refunds", "refunded", "needs_attention", "seconds_to_command"),
)


def as_text(report: Report) -> str:
    """The tables for a terminal; a problem device is marked with an exclamation mark."""
    parts = [f"Заказы с {report.first:%d.%m.%Y} по {report.last:%d.%m.%Y} (Москва)"]
    if not report.total.orders:
        return parts[0] + "\n\nЗаказов нет.\n"
    parts.append(_table("Кофемашина", [*report.devices, report.total], mark=report.devices))
    parts.append(_table("Владелец", report.merchants))
    if report.flagged:
        lines = [
            f"  {order.order_id}  {order.device_uuid}  "
            f"{REASON_TEXTS.get(order.attention_reason or '', order.attention_reason)}"
            for order in report.flagged
        ]
        parts.append("\n".join(["Требуют внимания (docs/operators.ru.md):", *lines]))
    return "\n\n".join(parts) + "\n"


def _table(title: str, rows: Sequence[Figures], mark: Sequence[Figures] = ()) -> str:
    header = [title, *(name for name, _ in COLUMNS)]
    cells = [
        [f"{'! ' if row.problem and row in mark else ''}{row.name}", *(show(row) for _, show in COLUMNS)]
        for row in rows
    ]
    widths = [max(len(line[place]) for line in [header, *cells]) for place in range(len(header))]
    return "\n".join(
        "  ".join(cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(both))
        for both in (list(zip(line, widths, strict=True)) for line in [header, *cells])
    )


def as_csv(report: Report) -> str:
    """One line per device and per merchant; money in rubles with a point, for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_CSV_HEADER)
    for kind, rows in (("device", report.devices), ("merchant", report.merchants)):
        for f in rows:
            revenue, refunded = f"{f.revenue / 100:.2f}", f"{f.refunded / 100:.2f}"
            delay = "" if f.delay is None else f"{f.delay:.3f}"
            figures = (f.orders, f.sold, revenue, f.make_failures, f.refunds, refunded, f.attention, delay)
            writer.writerow([kind, _harmless(f.name), report.first, report.last, *figures])
    return out.getvalue()


def _harmless(name: str) -> str:
    """Spreadsheets run what begins like a formula, and a device's id comes from a QR code."""
    return f"'{name}" if name[:1] in "=+-@" else name
