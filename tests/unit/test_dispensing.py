"""The right to command the machine: granted once, lapsing, taken over once, and what became of the command."""

from __future__ import annotations

import pytest

from shared.domain.dispensing import (
    Sent,
    assume_made,
    brew_over,
    claim,
    claim_in_flight,
    may_send,
    reclaim,
    record_sent,
)
from shared.domain.order import MakeOutcome, Order, Reason, Report, Status
from shared.domain.refunds import AutoRefund
from tests.worlds.builders import NOON, PRICE, a_make, a_moment, an_attempt, an_order, later

ACCEPTED = Sent(outcome=MakeOutcome.ACCEPTED, tries=1)
REFUSED = Sent(outcome=MakeOutcome.REFUSED, tries=3, error="HTTP 500")
UNKNOWN = Sent(outcome=MakeOutcome.UNKNOWN, tries=1, error="no answer in time")


def paid(**make: object) -> Order:
    return an_order(Status.PAID, make=a_make(**make))


def taken_over(**make: object) -> Order:
    """The second and last claim, `claim-2`, taken a minute after the first."""
    changes = {"claim_id": "claim-2", "claimed_at": later(60), "lapses_at": later(120), "claims": 2, **make}
    return paid(**changes)


def test_a_claim_lasts_a_minute_and_knows_who_paid() -> None:
    made = claim(a_moment(later(3), "claim-3"), attempt=2)
    assert (made.claim_id, made.claimed_at, made.lapses_at) == ("claim-3", later(3), later(63))
    assert (made.attempt, made.claims, made.tries, made.outcome) == (2, 1, 0, None)


@pytest.mark.parametrize(("seconds", "allowed"), [(0, True), (19.999, True), (20, False), (59, False)])
def test_only_a_fresh_claim_may_send(seconds: float, allowed: bool) -> None:
    assert may_send(paid(), "claim-1", later(seconds)) is allowed


def test_nobody_elses_claim_may_send() -> None:
    assert not may_send(paid(), "claim-2", NOON)


@pytest.mark.parametrize("outcome", MakeOutcome)
def test_a_spent_claim_may_not_send(outcome: MakeOutcome) -> None:
    assert not may_send(paid(outcome=outcome), "claim-1", NOON)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PAID])
def test_only_a_paid_order_may_be_sent(status: Status) -> None:
    assert not may_send(an_order(status, make=a_make()), "claim-1", NOON)
    assert not claim_in_flight(an_order(status, make=a_make()), NOON)


@pytest.mark.parametrize(("seconds", "in_flight"), [(0, True), (59.999, True), (60, False)])
def test_a_claim_is_in_flight_until_it_lapses(seconds: float, in_flight: bool) -> None:
    assert claim_in_flight(paid(), later(seconds)) is in_flight


def test_a_claim_is_not_taken_over_before_it_has_lapsed() -> None:
    order = paid()
    assert reclaim(order, a_moment(later(59.999), "claim-2")) is order


def test_a_lapsed_claim_is_taken_over_once() -> None:
    make = reclaim(paid(tries=2, last_error="HTTP 500"), a_moment(later(60), "claim-2")).make
    assert make is not None
    assert (make.claim_id, make.claims, make.claimed_at, make.lapses_at) == ("claim-2", 2, later(60), later(120))
    assert (make.tries, make.last_error, make.outcome) == (2, "HTTP 500", None)


def test_the_order_stays_paid_while_the_command_is_sent_again() -> None:
    order = paid()
    again = reclaim(order, a_moment(later(60), "claim-2"))
    assert (again.status, again.history, again.needs_attention) == (Status.PAID, order.history, False)
    assert may_send(again, "claim-2", later(60))
    assert not may_send(again, "claim-1", later(60))


def test_a_second_lapse_is_unknown_and_the_operators() -> None:
    order = reclaim(taken_over(), a_moment(later(120), "claim-3"))
    assert (order.status, order.reason) == (Status.MAKE_FAILED, Reason.MAKE_UNKNOWN)
    assert (order.needs_attention, order.attention_reason) == (True, Reason.MAKE_UNKNOWN)
    assert order.make is not None
    assert (order.make.outcome, order.make.claims) == (MakeOutcome.UNKNOWN, 2)


@pytest.mark.parametrize(
    ("auto_refund", "refunds"), [(AutoRefund.OFF, 0), (AutoRefund.DEFINITE, 0), (AutoRefund.ALWAYS, 1)]
)
def test_an_unknown_outcome_is_paid_back_only_under_always(auto_refund: AutoRefund, refunds: int) -> None:
    moment = a_moment(later(120), "claim-3", auto_refund=auto_refund)
    lapsed = reclaim(taken_over(), moment)
    lost = record_sent(paid(), "claim-1", UNKNOWN, moment)
    assert [len(lapsed.refunds), len(lost.refunds)] == [refunds, refunds]
    assert lapsed.needs_attention
    assert lost.needs_attention


@pytest.mark.parametrize(
    ("report", "status"), [(Report.SUCCESS, Status.SUCCESSFUL), (Report.FAILED, Status.MAKE_FAILED)]
)
def test_a_report_that_came_meanwhile_settles_a_lapsed_claim(report: Report, status: Status) -> None:
    order = reclaim(paid(report=report), a_moment(later(60), "claim-2"))
    assert order.status is status
    assert order.make is not None
    assert order.make.claims == 1


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PAID])
def test_only_a_paid_orders_claim_can_be_taken_over(status: Status) -> None:
    order = an_order(status, make=a_make())
    assert reclaim(order, a_moment(later(3600), "claim-2")) is order


def test_an_accepted_command_brews() -> None:
    order = record_sent(paid(tries=1), "claim-1", ACCEPTED, a_moment(later(2)))
    assert order.status is Status.MAKE_PENDING
    assert order.make is not None
    assert (order.make.outcome, order.make.sent_at, order.make.brew_until) == (
        MakeOutcome.ACCEPTED,
        later(2),
        later(92),
    )
    assert (order.make.tries, order.refunds, order.needs_attention) == (2, (), False)


def test_a_refused_command_fails_and_is_paid_back() -> None:
    order = record_sent(paid(), "claim-1", REFUSED, a_moment(later(2)))
    assert (order.status, order.reason) == (Status.MAKE_FAILED, Reason.MAKE_FAILED)
    assert order.make is not None
    assert (order.make.last_error, order.make.tries) == ("HTTP 500", 3)
    assert [(refund.amount, refund.reason) for refund in order.refunds] == [(PRICE, Reason.MAKE_FAILED)]
    assert not order.needs_attention


def test_a_refused_command_is_the_operators_where_refunds_are_off() -> None:
    order = record_sent(paid(), "claim-1", REFUSED, a_moment(auto_refund=AutoRefund.OFF))
    assert (order.status, order.refunds) == (Status.MAKE_FAILED, ())
    assert order.attention_reason == Reason.REFUND_IS_OFF


def test_a_lost_answer_is_unknown_and_the_operators() -> None:
    order = record_sent(paid(), "claim-1", UNKNOWN, a_moment(later(2)))
    assert (order.status, order.reason) == (Status.MAKE_FAILED, Reason.MAKE_UNKNOWN)
    assert (order.attention_reason, order.refunds) == (Reason.MAKE_UNKNOWN, ())


def test_a_refusal_after_a_takeover_is_unknown_because_the_first_command_may_have_arrived() -> None:
    order = record_sent(taken_over(), "claim-2", REFUSED, a_moment(later(62), "claim-2"))
    assert (order.status, order.attention_reason, order.refunds) == (Status.MAKE_FAILED, Reason.MAKE_UNKNOWN, ())
    assert order.make is not None
    assert order.make.outcome is MakeOutcome.UNKNOWN


def test_an_acceptance_after_a_takeover_brews() -> None:
    assert record_sent(taken_over(), "claim-2", ACCEPTED, a_moment(later(62))).status is Status.MAKE_PENDING


@pytest.mark.parametrize("sent", [ACCEPTED, REFUSED, UNKNOWN], ids=lambda sent: sent.outcome.value)
def test_the_outcome_of_another_claim_is_ignored(sent: Sent) -> None:
    order = taken_over()
    assert record_sent(order, "claim-1", sent, a_moment(later(70))) is order


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PAID])
def test_an_outcome_is_recorded_only_once(status: Status) -> None:
    order = an_order(status, make=a_make())
    assert record_sent(order, "claim-1", REFUSED, a_moment(later(2))) is order


def test_the_money_of_the_attempt_that_bought_the_drink_goes_back() -> None:
    order = an_order(Status.PAID, attempts=(an_attempt(1), an_attempt(2)), make=a_make(attempt=2))
    failed = record_sent(order, "claim-1", REFUSED, a_moment())
    assert [refund.payment_id for refund in failed.refunds] == ["payment-2"]


@pytest.mark.parametrize(("seconds", "over"), [(89.999, False), (90, True), (900, True)])
def test_a_drink_is_assumed_made_when_its_brewing_time_is_over(seconds: float, over: bool) -> None:
    order = an_order(Status.MAKE_PENDING)
    assert brew_over(order, later(seconds)) is over
    assert assume_made(order, later(seconds)).status is (Status.SUCCESSFUL if over else Status.MAKE_PENDING)


def test_an_assumed_success_says_so() -> None:
    assert assume_made(an_order(Status.MAKE_PENDING), later(90)).reason == Reason.BREW_TIME_OVER


def test_without_a_brewing_time_nothing_is_ever_assumed() -> None:
    order = record_sent(an_order(Status.PAID, brew_seconds=0), "claim-1", ACCEPTED, a_moment())
    assert order.make is not None
    assert order.make.brew_until is None
    assert assume_made(order, later(days=30)) is order


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.MAKE_PENDING])
def test_only_a_brewing_order_can_be_assumed_made(status: Status) -> None:
    assert not brew_over(an_order(status, make=a_make(brew_until=NOON)), later(days=1))
