"""An attempt's provider is called by one caller at a time, and an unknown outcome is never forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.attempts import being_called, call_failed, give_up, live_attempt, open_attempt, take_call
from shared.domain.order import AttemptStatus, Order, Reason, Status
from tests.worlds.builders import NOON, a_starting_attempt, an_attempt, an_order, later

LIVE = {AttemptStatus.STARTING, AttemptStatus.PENDING}


def called(**changes: Any) -> Order:
    """An order whose attempt `caller-1` is calling about until 18 s after noon."""
    return take_call(an_order(attempts=(a_starting_attempt(tries=0, **changes),)), "caller-1", NOON)


@pytest.mark.parametrize("status", AttemptStatus)
def test_a_new_attempt_waits_for_one_that_may_still_be_paid(status: AttemptStatus) -> None:
    order = an_order(attempts=(an_attempt(status=status),))
    assert live_attempt(order) == (order.attempts[0] if status in LIVE else None)


def test_an_order_without_attempts_has_no_live_one() -> None:
    assert live_attempt(an_order()) is None


def test_only_the_last_attempt_counts() -> None:
    order = an_order(attempts=(an_attempt(1), an_attempt(2, status=AttemptStatus.CANCELED)))
    assert live_attempt(order) is None


def test_opening_an_attempt_gives_time_enough_to_pay_it() -> None:
    order = open_attempt(an_order(), a_starting_attempt(), later(minutes=20), later(1))
    assert (order.attempts, order.expires_at, order.updated_at) == (
        (a_starting_attempt(),),
        later(minutes=20),
        later(1),
    )


def test_opening_an_attempt_never_shortens_the_order() -> None:
    assert open_attempt(an_order(), a_starting_attempt(), later(minutes=10), NOON).expires_at == later(minutes=15)


def test_a_call_is_taken_for_longer_than_the_provider_is_given() -> None:
    attempt = called().attempts[0]
    assert (attempt.caller, attempt.tries, attempt.calling_until) == ("caller-1", 1, later(18))


@pytest.mark.parametrize(("seconds", "called_now"), [(0, True), (17.999, True), (18, False)])
def test_a_call_lasts_until_its_time_is_over(seconds: float, called_now: bool) -> None:
    assert being_called(called().attempts[0], later(seconds)) is called_now


def test_an_attempt_that_nobody_took_is_not_being_called() -> None:
    assert not being_called(a_starting_attempt(), NOON)


def test_taking_a_call_over_counts_one_more_try_of_the_same_request() -> None:
    first = called()
    again = take_call(first, "caller-2", later(18)).attempts[0]
    assert (again.caller, again.tries, again.calling_until) == ("caller-2", 2, later(36))
    assert (again.idempotence_key, again.request) == (first.attempts[0].idempotence_key, first.attempts[0].request)


def test_a_refusal_ends_the_attempt() -> None:
    order = call_failed(called(), 1, "caller-1", "HTTP 400", later(2), final=True)
    attempt = order.attempts[0]
    assert (attempt.status, attempt.last_error) == (AttemptStatus.REFUSED, "HTTP 400")
    assert (attempt.caller, attempt.calling_until, order.updated_at) == (None, None, later(2))
    assert live_attempt(order) is None


def test_an_unknown_outcome_keeps_the_attempt_for_the_next_caller() -> None:
    attempt = call_failed(called(), 1, "caller-1", "no answer in time", later(10), final=False).attempts[0]
    assert (attempt.status, attempt.last_error) == (AttemptStatus.STARTING, "no answer in time")
    assert not being_called(attempt, later(10))


@pytest.mark.parametrize("final", [True, False])
def test_a_failure_told_by_somebody_who_has_lost_the_call_is_ignored(final: bool) -> None:
    order = take_call(called(), "caller-2", later(18))
    assert call_failed(order, 1, "caller-1", "late", later(19), final=final) is order


@pytest.mark.parametrize("status", [status for status in AttemptStatus if status is not AttemptStatus.STARTING])
def test_a_failure_does_not_undo_what_the_provider_has_told_meanwhile(status: AttemptStatus) -> None:
    known = called().attempts[0]
    order = an_order(Status.PENDING, attempts=(replace(known, status=status),))
    assert call_failed(order, 1, "caller-1", "late", later(2), final=True) is order


def test_a_charge_that_stayed_unknown_is_the_operators() -> None:
    order = give_up(an_order(attempts=(a_starting_attempt(saved_card=True),)), 1, later(hours=24))
    assert (order.attempts[0].status, order.attempts[0].updated_at) == (AttemptStatus.CANCELED, later(hours=24))
    assert (order.needs_attention, order.attention_reason) == (True, Reason.PAYMENT_UNRESOLVED)


@pytest.mark.parametrize("status", [status for status in AttemptStatus if status is not AttemptStatus.STARTING])
def test_a_known_outcome_is_not_given_up(status: AttemptStatus) -> None:
    order = an_order(attempts=(an_attempt(status=status),))
    assert give_up(order, 1, NOON) is order
