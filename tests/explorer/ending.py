"""After the turmoil: time passes, reconcile runs until nothing is due, and every payment must be accounted for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.config import Settings
from shared.domain.order import Order
from shared.domain.payment import PaymentState
from shared.domain.schedule import due_at
from tests.explorer.actors import DEALT_WITH, reconcile_once
from tests.explorer.replay import Actor, Raised
from tests.explorer.watch import Violation, watched
from tests.worlds import calls
from tests.worlds.builders import ORDER_ID
from tests.worlds.outside import Outside
from tests.worlds.ports import world_over
from tests.worlds.rules import broken_at_end

MOST_ROUNDS = 40
Rewrite = Callable[[calls.Call], calls.Call]
REDELIVERED_AFTER = timedelta(seconds=61)


class Quiet:
    """One process at a time, nothing fails any more; every call is still watched."""

    def __init__(self, outside: Outside, settings: Settings, orphaned: bool, rewrite: Rewrite) -> None:
        self.outside = outside
        self._orphaned = orphaned
        self._rewrite = rewrite
        self.world = world_over(self._perform, settings, "quiet")

    @property
    def order(self) -> Order:
        return self.outside.orders[ORDER_ID].order

    def pass_time(self, time: timedelta) -> None:
        self.outside = replace(self.outside, now=self.outside.now + max(time, timedelta()))

    def _perform(self, call: calls.Call) -> Any:
        self.outside, answer = watched(self.outside, self._rewrite(call), self._orphaned)
        if isinstance(answer, Raised):
            raise answer.error
        return answer


def end_quietly(
    outside: Outside, unanswered: tuple[Actor, ...], settings: Settings, orphaned: bool, rewrite: Rewrite
) -> Order:
    """The order in the end. Raises Violation when a payment is forgotten or it never becomes quiet."""
    quiet = Quiet(outside, settings, orphaned, rewrite)
    for _ in range(MOST_ROUNDS):
        due = due_at(quiet.order)
        if due is None and not unanswered:
            break
        if due is not None:
            quiet.pass_time(due - quiet.outside.now)
            reconcile_once(quiet.world)
        if unanswered:
            quiet.pass_time(REDELIVERED_AFTER)
            unanswered = tuple(actor for actor in unanswered if actor.act(quiet.world) != DEALT_WITH)
        if _only_waits_for_the_customer(quiet):
            break
    else:
        raise Violation(f"it never becomes quiet: {quiet.order}")
    brought = [p.payment_id for p in quiet.outside.payments.values() if p.state in _MONEY_CAME]
    broken = broken_at_end(quiet.order, brought)
    if broken:
        raise Violation("; ".join(broken))
    return quiet.order


def _only_waits_for_the_customer(quiet: Quiet) -> bool:
    """True for a payment that is not paid: looked at again and again, and nothing else is left to do."""
    payments = quiet.outside.payments.values()
    return bool(payments) and all(payment.state is PaymentState.PENDING for payment in payments)


_MONEY_CAME = (PaymentState.SUCCEEDED, PaymentState.REFUNDED)
