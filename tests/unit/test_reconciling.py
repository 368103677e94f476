"""What reconcile does with an order that is due, in every status, and how it counts what became."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.order import AttemptStatus, MakeOutcome, Order, Reason, RefundStatus, Report, Status
from shared.domain.payment import PaymentState
from shared.errors import ProviderBadRequest, ProviderUnauthorized, ProviderUnavailable, StoreUnavailable
from shared.services import reconcile as service
from shared.services.reconcile import finish, reconcile
from tests.worlds import calls
from tests.worlds.builders import MERCHANT, ORDER_ID, a_make, a_payment, a_refund, an_attempt, an_order, later
from tests.worlds.live import Failure, LiveWorld

OUTSIDE = (calls.FetchPayment, calls.CreatePayment, calls.MakeDrink, calls.GiveBack, calls.TellOperator)


def finished(live: LiveWorld, *, after: float = 0) -> Order:
    """The next step of the order, so many seconds after noon."""
    live.pass_time(timedelta(seconds=after))
    stored = live.world.orders.get(ORDER_ID)
    assert stored is not None
    return finish(live.world, stored).order


def world_with(status: Status, *payments: Any, **changes: Any) -> LiveWorld:
    return LiveWorld().put(an_order(status, **changes), *payments)


@pytest.mark.parametrize("status", [Status.CREATED, Status.NOT_PAID, Status.SUCCESSFUL, Status.MAKE_FAILED])
def test_an_order_that_waits_for_nothing_is_left_alone(status: Status) -> None:
    live = world_with(status)
    assert finished(live, after=3600) == an_order(status)
    assert not any(live.count(kind) for kind in (*OUTSIDE, calls.ReplaceOrder))


def test_a_pending_order_is_looked_at_and_goes_all_the_way() -> None:
    live = world_with(Status.PENDING, a_payment())
    assert finished(live, after=5).status is Status.MAKE_PENDING
    assert len(live.outside.commands) == 1


@pytest.mark.parametrize(
    ("state", "status"), [(PaymentState.CANCELED, Status.NOT_PAID), (PaymentState.PENDING, Status.PENDING)]
)
def test_an_abandoned_form_becomes_not_paid_when_the_provider_says_so(state: PaymentState, status: Status) -> None:
    assert finished(world_with(Status.PENDING, a_payment(state)), after=5).status is status


def test_a_payment_found_after_the_orders_time_is_paid_back_in_the_same_step() -> None:
    order = finished(world_with(Status.PENDING, a_payment()), after=16 * 60)
    assert (order.status, order.reason) == (Status.FAILED, Reason.PAID_LATE)
    assert order.refunds[0].status is RefundStatus.SUCCEEDED


@pytest.mark.parametrize(("seconds", "commands"), [(59, 0), (60, 1)])
def test_a_claim_is_taken_over_once_it_has_lapsed(seconds: float, commands: int) -> None:
    live = world_with(Status.PAID)
    order = finished(live, after=seconds)
    assert len(live.outside.commands) == commands
    assert order.status is (Status.MAKE_PENDING if commands else Status.PAID)


def test_a_second_lapse_sends_nothing_more() -> None:
    second = a_make(claim_id="claim-2", claimed_at=later(60), lapses_at=later(120), claims=2)
    live = world_with(Status.PAID, make=second)
    order = finished(live, after=120)
    assert (order.status, order.attention_reason) == (Status.MAKE_FAILED, Reason.MAKE_UNKNOWN)
    assert live.outside.commands == ()


def test_a_refusal_after_a_takeover_is_not_paid_back_because_a_drink_may_have_come() -> None:
    live = world_with(Status.PAID, a_payment())
    live.outcomes.append(MakeOutcome.REFUSED)
    order = finished(live, after=60)
    assert (order.status, order.attention_reason, order.refunds) == (Status.MAKE_FAILED, Reason.MAKE_UNKNOWN, ())


def test_a_report_that_overtook_a_killed_sender_settles_the_order() -> None:
    live = world_with(Status.PAID, make=a_make(report=Report.SUCCESS))
    assert finished(live, after=60).status is Status.SUCCESSFUL
    assert live.outside.commands == ()


@pytest.mark.parametrize(("seconds", "status"), [(89, Status.MAKE_PENDING), (90, Status.SUCCESSFUL)])
def test_a_drink_is_assumed_made_after_its_brewing_time(seconds: float, status: Status) -> None:
    assert finished(world_with(Status.MAKE_PENDING), after=seconds).status is status


def test_a_refund_that_is_due_is_carried_out() -> None:
    live = world_with(Status.MAKE_FAILED, a_payment(), refunds=(a_refund(),))
    refund = finished(live).refunds[0]
    assert (refund.status, refund.tries) == (RefundStatus.SUCCEEDED, 1)
    assert len(live.outside.refunds) == 1


def test_a_refund_that_is_not_due_yet_rests() -> None:
    live = world_with(Status.MAKE_FAILED, a_payment(), refunds=(a_refund(tries=1),))
    finished(live, after=14)
    assert live.count(calls.GiveBack) == 0
    finished(live, after=1)
    assert live.count(calls.GiveBack) == 1


def test_a_refund_is_tried_by_one_at_a_time() -> None:
    live = world_with(Status.MAKE_FAILED, a_payment(), refunds=(a_refund(),))
    live.change_outside(refund_answer=RefundStatus.PENDING)
    stored = live.world.orders.get(ORDER_ID)
    assert stored is not None
    finish(live.world, stored)
    live.pass_time(timedelta(milliseconds=1))
    finish(live.world, stored)
    assert live.count(calls.GiveBack) == 1


@pytest.mark.parametrize(
    ("error", "status", "flagged"),
    [
        (ProviderUnavailable("HTTP 500"), RefundStatus.DUE, False),
        (ProviderUnauthorized("HTTP 401"), RefundStatus.DUE, False),
        (ProviderBadRequest("HTTP 400"), RefundStatus.FAILED, True),
    ],
)
def test_only_a_refusal_that_cannot_be_mended_ends_a_refund(
    error: Exception, status: RefundStatus, flagged: bool
) -> None:
    live = world_with(Status.MAKE_FAILED, a_payment(), refunds=(a_refund(),))
    live.failures.append(Failure(calls.GiveBack, error))
    order = finished(live)
    assert (order.refunds[0].status, order.refunds[0].last_error) == (status, str(error))
    assert order.needs_attention is flagged


def test_a_refund_without_credentials_is_put_off() -> None:
    order = an_order(Status.MAKE_FAILED, refunds=(a_refund(),))
    live = LiveWorld(without=frozenset({MERCHANT})).put(order)
    refund = finished(live).refunds[0]
    assert (refund.status, refund.tries) == (RefundStatus.DUE, 1)


def test_two_payments_of_one_order_are_both_paid_back() -> None:
    attempts = (an_attempt(1, status=AttemptStatus.SUCCEEDED), an_attempt(2, status=AttemptStatus.SUCCEEDED))
    refunds = (a_refund(number=1), a_refund(number=2))
    payments = (a_payment(number=1), a_payment(number=2))
    order = finished(world_with(Status.MAKE_FAILED, *payments, attempts=attempts, refunds=refunds))
    assert [refund.status for refund in order.refunds] == [RefundStatus.SUCCEEDED] * 2


def test_a_run_counts_what_became_of_each_order() -> None:
    paid = an_order(Status.PENDING, order_id="order-paid")
    brewed = an_order(Status.MAKE_PENDING, order_id="order-brewed")
    payment = a_payment(order_id="order-paid")
    live = LiveWorld().put(paid, brewed, payment)
    live.pass_time(timedelta(seconds=90))
    assert reconcile(live.world) == {"due": 2, "make_pending": 1, "successful": 1, "unfinished": 0}
    assert reconcile(live.world) == {"due": 0, "unfinished": 0}


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (ProviderUnavailable("no answer"), "not_verified"),
        (StoreUnavailable("no answer"), "store_unavailable"),
        (RuntimeError("a bug"), "errors"),
    ],
)
def test_one_orders_trouble_does_not_keep_the_others_waiting(error: Exception, counted: str) -> None:
    pending = [an_order(Status.PENDING, order_id=f"order-{number}") for number in range(3)]
    live = LiveWorld().put(*pending, a_payment(PaymentState.PENDING))
    live.failures.append(Failure(calls.FetchPayment, error))
    live.pass_time(timedelta(seconds=5))
    assert reconcile(live.world) == {"due": 3, counted: 1, "looked_at": 2, "unfinished": 0}


def test_a_run_takes_on_no_more_than_it_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_ORDERS", 2)
    orders = [an_order(Status.MAKE_PENDING, order_id=f"order-{number}") for number in range(3)]
    live = LiveWorld().put(*orders)
    live.pass_time(timedelta(seconds=90))
    assert [reconcile(live.world)["due"] for _ in range(3)] == [2, 1, 0]


def test_no_new_work_is_begun_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "NO_NEW_WORK_AFTER", -1.0)
    live = world_with(Status.MAKE_PENDING)
    live.pass_time(timedelta(seconds=90))
    assert reconcile(live.world) == {"due": 1, "postponed": 1, "unfinished": 0}
    assert live.order().status is Status.MAKE_PENDING


def test_a_list_that_cannot_be_read_is_the_callers_to_hear() -> None:
    live = LiveWorld()
    live.failures.append(Failure(calls.DueOrders, StoreUnavailable("no answer")))
    with pytest.raises(StoreUnavailable):
        reconcile(live.world)
