"""What was sold, and what went wrong, by device, merchant and day (no I/O). Money in kopecks, times in Moscow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

from shared.domain.fields import MOSCOW
from shared.domain.order import Attempt, AttemptStatus, Order, Reason, Refund, RefundKind, RefundStatus, Status
from shared.domain.schedule import shown_status


@dataclass(slots=True)
class Figures:
    """The sums of one device, one merchant or one day."""

    name: str
    orders: int = 0
    sold: int = 0
    revenue: int = 0  # paid, less what went back
    make_failures: int = 0
    refunds: int = 0
    refunded: int = 0
    attention: int = 0
    delays: list[float] = field(default_factory=list)  # seconds from the payment to the make command's end

    @property
    def delay(self) -> float | None:
        """The median, None when nothing was sent."""
        return median(self.delays) if self.delays else None

    @property
    def failure_share(self) -> float:
        """Make failures among the drinks that were paid for and commanded."""
        commanded = self.sold + self.make_failures
        return self.make_failures / commanded if commanded else 0.0

    @property
    def problem(self) -> bool:
        """True when somebody should look at this machine."""
        return self.attention > 0 or (self.make_failures > 1 and self.failure_share > 0.05)

    def add(self, order: Order, now: datetime) -> None:
        back = [refund for refund in order.refunds if goes_back(refund)]
        self.orders += 1
        self.sold += shown_status(order, now) is Status.SUCCESSFUL
        self.revenue += received(order) - sum(refund.amount for refund in back)
        self.make_failures += any(entry.status is Status.MAKE_FAILED for entry in order.history)
        self.refunds += len(back)
        self.refunded += sum(refund.amount for refund in back)
        self.attention += order.needs_attention
        delay = seconds_to_command(order)
        if delay is not None:
            self.delays.append(delay)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one period; `last` is its last day, included."""

    first: date
    last: date
    devices: list[Figures]
    merchants: list[Figures]
    days: list[Figures]
    total: Figures
    flagged: list[Order]


def goes_back(refund: Refund) -> bool:
    """True for money that has gone back to the customer, or is on its way."""
    return refund.kind is RefundKind.REFUND and refund.status is not RefundStatus.FAILED


def received(order: Order) -> int:
    """What customers paid for this order; a test payment is no money."""
    if order.reason == Reason.TEST_PAYMENT:
        return 0
    return sum(_paid(order, attempt) for attempt in order.attempts if attempt.status is AttemptStatus.SUCCEEDED)


def _paid(order: Order, attempt: Attempt) -> int:
    """What was asked for, unless a refund tells of what was really paid (`payment_mismatch`)."""
    refund = order.refund_of(attempt.payment_id or "")
    return refund.amount if refund is not None else attempt.amount


def seconds_to_command(order: Order) -> float | None:
    """From the moment that the payment was known to the end of the make command, retries included."""
    paid = next((entry.at for entry in order.history if entry.status is Status.PAID), None)
    if paid is None or order.make is None or order.make.sent_at is None:
        return None
    return (order.make.sent_at - paid).total_seconds()


def summarize(orders: Iterable[Order], flagged: Iterable[Order], first: date, last: date, now: datetime) -> Report:
    """The report of these orders, which were created in the period; `flagged`: all that need attention now."""
    known = list(orders)
    total = Figures("Всего")
    for order in known:
        total.add(order, now)
    return Report(
        first=first,
        last=last,
        devices=sorted(_by(known, lambda order: order.device_uuid, now), key=lambda f: (not f.problem, -f.revenue)),
        merchants=sorted(_by(known, lambda order: order.merchant_id, now), key=lambda f: -f.revenue),
        days=sorted(_by(known, lambda order: moscow_day(order.created_at).isoformat(), now), key=lambda f: f.name),
        total=total,
        flagged=list(flagged),
    )


def moscow_day(moment: datetime) -> date:
    return moment.astimezone(MOSCOW).date()


def _by(orders: Iterable[Order], key: Callable[[Order], str], now: datetime) -> list[Figures]:
    groups: dict[str, Figures] = {}
    for order in orders:
        name = key(order)
        groups.setdefault(name, Figures(name)).add(order, now)
    return list(groups.values())
