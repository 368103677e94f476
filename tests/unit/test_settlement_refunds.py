"""Money that must not stay with us: held, paid twice, given back by the provider; under every AUTO_REFUND."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.order import AttemptStatus, Order, Reason, RefundKind, RefundStatus, Status
from shared.domain.payment import PaymentState
from shared.domain.refunds import AutoRefund
from shared.domain.settlement import settle
from tests.worlds.builders import PRICE, a_moment, a_payment, a_refund, an_attempt, an_order, later

TOO_LATE = later(minutes=16)


def held() -> Order:
    return settle(an_order(Status.PENDING), a_payment(PaymentState.HELD), a_moment())


def test_a_hold_buys_nothing_and_is_let_go() -> None:
    order = held()
    assert (order.status, order.reason, order.make) == (Status.FAILED, Reason.WAITING_FOR_CAPTURE, None)
    assert order.refund is not None
    assert (order.refund.kind, order.refund.status) == (RefundKind.RELEASE, RefundStatus.DUE)
    assert not order.needs_attention


@pytest.mark.parametrize("auto_refund", AutoRefund)
def test_no_setting_keeps_a_customers_money_blocked(auto_refund: AutoRefund) -> None:
    order = settle(an_order(Status.PENDING), a_payment(PaymentState.HELD), a_moment(auto_refund=auto_refund))
    assert order.refund is not None
    assert order.refund.kind is RefundKind.RELEASE


def test_a_hold_that_the_provider_cancels_ends_its_release() -> None:
    order = settle(held(), a_payment(PaymentState.CANCELED), a_moment(later(5)))
    assert order.refund is not None
    assert order.refund.status is RefundStatus.SUCCEEDED
    assert (order.status, order.attempts[0].status) == (Status.FAILED, AttemptStatus.CANCELED)


def test_a_hold_that_was_captured_all_the_same_is_refunded_instead() -> None:
    order = settle(held(), a_payment(), a_moment(later(5)))
    assert [(refund.kind, refund.status) for refund in order.refunds] == [(RefundKind.REFUND, RefundStatus.DUE)]
    assert order.refunds[0].amount == PRICE


def test_a_hold_captured_after_its_release_had_ended_is_refunded_too() -> None:
    released = held()
    done = replace(released, refunds=(replace(released.refunds[0], status=RefundStatus.SUCCEEDED),))
    order = settle(done, a_payment(), a_moment(later(5)))
    assert [(refund.kind, refund.status) for refund in order.refunds] == [(RefundKind.REFUND, RefundStatus.DUE)]


@pytest.mark.parametrize(
    "status", [Status.PAID, Status.MAKE_PENDING, Status.SUCCESSFUL, Status.MAKE_FAILED], ids=lambda status: status.value
)
def test_a_second_payment_of_a_paid_order_goes_back(status: Status) -> None:
    first = an_order(status)
    order = replace(first, attempts=(*first.attempts, an_attempt(2)))
    settled = settle(order, a_payment(number=2), a_moment(later(5)))
    assert (settled.status, settled.make) == (first.status, first.make)
    assert [(refund.payment_id, refund.reason) for refund in settled.refunds] == [
        ("payment-2", Reason.DUPLICATE_PAYMENT)
    ]


def test_the_first_attempt_paid_after_the_second_goes_back_as_well() -> None:
    paid = settle(an_order(Status.PENDING, attempts=(an_attempt(1), an_attempt(2))), a_payment(number=2), a_moment())
    settled = settle(paid, a_payment(number=1), a_moment(later(5)))
    assert settled.make is not None
    assert settled.make.attempt == 2
    assert [refund.payment_id for refund in settled.refunds] == ["payment-1"]


def test_a_payment_of_an_order_that_failed_unpaid_goes_back_as_late() -> None:
    settled = settle(an_order(Status.FAILED), a_payment(), a_moment(later(5)))
    assert settled.refund is not None
    assert settled.refund.reason == Reason.PAID_LATE


@pytest.mark.parametrize("status", [Status.CREATED, Status.PENDING, Status.NOT_PAID], ids=lambda status: status.value)
def test_money_that_the_provider_gave_back_in_whole_closes_an_open_order(status: Status) -> None:
    order = an_order(status, attempts=(an_attempt(),))
    settled = settle(order, a_payment(PaymentState.REFUNDED), a_moment())
    assert (settled.status, settled.reason) == (Status.FAILED, Reason.REFUNDED_BY_PROVIDER)
    assert (settled.needs_attention, settled.refunds) == (False, ())


def test_money_that_the_provider_gave_back_in_part_is_the_operators() -> None:
    payment = a_payment(PaymentState.REFUNDED, refunded_amount=PRICE - 1)
    settled = settle(an_order(Status.PENDING), payment, a_moment())
    assert settled.status is Status.FAILED
    assert (settled.needs_attention, settled.attention_reason) == (True, Reason.REFUNDED_BY_PROVIDER)


def test_a_refund_made_by_hand_after_the_drink_is_noted_and_no_more() -> None:
    order = an_order(Status.SUCCESSFUL)
    settled = settle(order, a_payment(PaymentState.REFUNDED, refunded_amount=1), a_moment())
    assert settled.attempts[0].status is AttemptStatus.REFUNDED
    assert (settled.status, settled.refunds, settled.needs_attention) == (Status.SUCCESSFUL, (), False)


def test_our_own_refund_ends_when_the_provider_has_given_the_whole_of_it() -> None:
    order = an_order(Status.MAKE_FAILED, refunds=(a_refund(RefundStatus.PENDING, tries=1),))
    settled = settle(order, a_payment(PaymentState.REFUNDED), a_moment(later(5)))
    assert settled.refund is not None
    assert settled.refund.status is RefundStatus.SUCCEEDED


def test_a_part_of_our_own_refund_is_not_its_end() -> None:
    order = an_order(Status.MAKE_FAILED, refunds=(a_refund(RefundStatus.PENDING, tries=1),))
    payment = a_payment(PaymentState.REFUNDED, refunded_amount=PRICE - 1)
    assert settle(order, payment, a_moment(later(5))) is order


def test_a_finished_refund_is_not_finished_again() -> None:
    order = an_order(Status.MAKE_FAILED, refunds=(a_refund(RefundStatus.SUCCEEDED),))
    assert settle(order, a_payment(PaymentState.REFUNDED), a_moment(later(5))) is order


@pytest.mark.parametrize("auto_refund", [AutoRefund.DEFINITE, AutoRefund.ALWAYS])
def test_a_late_payment_goes_back_where_refunds_are_on(auto_refund: AutoRefund) -> None:
    settled = settle(an_order(Status.PENDING), a_payment(), a_moment(TOO_LATE, auto_refund=auto_refund))
    assert settled.refund is not None
    assert not settled.needs_attention


def test_a_late_payment_is_the_operators_where_refunds_are_off() -> None:
    settled = settle(an_order(Status.PENDING), a_payment(), a_moment(TOO_LATE, auto_refund=AutoRefund.OFF))
    assert (settled.status, settled.reason, settled.refunds) == (Status.FAILED, Reason.PAID_LATE, ())
    assert (settled.needs_attention, settled.attention_reason) == (True, Reason.REFUND_IS_OFF)


def test_a_second_payment_is_the_operators_where_refunds_are_off() -> None:
    first = an_order(Status.SUCCESSFUL)
    order = replace(first, attempts=(*first.attempts, an_attempt(2)))
    settled = settle(order, a_payment(number=2), a_moment(later(5), auto_refund=AutoRefund.OFF))
    assert (settled.status, settled.refunds) == (Status.SUCCESSFUL, ())
    assert settled.attention_reason == Reason.REFUND_IS_OFF


def test_what_was_really_paid_goes_back_without_the_receipt_that_no_longer_adds_up() -> None:
    order = an_order(Status.PENDING, attempts=(an_attempt(receipt={"items": []}),))
    settled = settle(order, a_payment(amount=PRICE - 100), a_moment())
    assert settled.refund is not None
    assert (settled.refund.amount, settled.refund.receipt) == (PRICE - 100, None)


def test_a_refund_of_the_whole_price_carries_the_receipt() -> None:
    order = an_order(Status.PENDING, attempts=(an_attempt(receipt={"items": []}),))
    settled = settle(order, a_payment(), a_moment(TOO_LATE))
    assert settled.refund is not None
    assert settled.refund.receipt == {"items": []}
