"""Which money is owed, and what becomes of a refund: one per payment, followed to its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain import refunds
from shared.domain.order import Order, Reason, Refund, RefundKind, RefundStatus, Status
from shared.domain.refunds import AutoRefund, Policy
from tests.worlds.builders import NOON, PRICE, a_payment, a_refund, a_starting_attempt, an_attempt, an_order, later

OPEN = (RefundStatus.DUE, RefundStatus.PENDING)
FINAL = (RefundStatus.SUCCEEDED, RefundStatus.FAILED)


def owing(*owed: Refund) -> Order:
    return an_order(Status.MAKE_FAILED, refunds=owed)


def owe(order: Order, auto_refund: AutoRefund = AutoRefund.DEFINITE) -> Order:
    policy = Policy(auto_refund=auto_refund)
    return refunds.owe(order, order.attempts[0], Reason.MAKE_FAILED, policy, NOON)


def test_a_refund_is_written_with_what_is_needed_to_carry_it_out() -> None:
    attempt = an_attempt(provider="tbank", receipt={"items": []})
    order = owe(an_order(Status.MAKE_FAILED, attempts=(attempt,)))
    assert order.refunds == (a_refund(provider="tbank", receipt={"items": []}),)


def test_asked_twice_there_is_one_refund() -> None:
    order = owe(owing())
    assert owe(order) is order


@pytest.mark.parametrize("status", FINAL)
def test_a_finished_refund_is_not_begun_again(status: RefundStatus) -> None:
    order = owing(a_refund(status))
    assert owe(order) is order


def test_refunds_that_are_off_leave_it_to_the_operator() -> None:
    order = owe(owing(), AutoRefund.OFF)
    assert (order.refunds, order.attention_reason) == ((), Reason.REFUND_IS_OFF)


def test_a_payment_without_an_id_cannot_be_paid_back() -> None:
    with pytest.raises(ValueError, match="without an id"):
        owe(an_order(Status.MAKE_FAILED, attempts=(a_starting_attempt(),)))


def test_what_was_paid_goes_back_rather_than_what_was_asked() -> None:
    order, attempt = owing(), an_attempt(receipt={"items": []})
    payment = a_payment(amount=PRICE + 5, currency="USD")
    owed = refunds.owe_paid_amount(order, attempt, payment, Reason.PAYMENT_MISMATCH, Policy(), NOON).refunds[0]
    assert (owed.amount, owed.currency, owed.receipt) == (PRICE + 5, "USD", None)


def test_a_hold_is_released_once() -> None:
    order = refunds.release(owing(), an_attempt(), NOON)
    assert [(owed.kind, owed.reason) for owed in order.refunds] == [(RefundKind.RELEASE, Reason.WAITING_FOR_CAPTURE)]
    assert refunds.release(order, an_attempt(), NOON) is order


def test_a_release_never_takes_the_place_of_a_refund() -> None:
    order = owing(a_refund())
    assert refunds.release(order, an_attempt(), NOON) is order


def test_a_release_and_a_refund_of_one_payment_have_different_keys() -> None:
    assert a_refund(kind=RefundKind.RELEASE).idempotence_key != a_refund().idempotence_key


def test_a_try_is_counted_before_it_is_made() -> None:
    order = refunds.trying(owing(a_refund(tries=2)), "payment-1", later(5))
    assert (order.refunds[0].tries, order.refunds[0].updated_at) == (3, later(5))


@pytest.mark.parametrize("before", OPEN)
@pytest.mark.parametrize("status", RefundStatus)
def test_the_providers_word_on_an_open_refund_is_kept(before: RefundStatus, status: RefundStatus) -> None:
    order = owing(a_refund(before, last_error="HTTP 500"))
    refund = refunds.progressed(order, "payment-1", status, later(5), "refund-7").refunds[0]
    assert (refund.status, refund.refund_id, refund.last_error) == (status, "refund-7", None)
    assert refund.updated_at == later(5)


def test_a_refunds_id_is_not_forgotten_when_the_provider_does_not_repeat_it() -> None:
    order = owing(a_refund(RefundStatus.PENDING, refund_id="refund-7"))
    assert refunds.progressed(order, "payment-1", RefundStatus.SUCCEEDED, NOON).refunds[0].refund_id == "refund-7"


@pytest.mark.parametrize("before", FINAL)
@pytest.mark.parametrize("status", RefundStatus)
def test_a_final_refund_does_not_change_again(before: RefundStatus, status: RefundStatus) -> None:
    order = owing(a_refund(before))
    assert refunds.progressed(order, "payment-1", status, later(5)) is order


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(RefundKind.REFUND, Reason.REFUND_FAILED), (RefundKind.RELEASE, Reason.HOLD_NOT_CANCELED)],
)
def test_a_failed_refund_is_the_operators(kind: RefundKind, reason: Reason) -> None:
    order = refunds.refused(owing(a_refund(kind=kind)), "payment-1", "HTTP 400", NOON)
    assert (order.refunds[0].status, order.refunds[0].last_error) == (RefundStatus.FAILED, "HTTP 400")
    assert (order.needs_attention, order.attention_reason) == (True, reason)


@pytest.mark.parametrize("status", OPEN)
def test_a_refund_that_could_not_be_asked_about_stays_open(status: RefundStatus) -> None:
    order = refunds.postponed(owing(a_refund(status, tries=1)), "payment-1", "HTTP 500", later(5))
    assert (order.refunds[0].status, order.refunds[0].last_error) == (status, "HTTP 500")
    assert order.refunds[0].updated_at == later(5)
    assert not order.needs_attention


@pytest.mark.parametrize(("tries", "told"), [(refunds.PATIENCE - 1, False), (refunds.PATIENCE, True)])
def test_the_operator_is_told_of_a_refund_that_is_put_off_again_and_again(tries: int, told: bool) -> None:
    order = refunds.postponed(owing(a_refund(tries=tries)), "payment-1", "HTTP 500", NOON)
    assert order.needs_attention is told
    assert order.refunds[0].status is RefundStatus.DUE


def test_a_hold_that_is_not_cancelled_is_told_at_once_and_no_more_when_it_is() -> None:
    order = refunds.postponed(owing(a_refund(tries=1, kind=RefundKind.RELEASE)), "payment-1", "HTTP 500", NOON)
    assert order.attention_reason == Reason.HOLD_NOT_CANCELED
    assert refunds.progressed(order, "payment-1", RefundStatus.PENDING, NOON).needs_attention
    assert refunds.progressed(order, "payment-1", RefundStatus.SUCCEEDED, NOON).needs_attention is False


def test_a_hold_that_was_captured_before_it_could_be_cancelled_is_a_refund_like_any_other() -> None:
    order = refunds.postponed(owing(a_refund(tries=1, kind=RefundKind.RELEASE)), "payment-1", "HTTP 500", NOON)
    captured = refunds.owe(order, an_attempt(1), Reason.PAID_LATE, Policy(), NOON)
    assert (captured.refunds[0].kind, captured.needs_attention) == (RefundKind.REFUND, False)


def test_a_refund_that_comes_right_leaves_the_operator_the_one_that_did_not() -> None:
    failed = a_refund(RefundStatus.FAILED, number=2)
    order = refunds.postponed(owing(a_refund(tries=refunds.PATIENCE), failed), "payment-1", "HTTP 500", NOON)
    assert refunds.progressed(order, "payment-1", RefundStatus.SUCCEEDED, NOON).needs_attention


@pytest.mark.parametrize("status", FINAL)
def test_a_final_refund_is_neither_put_off_nor_refused(status: RefundStatus) -> None:
    order = owing(a_refund(status))
    assert refunds.postponed(order, "payment-1", "HTTP 500", NOON) is order
    assert refunds.refused(order, "payment-1", "HTTP 400", NOON) is order


def test_a_payment_without_a_refund_is_left_alone() -> None:
    order = owing(a_refund(number=2))
    assert refunds.trying(order, "payment-1", NOON) is order
    assert refunds.progressed(order, "payment-1", RefundStatus.SUCCEEDED, NOON) is order
    assert refunds.postponed(order, "payment-1", "HTTP 500", NOON) is order
    assert refunds.refused(order, "payment-1", "HTTP 400", NOON) is order


def test_one_refund_of_two_moves_without_the_other() -> None:
    order = owing(a_refund(number=1), a_refund(number=2))
    moved = refunds.progressed(order, "payment-2", RefundStatus.SUCCEEDED, later(1))
    assert moved.refunds[0] is order.refunds[0]
    assert replace(moved.refunds[1], status=RefundStatus.DUE, updated_at=NOON) == order.refunds[1]
