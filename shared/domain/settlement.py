"""The heart of the rules: this order, this payment, this moment - what now? (SPEC §3, §7; no I/O)

Each function returns the order as it must be stored. An order that comes back unchanged (`is`) means that there
is nothing to store: a repeated or stale event is a no-op.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.domain import refunds
from shared.domain.dispensing import Moment, claim
from shared.domain.order import (
    BEFORE_PAID,
    Attempt,
    AttemptStatus,
    Order,
    Reason,
    RefundStatus,
    Status,
    flag,
    move,
)
from shared.domain.payment import Payment, PaymentState, attempt_of, late_reason, mismatch, twin_of


def settle(order: Order, payment: Payment, moment: Moment) -> Order:
    """The order after its provider has told the state of one of its payments.

    A payment that no attempt explains changes nothing. When the order becomes `paid`, the same step grants
    `moment.claim_id` the right to send the make command: there is no moment at which an order is paid and
    nobody is on the way to the machine.
    """
    order = _with_twin(order, payment, moment.now)
    attempt = attempt_of(order, payment)
    if attempt is None:
        return order
    order = started(order, attempt.number, payment, moment.now)
    attempt = order.attempts[attempt.number - 1]
    match payment.state:
        case PaymentState.SUCCEEDED:
            return _succeeded(order, attempt, payment, moment)
        case PaymentState.CANCELED:
            return _canceled(order, attempt, payment, moment.now)
        case PaymentState.HELD:
            return _held(order, attempt, moment.now)
        case PaymentState.AUTHORIZED:
            return _held(order, attempt, moment.now) if order.expired(moment.now) else order
        case PaymentState.REFUNDED:
            return _refunded(order, attempt, payment, moment.now)
        case PaymentState.PENDING:
            return order


def _with_twin(order: Order, payment: Payment, now: datetime) -> Order:
    """The order with an attempt for a paid payment that came of one of our requests unknown to us: it counts."""
    if attempt_of(order, payment) is not None or payment.state is not PaymentState.SUCCEEDED:
        return order
    twin = twin_of(order, payment)
    if twin is None:
        return order
    unheard_of = replace(
        twin,
        number=len(order.attempts) + 1,
        status=AttemptStatus.PENDING,
        payment_id=payment.payment_id,
        confirmation_url=None,
        calling_until=None,
        cancel_reason=None,
        last_error=None,
        created_at=now,
        updated_at=now,
    )
    return replace(order, attempts=(*order.attempts, unheard_of))


def started(order: Order, number: int, payment: Payment, now: datetime) -> Order:
    """The order once the provider is known to have this attempt's payment: `pending`, with its id and address.

    Whatever we believed of an attempt without an id (refused, given up), the provider's word counts.
    """
    attempt = order.attempts[number - 1]
    if attempt.payment_id is not None:
        if attempt.confirmation_url is None and payment.confirmation_url is not None:
            # A notification overtook the answer that has the address.
            return order.with_attempt(replace(attempt, confirmation_url=payment.confirmation_url))
        return order
    attempt = replace(
        attempt,
        status=AttemptStatus.PENDING,
        payment_id=payment.payment_id,
        confirmation_url=payment.confirmation_url,
        calling_until=None,
        last_error=None,
        updated_at=now,
    )
    order = order.with_attempt(attempt)
    if order.status in (Status.CREATED, Status.NOT_PAID) and order.attempts[-1].number == number:
        return move(order, Status.PENDING, now)
    return order


def _succeeded(order: Order, attempt: Attempt, payment: Payment, moment: Moment) -> Order:
    if attempt.status in (AttemptStatus.SUCCEEDED, AttemptStatus.REFUNDED):
        return order
    order = _note(order, attempt, AttemptStatus.SUCCEEDED, moment.now)
    if payment.test and not moment.policy.allow_test_payments:
        return flag(_close(order, Reason.TEST_PAYMENT, moment.now), Reason.TEST_PAYMENT)
    if mismatch(order, attempt, payment):
        return _send_back(order, attempt, payment, Reason.PAYMENT_MISMATCH, moment)
    if order.status not in BEFORE_PAID:
        return _send_back(order, attempt, payment, late_reason(order, attempt), moment)
    if order.expired(moment.now):
        return _send_back(order, attempt, payment, Reason.PAID_LATE, moment)
    return replace(move(order, Status.PAID, moment.now), make=claim(moment, attempt.number))


def _send_back(order: Order, attempt: Attempt, payment: Payment, reason: Reason, moment: Moment) -> Order:
    order = _close(order, reason, moment.now)
    return refunds.owe_paid_amount(order, attempt, payment, reason, moment.policy, moment.now)


def _close(order: Order, reason: Reason, now: datetime) -> Order:
    return move(order, Status.FAILED, now, reason) if order.status in BEFORE_PAID else order


def _canceled(order: Order, attempt: Attempt, payment: Payment, now: datetime) -> Order:
    if attempt.status not in (AttemptStatus.PENDING, AttemptStatus.HELD):
        return order
    order = _note(order, attempt, AttemptStatus.CANCELED, now, cancel_reason=payment.cancel_reason)
    refund = order.refund_of(payment.payment_id)
    if refund is not None:
        order = refunds.progressed(order, payment.payment_id, RefundStatus.SUCCEEDED, now)
    if order.status is Status.PENDING and order.attempts[-1].number == attempt.number:
        return move(order, Status.NOT_PAID, now, payment.cancel_reason)
    return order


def _held(order: Order, attempt: Attempt, now: datetime) -> Order:
    """A hold was never asked for (`capture: true`): no drink is made on it, and the customer gets it back."""
    if attempt.status is not AttemptStatus.PENDING:
        return order
    order = _note(order, attempt, AttemptStatus.HELD, now)
    return refunds.release(_close(order, Reason.WAITING_FOR_CAPTURE, now), attempt, now)


def _refunded(order: Order, attempt: Attempt, payment: Payment, now: datetime) -> Order:
    """Money that has gone back is no payment. What we refunded ourselves ends here; else a human did it."""
    refund = order.refund_of(payment.payment_id)
    whole = payment.refunded_amount >= attempt.amount
    if refund is not None:
        done = payment.refunded_amount >= refund.amount
        return refunds.progressed(order, payment.payment_id, RefundStatus.SUCCEEDED, now) if done else order
    if attempt.status is AttemptStatus.REFUNDED:
        return order
    was_open = order.status in BEFORE_PAID
    order = _note(order, attempt, AttemptStatus.REFUNDED, now)
    order = _close(order, Reason.REFUNDED_BY_PROVIDER, now)
    return flag(order, Reason.REFUNDED_BY_PROVIDER) if was_open and not whole else order


def _note(
    order: Order, attempt: Attempt, status: AttemptStatus, now: datetime, cancel_reason: str | None = None
) -> Order:
    noted = replace(attempt, status=status, cancel_reason=cancel_reason, updated_at=now)
    return replace(order.with_attempt(noted), updated_at=now)
