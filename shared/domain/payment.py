"""What a payment provider says of a payment: the only thing that counts as truth about money (SPEC §7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.money import CURRENCY
from shared.domain.order import Attempt, AttemptStatus, Order, Reason


class PaymentState(StrEnum):
    PENDING = "pending"
    AUTHORIZED = "authorized"  # the capture was asked for and is expected at any moment
    HELD = "held"  # authorized, and nobody will capture it
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    REFUNDED = "refunded"  # succeeded once, and the money has gone back in part or in whole


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCard:
    """A card that the provider keeps for us: its handle, and what the customer recognises it by."""

    payment_method_id: str
    brand: str
    last4: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment as its provider's API answers it. Amounts in kopecks.

    `attempt_key` is the idempotence key that we sent along and the provider echoes; `order_id` likewise (None
    where a provider has no such field); `shop_matches` is false when it names another shop than the one we asked.
    """

    payment_id: str
    state: PaymentState
    amount: int
    currency: str = CURRENCY
    order_id: str | None = None
    attempt_key: str | None = None
    shop_matches: bool = True
    test: bool = False
    confirmation_url: str | None = None
    cancel_reason: str | None = None
    refunded_amount: int = 0
    saved_card: SavedCard | None = None


def attempt_of(order: Order, payment: Payment) -> Attempt | None:
    """The attempt that this payment belongs to, or None: then the payment is not this order's.

    A payment id on record decides. A payment that overtook its record is known by the key it echoes. Each
    attempt is stored before the provider is called, so a payment that no attempt explains was not made by us.
    """
    for attempt in order.attempts:
        if attempt.payment_id == payment.payment_id:
            return attempt
    if payment.order_id not in (None, order.order_id) or payment.attempt_key is None:
        return None
    for attempt in order.attempts:
        if attempt.payment_id is None and attempt.idempotence_key == payment.attempt_key:
            return attempt
    return None


def twin_of(order: Order, payment: Payment) -> Attempt | None:
    """The attempt whose request the provider has carried out twice, this payment being the one we never heard of.

    A provider without idempotence keys does so when its first answer is lost and the request repeated.
    """
    if payment.order_id not in (None, order.order_id) or payment.attempt_key is None:
        return None
    return next((attempt for attempt in order.attempts if attempt.idempotence_key == payment.attempt_key), None)


def mismatch(order: Order, attempt: Attempt, payment: Payment) -> bool:
    """True when the money is not exactly what this attempt asked for (amount, currency, shop, order, attempt)."""
    return (
        payment.amount != attempt.amount
        or payment.currency != attempt.currency
        or not payment.shop_matches
        or payment.order_id not in (None, order.order_id)
        or payment.attempt_key not in (None, attempt.idempotence_key)
    )


def paid_by_another(order: Order, attempt: Attempt) -> bool:
    return any(other.status is AttemptStatus.SUCCEEDED and other.number != attempt.number for other in order.attempts)


def late_reason(order: Order, attempt: Attempt) -> Reason:
    """Why a payment of an order that is already closed or paid goes back."""
    return Reason.DUPLICATE_PAYMENT if paid_by_another(order, attempt) else Reason.PAID_LATE
