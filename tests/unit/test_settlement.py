"""This order, this payment, this moment - what now? Every payment state in every status, and the exceptions."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import pytest

from shared.domain.order import AttemptStatus, Order, Reason, RefundKind, RefundStatus, Status
from shared.domain.payment import PaymentState
from shared.domain.settlement import settle
from tests.worlds.builders import (
    NOON,
    ORDER_ID,
    PRICE,
    a_moment,
    a_payment,
    a_starting_attempt,
    an_attempt,
    an_order,
    later,
)


class Then(NamedTuple):
    status: Status
    attempt: AttemptStatus
    reason: Reason | None = None
    owed: RefundKind | None = None


S, A, P = Status, AttemptStatus, PaymentState
UNCHANGED = None
PAID = Then(S.PAID, A.SUCCEEDED)
CANCELED = Then(S.NOT_PAID, A.CANCELED)
HELD = Then(S.FAILED, A.HELD, Reason.WAITING_FOR_CAPTURE, RefundKind.RELEASE)
GONE_BACK = Then(S.FAILED, A.REFUNDED, Reason.REFUNDED_BY_PROVIDER)

# In `created` the provider has the payment, and its notification overtakes our own record of it.
EXPECTED: dict[tuple[PaymentState, Status], Then | None] = {
    (P.PENDING, S.CREATED): Then(S.PENDING, A.PENDING),
    (P.PENDING, S.PENDING): UNCHANGED,
    (P.PENDING, S.NOT_PAID): UNCHANGED,
    (P.PENDING, S.PAID): UNCHANGED,
    (P.PENDING, S.MAKE_PENDING): UNCHANGED,
    (P.PENDING, S.SUCCESSFUL): UNCHANGED,
    (P.PENDING, S.MAKE_FAILED): UNCHANGED,
    (P.PENDING, S.FAILED): UNCHANGED,
    (P.SUCCEEDED, S.CREATED): PAID,
    (P.SUCCEEDED, S.PENDING): PAID,
    (P.SUCCEEDED, S.NOT_PAID): PAID,
    (P.SUCCEEDED, S.PAID): UNCHANGED,
    (P.SUCCEEDED, S.MAKE_PENDING): UNCHANGED,
    (P.SUCCEEDED, S.SUCCESSFUL): UNCHANGED,
    (P.SUCCEEDED, S.MAKE_FAILED): UNCHANGED,
    (P.SUCCEEDED, S.FAILED): Then(S.FAILED, A.SUCCEEDED, owed=RefundKind.REFUND),
    (P.CANCELED, S.CREATED): CANCELED,
    (P.CANCELED, S.PENDING): CANCELED,
    (P.CANCELED, S.NOT_PAID): UNCHANGED,
    (P.CANCELED, S.PAID): UNCHANGED,
    (P.CANCELED, S.MAKE_PENDING): UNCHANGED,
    (P.CANCELED, S.SUCCESSFUL): UNCHANGED,
    (P.CANCELED, S.MAKE_FAILED): UNCHANGED,
    (P.CANCELED, S.FAILED): Then(S.FAILED, A.CANCELED),
    (P.HELD, S.CREATED): HELD,
    (P.HELD, S.PENDING): HELD,
    (P.HELD, S.NOT_PAID): UNCHANGED,
    (P.HELD, S.PAID): UNCHANGED,
    (P.HELD, S.MAKE_PENDING): UNCHANGED,
    (P.HELD, S.SUCCESSFUL): UNCHANGED,
    (P.HELD, S.MAKE_FAILED): UNCHANGED,
    (P.HELD, S.FAILED): Then(S.FAILED, A.HELD, owed=RefundKind.RELEASE),
    (P.REFUNDED, S.CREATED): GONE_BACK,
    (P.REFUNDED, S.PENDING): GONE_BACK,
    (P.REFUNDED, S.NOT_PAID): GONE_BACK,
    (P.REFUNDED, S.PAID): Then(S.PAID, A.REFUNDED),
    (P.REFUNDED, S.MAKE_PENDING): Then(S.MAKE_PENDING, A.REFUNDED),
    (P.REFUNDED, S.SUCCESSFUL): Then(S.SUCCESSFUL, A.REFUNDED),
    (P.REFUNDED, S.MAKE_FAILED): Then(S.MAKE_FAILED, A.REFUNDED),
    (P.REFUNDED, S.FAILED): Then(S.FAILED, A.REFUNDED),
}
# Money that will be captured at any moment is no different from money that is not there yet, while the order lives.
EXPECTED |= {(P.AUTHORIZED, status): EXPECTED[P.PENDING, status] for status in Status}


def an_order_with_a_payment(status: Status) -> Order:
    return an_order(status, attempts=(a_starting_attempt(),)) if status is S.CREATED else an_order(status)


def test_the_table_has_every_payment_state_in_every_status() -> None:
    assert set(EXPECTED) == set(product(PaymentState, Status))


@pytest.mark.parametrize(("state", "status"), EXPECTED)
def test_what_a_payment_does_to_an_order(state: PaymentState, status: Status) -> None:
    order = an_order_with_a_payment(status)
    settled = settle(order, a_payment(state), a_moment(later(5)))
    expected = EXPECTED[state, status]
    if expected is UNCHANGED:
        assert settled is order
        return
    owed = settled.refund.kind if settled.refund else None
    assert Then(settled.status, settled.attempts[0].status, expected.reason, owed) == expected
    if expected.reason is not None:
        assert settled.reason == expected.reason


@pytest.mark.parametrize(("state", "status"), EXPECTED)
def test_the_same_payment_a_second_time_changes_nothing(state: PaymentState, status: Status) -> None:
    settled = settle(an_order_with_a_payment(status), a_payment(state), a_moment(later(5)))
    assert settle(settled, a_payment(state), a_moment(later(6), "claim-2")) is settled


def test_becoming_paid_grants_the_claim_in_the_same_step() -> None:
    settled = settle(an_order(S.PENDING), a_payment(), a_moment(later(5), "claim-7"))
    make = settled.make
    assert make is not None
    assert (make.claim_id, make.claimed_at, make.lapses_at) == ("claim-7", later(5), later(65))
    assert (make.attempt, make.claims, make.outcome) == (1, 1, None)


@pytest.mark.parametrize("state", [state for state in P if state is not P.SUCCEEDED])
def test_nothing_but_a_success_ever_grants_a_claim(state: PaymentState) -> None:
    assert settle(an_order(S.PENDING), a_payment(state), a_moment()).make is None


def test_a_notification_that_overtakes_the_record_brings_id_and_address() -> None:
    order = an_order(attempts=(a_starting_attempt(calling_until=later(18)),))
    settled = settle(order, a_payment(P.PENDING, confirmation_url="https://pay.example/1"), a_moment())
    attempt = settled.attempts[0]
    assert (attempt.payment_id, attempt.confirmation_url) == ("payment-1", "https://pay.example/1")
    assert attempt.calling_until is None
    assert [entry.status for entry in settled.history] == [S.CREATED, S.PENDING]


def test_an_overtaking_success_goes_through_pending_to_paid() -> None:
    order = an_order(attempts=(a_starting_attempt(),))
    settled = settle(order, a_payment(), a_moment())
    assert [entry.status for entry in settled.history] == [S.CREATED, S.PENDING, S.PAID]


def test_an_answer_after_an_overtaking_notification_brings_the_address() -> None:
    order = an_order(S.PENDING, attempts=(an_attempt(confirmation_url=None),))
    answer = a_payment(P.PENDING, confirmation_url="https://pay.example/1")
    settled = settle(order, answer, a_moment())
    assert settled.attempts[0].confirmation_url == "https://pay.example/1"
    assert (settled.status, settled.history) == (order.status, order.history)


@pytest.mark.parametrize("believed", [A.REFUSED, A.CANCELED])
def test_the_providers_word_counts_whatever_we_believed_of_an_attempt(believed: AttemptStatus) -> None:
    order = an_order(attempts=(a_starting_attempt(status=believed),))
    assert settle(order, a_payment(), a_moment()).status is S.PAID


@pytest.mark.parametrize(
    "payment",
    [
        a_payment(payment_id="payment-9", attempt_key="key-9"),
        a_payment(payment_id="payment-9", attempt_key=None),
        a_payment(payment_id="payment-9", order_id="another-order", attempt_key="key-1"),
    ],
    ids=["unknown key", "no key", "another order's"],
)
def test_a_payment_that_no_attempt_explains_changes_nothing(payment: Any) -> None:
    order = an_order(attempts=(a_starting_attempt(),))
    assert settle(order, payment, a_moment()) is order


@pytest.mark.parametrize("status", [S.PENDING, S.FAILED])
def test_money_that_is_only_authorized_when_the_time_is_over_goes_back(status: Status) -> None:
    order = an_order(status, attempts=(an_attempt(1),))
    settled = settle(order, a_payment(P.AUTHORIZED), a_moment(later(minutes=16)))
    assert (settled.status, settled.attempts[0].status) == (S.FAILED, A.HELD)
    assert [refund.kind for refund in settled.refunds] == [RefundKind.RELEASE]


UNHEARD_OF = a_payment(payment_id="payment-9", attempt_key="key-1")


def test_a_paid_payment_that_a_repeated_request_made_before_counts() -> None:
    settled = settle(an_order(S.PENDING), UNHEARD_OF, a_moment())
    assert settled.status is S.PAID
    assert [(attempt.payment_id, attempt.status) for attempt in settled.attempts] == [
        ("payment-1", A.PENDING),
        ("payment-9", A.SUCCEEDED),
    ]
    both = settle(settled, a_payment(), a_moment())
    assert [(refund.payment_id, refund.reason) for refund in both.refunds] == [("payment-1", Reason.DUPLICATE_PAYMENT)]
    assert settle(both, UNHEARD_OF, a_moment()) is both


@pytest.mark.parametrize("state", [state for state in PaymentState if state is not P.SUCCEEDED])
def test_unpaid_it_changes_nothing(state: PaymentState) -> None:
    order = an_order(S.PENDING)
    assert settle(order, replace(UNHEARD_OF, state=state), a_moment(later(minutes=16))) is order


def test_a_payment_of_another_attempts_key_does_not_match() -> None:
    settled = settle(an_order(S.PENDING), a_payment(attempt_key="key-of-another"), a_moment())
    assert (settled.status, settled.history[-1].reason) == (S.FAILED, Reason.PAYMENT_MISMATCH)


def test_a_cancellation_of_an_earlier_attempt_leaves_the_current_one_alone() -> None:
    order = an_order(S.PENDING, attempts=(an_attempt(1), an_attempt(2)))
    settled = settle(order, a_payment(P.CANCELED, number=1), a_moment())
    assert settled.status is S.PENDING
    assert [attempt.status for attempt in settled.attempts] == [A.CANCELED, A.PENDING]


def test_the_reason_of_a_cancellation_is_kept() -> None:
    payment = a_payment(P.CANCELED, cancel_reason="insufficient_funds")
    settled = settle(an_order(S.PENDING), payment, a_moment())
    assert settled.attempts[0].cancel_reason == "insufficient_funds"
    assert settled.history[-1].reason == "insufficient_funds"


@pytest.mark.parametrize("status", [S.CREATED, S.PENDING, S.NOT_PAID])
def test_a_payment_in_the_last_moment_of_the_order_is_taken(status: Status) -> None:
    order = an_order_with_a_payment(status)
    assert settle(order, a_payment(), a_moment(order.expires_at)).status is S.PAID


@pytest.mark.parametrize("status", [S.CREATED, S.PENDING, S.NOT_PAID])
def test_a_payment_of_an_expired_order_fails_it_and_goes_back(status: Status) -> None:
    settled = settle(an_order_with_a_payment(status), a_payment(), a_moment(later(minutes=15, seconds=1)))
    assert (settled.status, settled.reason, settled.make) == (S.FAILED, Reason.PAID_LATE, None)
    assert settled.refund is not None
    assert (settled.refund.status, settled.refund.reason) == (RefundStatus.DUE, Reason.PAID_LATE)


@pytest.mark.parametrize(
    "changes",
    [{"amount": PRICE - 1}, {"amount": PRICE + 1}, {"currency": "USD"}, {"shop_matches": False}],
    ids=["less", "more", "currency", "shop"],
)
def test_other_money_than_was_asked_for_fails_the_order_and_goes_back(changes: dict[str, Any]) -> None:
    payment = a_payment(**changes)
    settled = settle(an_order(S.PENDING), payment, a_moment())
    assert (settled.status, settled.reason, settled.make) == (S.FAILED, Reason.PAYMENT_MISMATCH, None)
    assert settled.refund is not None
    assert (settled.refund.amount, settled.refund.currency) == (payment.amount, payment.currency)


def test_our_payment_with_another_orders_name_on_it_is_a_mismatch() -> None:
    settled = settle(an_order(S.PENDING), a_payment(order_id="another-order-1"), a_moment())
    assert (settled.status, settled.reason) == (S.FAILED, Reason.PAYMENT_MISMATCH)


def test_a_provider_without_an_order_field_is_believed_by_its_key() -> None:
    assert settle(an_order(S.PENDING), a_payment(order_id=None), a_moment()).status is S.PAID
    assert settle(an_order(S.PENDING), a_payment(order_id=ORDER_ID), a_moment()).status is S.PAID


def test_a_test_payment_buys_nothing_and_is_not_paid_back() -> None:
    settled = settle(an_order(S.PENDING), a_payment(test=True), a_moment())
    assert (settled.status, settled.reason, settled.make) == (S.FAILED, Reason.TEST_PAYMENT, None)
    assert (settled.needs_attention, settled.attention_reason) == (True, Reason.TEST_PAYMENT)
    assert settled.refunds == ()


def test_a_test_payment_buys_where_tests_are_allowed() -> None:
    assert settle(an_order(S.PENDING), a_payment(test=True), a_moment(allow_test_payments=True)).status is S.PAID


def test_settling_never_touches_what_the_order_was_about() -> None:
    order = an_order(S.PENDING)
    settled = settle(order, a_payment(), a_moment(NOON))
    kept = ("order_id", "device_uuid", "drink_no", "size", "price", "created_at", "expires_at", "purge_at")
    assert all(getattr(settled, name) == getattr(order, name) for name in kept)
    assert replace(settled.attempts[0], status=A.PENDING) == order.attempts[0]
