"""Which money goes back, decided once and carried out by `services.refund` (SPEC §7.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.order import (
    OPEN_REFUND,
    Attempt,
    Order,
    Reason,
    Refund,
    RefundKind,
    RefundStatus,
    flag,
    unflag,
)
from shared.domain.payment import Payment

PATIENCE = 6  # tries of one refund, about half an hour in all


class AutoRefund(StrEnum):
    """`AUTO_REFUND`: never; when it is certain that the customer got nothing; also when it is unknown."""

    OFF = "off"
    DEFINITE = "definite"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings that decide about money."""

    auto_refund: AutoRefund = AutoRefund.DEFINITE
    allow_test_payments: bool = False


def owe(order: Order, attempt: Attempt, reason: Reason, policy: Policy, now: datetime) -> Order:
    """The order owing this attempt's money back to the customer; flagged instead when refunds are off.

    One refund per payment: asked again, nothing changes.
    """
    if policy.auto_refund is AutoRefund.OFF:
        return flag(order, Reason.REFUND_IS_OFF)
    return _with_record(order, attempt, RefundKind.REFUND, reason, now)


def owe_paid_amount(
    order: Order, attempt: Attempt, payment: Payment, reason: Reason, policy: Policy, now: datetime
) -> Order:
    """As `owe`, for what was really paid, which may differ from what was asked."""
    paid = replace(attempt, amount=payment.amount, currency=payment.currency)
    if payment.amount != attempt.amount:
        paid = replace(paid, receipt=None)  # a receipt's items must add up to the refund: this one's cannot
    return owe(order, paid, reason, policy, now)


def release(order: Order, attempt: Attempt, now: datetime) -> Order:
    """The order owing the cancellation of a hold: no setting keeps a customer's money blocked."""
    return _with_record(order, attempt, RefundKind.RELEASE, Reason.WAITING_FOR_CAPTURE, now)


def _with_record(order: Order, attempt: Attempt, kind: RefundKind, reason: Reason, now: datetime) -> Order:
    if attempt.payment_id is None:
        raise ValueError("a payment without an id cannot be paid back")
    known = order.refund_of(attempt.payment_id)
    if known is not None and (known.kind is kind or known.kind is RefundKind.REFUND):
        return order
    record = Refund(
        payment_id=attempt.payment_id,
        provider=attempt.provider,
        kind=kind,
        amount=attempt.amount,
        currency=attempt.currency,
        reason=reason,
        receipt=attempt.receipt,
        created_at=now,
        updated_at=now,
    )
    if known is not None:  # the hold was captured before it could be cancelled
        return unflag(order.with_refund(record), Reason.HOLD_NOT_CANCELED)
    return replace(order, refunds=(*order.refunds, record))


def trying(order: Order, payment_id: str, now: datetime) -> Order:
    """Note that the provider is about to be asked, so that nobody else asks at the same time."""
    refund = order.refund_of(payment_id)
    if refund is None:
        return order
    return order.with_refund(replace(refund, tries=refund.tries + 1, updated_at=now))


def progressed(
    order: Order, payment_id: str, status: RefundStatus, now: datetime, refund_id: str | None = None
) -> Order:
    """The provider's word on a refund; a failed one is the operator's. A final one does not change again."""
    refund = order.refund_of(payment_id)
    if refund is None or refund.status not in OPEN_REFUND:
        return order
    changed = replace(refund, status=status, refund_id=refund_id or refund.refund_id, updated_at=now, last_error=None)
    order = replace(order.with_refund(changed), updated_at=now)
    if status is RefundStatus.FAILED:
        return flag(order, _failure(refund))
    others_failed = any(
        other.status is RefundStatus.FAILED and _failure(other) is _failure(refund) for other in order.refunds
    )
    return order if others_failed or status is not RefundStatus.SUCCEEDED else unflag(order, _failure(refund))


def refused(order: Order, payment_id: str, error: str, now: datetime) -> Order:
    """The provider will not do it: final, and the operator's; unless the refund has ended otherwise meanwhile."""
    failed = progressed(order, payment_id, RefundStatus.FAILED, now)
    refund = failed.refund_of(payment_id)
    if refund is None or failed is order:
        return order
    return failed.with_refund(replace(refund, last_error=error))


def postponed(order: Order, payment_id: str, error: str, now: datetime) -> Order:
    """The provider could not be asked; the refund stays due, and after many tries the operator is told.

    A hold that could not be cancelled is told at once (SPEC §3), and no more of it once it was cancelled.
    """
    refund = order.refund_of(payment_id)
    if refund is None or refund.status not in OPEN_REFUND:
        return order
    order = order.with_refund(replace(refund, last_error=error, updated_at=now))
    patience = 1 if refund.kind is RefundKind.RELEASE else PATIENCE
    return flag(order, _failure(refund)) if refund.tries >= patience else order


def _failure(refund: Refund) -> Reason:
    return Reason.HOLD_NOT_CANCELED if refund.kind is RefundKind.RELEASE else Reason.REFUND_FAILED
