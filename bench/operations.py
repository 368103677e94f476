"""What a purchase costs Firestore, step by step, as the embedded one counts it at the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.calls import new_order_id
from bench.stage import Stage
from sandbox.supervisor.loopback import call

# The page's own calls during a purchase; the rest of the steps are asked about apart.
PURCHASE = ("scan", "pay", "notification", "report")


@dataclass(frozen=True, slots=True)
class Operations:
    reads: int
    writes: int

    def __add__(self, other: Operations) -> Operations:
        return Operations(self.reads + other.reads, self.writes + other.writes)

    def __sub__(self, other: Operations) -> Operations:
        return Operations(self.reads - other.reads, self.writes - other.writes)


@dataclass(frozen=True, slots=True)
class Counted:
    """The steps of a purchase with nothing cached, and of the next one at the same machine."""

    cold: dict[str, Operations]
    cached: dict[str, Operations]


def count(stage: Stage) -> Counted:
    """Must come before anything else is bought on this stage: the first purchase finds the caches empty."""
    return Counted(cold=_purchase(stage), cached=_purchase(stage))


def purchase_total(steps: dict[str, Operations]) -> Operations:
    """The whole purchase, polls aside."""
    return sum((steps[name] for name in PURCHASE), Operations(0, 0))


def _purchase(stage: Stage) -> dict[str, Operations]:
    shop, order_id = stage.shop, new_order_id()
    steps: dict[str, Operations] = {}

    def step(name: str, act: Callable[[], object]) -> None:
        before = _so_far(stage)
        act()
        steps[name] = _so_far(stage) - before

    step("scan", lambda: shop.scan(order_id))
    step("scan_again", lambda: shop.scan(order_id, again=True))
    step("pay", lambda: shop.start_payment(order_id))
    step("poll", lambda: shop.status(order_id))
    step("check_unpaid", lambda: shop.check(order_id))
    payment_id = shop.pay(order_id)
    step("notification", lambda: shop.notify(order_id, payment_id))
    step("redelivery", lambda: shop.notify(order_id, payment_id))
    step("report", lambda: shop.report(order_id))
    step("reconcile_nothing_due", shop.reconcile)
    return steps


def _so_far(stage: Stage) -> Operations:
    """This sandbox's counts; a read is one where Firestore bills one."""
    counts = call("GET", f"{stage.sandbox.url('firestore_counts')}/_sandbox/counts").json()
    own = counts.get(stage.sandbox.project, {})
    return Operations(own.get("reads", 0), own.get("writes", 0))
