"""What must hold of a run (issue "Fast and cheap"): as data, and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Row = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Bar:
    """`figure` names one number of a run, as `section.row.column`. `counted`: no timing, the same in every run."""

    text: str
    figure: str
    limit: float
    at_least: bool = False
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`held` is None when the run has no such figure."""

    bar: Bar
    value: float | None

    @property
    def held(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bar.limit if self.bar.at_least else self.value <= self.bar.limit


BARS = (
    Bar("cold start of order_status against the floor", "cold.order_status.ratio", 1.15),
    Bar("cold start of create_order against the floor", "cold.create_order.ratio", 1.4),
    Bar("cold start of webhook against the floor", "cold.webhook.ratio", 1.4),
    Bar("GET order_status against the floor, median, 1 caller", "warm_1.order_status.ratio", 1.15),
    Bar(
        "throughput of order_status against the floor, 8 callers", "warm_8.order_status.rps_ratio", 0.85, at_least=True
    ),
    Bar("notification to made command against its two calls", "make.made.ratio", 1.3),
    Bar("reads of a purchase, nothing cached", "operations.purchase.cold_reads", 6, counted=True),
    Bar("reads of a purchase, device and merchant cached", "operations.purchase.cached_reads", 4, counted=True),
    Bar("writes of a purchase", "operations.purchase.cold_writes", 6, counted=True),
    Bar("reads of a poll", "operations.poll.cached_reads", 1, counted=True),
    Bar("questions of the page in a wait of 60 s", "polls.make_pending.questions", 40, counted=True),
)


def judge(sections: Mapping[str, Mapping[str, Row]]) -> list[Verdict]:
    """Every bar with what the run has for it."""
    return [Verdict(bar, _find(sections, *bar.figure.split("."))) for bar in BARS]


def _find(sections: Mapping[str, Mapping[str, Row]], section: str, row: str, column: str) -> float | None:
    return sections.get(section, {}).get(row, {}).get(column)
