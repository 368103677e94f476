"""What became of each payment: a made drink, money back, a flag for the operator - or nothing, which is the worst."""

from __future__ import annotations

from shared.domain.order import Attempt, Order, Status
from tests.chaos.books import Books, Charge


def fate(books: Books, charge: Charge) -> str:
    """What became of a payment, in a few words; `forgotten` is rule 3 broken."""
    if charge.payment_id in books.strangers:
        return "not asked for by any order (forged)"
    if charge.open or charge.held:
        return "not paid" if charge.open else "forgotten: a hold"
    if not charge.taken:
        return "canceled"
    owner = books.owner(charge)
    if owner is None:
        return "forgotten: no order knows it"
    order, attempt = owner
    refund = order.refund_of(charge.payment_id)
    if charge.returned >= charge.amount:
        return f"refunded: {refund.reason if refund else 'nobody asked'}"
    if _flagged(order, attempt):
        return f"flagged: {order.attention_reason}"
    if order.status is Status.SUCCESSFUL and bought(order) is attempt:
        return "made"
    return f"forgotten: {order.status}"


def _flagged(order: Order, attempt: Attempt) -> bool:
    """True when the operator's flag is about this payment: it bought the drink, is to go back, or was not taken."""
    if not order.needs_attention or not order.attention_reason:
        return False
    about_it = bought(order) is attempt or order.refund_of(attempt.payment_id or "") is not None
    return about_it or order.make is None


def bought(order: Order) -> Attempt | None:
    """The attempt that bought the drink."""
    make = order.make
    return next((each for each in order.attempts if make is not None and each.number == make.attempt), None)
