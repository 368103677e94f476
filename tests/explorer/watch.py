"""Carries a call out and checks what no call may ever do (SPEC §7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.domain.order import Status
from shared.domain.payment import PaymentState
from shared.errors import ChangedMeanwhile, PaymentUnknown, ProviderError
from tests.explorer.replay import Raised
from tests.worlds import calls
from tests.worlds.outside import Outside
from tests.worlds.rules import broken_by_step

LONG_SLEEP = 40  # seconds: what is left of a claim once its holder may no longer begin to send
NO_SOONER = timedelta(seconds=60)
_MONEY_CAME = frozenset({PaymentState.SUCCEEDED, PaymentState.REFUNDED})


class Violation(AssertionError):
    """A rule of SPEC §7 is broken."""


def watched(outside: Outside, call: calls.Call, orphaned: bool) -> tuple[Outside, Any]:
    """What is outside after the call, and its answer (`Raised` for an error). Raises Violation."""
    try:
        after, answer = call.on(outside)
    except (ChangedMeanwhile, PaymentUnknown, ProviderError) as error:
        return outside, Raised(error)
    if isinstance(call, calls.ReplaceOrder):
        _check_write(outside, call)
    elif isinstance(call, calls.MakeDrink):
        _check_command(after, call, orphaned)
    elif isinstance(call, calls.GiveBack):
        _check_money_back(after, call.refund.payment_id)
    elif isinstance(call, calls.CreatePayment) and len(after.payments) > len(outside.payments):
        _check_new_payment(outside)
    return after, answer


def _check_write(outside: Outside, call: calls.ReplaceOrder) -> None:
    before = outside.orders[call.order.order_id].order
    broken = broken_by_step(before, call.order, outside.now)
    if call.order.status is Status.PAID and before.status is not Status.PAID and not _paid_for(outside, call):
        broken.append("paid without the money")
    if broken:
        raise Violation("; ".join(broken))


def _paid_for(outside: Outside, call: calls.ReplaceOrder | calls.MakeDrink) -> bool:
    """True when the payment that is said to buy the drink really brought its price."""
    order = call.order
    if order.make is None:
        return False
    payment = outside.payments.get(order.attempts[order.make.attempt - 1].payment_id or "")
    return payment is not None and payment.state in _MONEY_CAME and payment.amount == order.price


def _check_command(after: Outside, call: calls.MakeDrink, orphaned: bool) -> None:
    commands = after.commands
    if not _paid_for(after, call):
        raise Violation("a make command without the money")
    if len(commands) > (2 if orphaned else 1):
        raise Violation(f"{len(commands)} make commands")
    if len({command.order_id for command in commands}) > 1:
        raise Violation("make commands for two orders")
    if len(commands) == 2 and commands[1].at - commands[0].claimed_at < NO_SOONER:
        raise Violation("sent again before the claim had lapsed")


def _check_money_back(after: Outside, payment_id: str) -> None:
    returned = [back for back in after.refunds.values() if back.payment_id == payment_id]
    if len(returned) > 1:
        raise Violation(f"{len(returned)} refunds of one payment")


def _check_new_payment(before: Outside) -> None:
    if any(payment.state is PaymentState.PENDING for payment in before.payments.values()):
        raise Violation("a second payment while the first could still be paid")
