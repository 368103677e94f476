"""When reconcile looks, when the page asks again, and how long a refund rests between two tries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from shared.domain.order import AttemptStatus, Order, RefundStatus, Status
from shared.domain.schedule import (
    REFUND_BACKOFF,
    due_at,
    look_allowed,
    poll_after_ms,
    refund_due,
    shown_status,
    unresolved,
)
from tests.worlds.builders import NOON, a_make, a_refund, a_starting_attempt, an_attempt, an_order, later


@pytest.mark.parametrize(
    ("status", "due"),
    [
        (Status.CREATED, None),
        (Status.PENDING, later(5)),
        (Status.NOT_PAID, None),
        (Status.PAID, later(60)),
        (Status.MAKE_PENDING, later(90)),
        (Status.SUCCESSFUL, None),
        (Status.MAKE_FAILED, None),
        (Status.FAILED, later(5)),
    ],
)
def test_reconcile_looks_at_what_can_go_on_by_itself(status: Status, due: datetime | None) -> None:
    assert due_at(an_order(status)) == due


@pytest.mark.parametrize("status", Status)
def test_an_open_refund_is_due_in_every_status(status: Status) -> None:
    order = an_order(status, refunds=(a_refund(created_at=later(-1)),))
    assert due_at(order) == later(-1)


@pytest.mark.parametrize("status", Status)
def test_an_attempt_that_can_still_be_paid_is_looked_at_in_every_status(status: Status) -> None:
    attempts = (an_attempt(1, status=AttemptStatus.SUCCEEDED), an_attempt(2))
    assert due_at(an_order(status, attempts=attempts, make=None)) == later(5)


@pytest.mark.parametrize(
    "status", [s for s in AttemptStatus if s not in (AttemptStatus.STARTING, AttemptStatus.PENDING)]
)
def test_a_failed_order_whose_attempt_has_ended_is_finished(status: AttemptStatus) -> None:
    assert due_at(an_order(Status.FAILED, attempts=(an_attempt(status=status),))) is None


@pytest.mark.parametrize("status", [RefundStatus.SUCCEEDED, RefundStatus.FAILED])
def test_a_final_refund_is_not_due(status: RefundStatus) -> None:
    assert due_at(an_order(Status.MAKE_FAILED, refunds=(a_refund(status),))) is None
    assert not refund_due(a_refund(status), later(days=1))


def test_the_earliest_of_several_moments_counts() -> None:
    order = an_order(Status.PAID, refunds=(a_refund(created_at=later(61)), a_refund(number=2, created_at=later(59))))
    assert due_at(order) == later(59)


def test_a_drink_without_a_brewing_time_is_never_due() -> None:
    assert due_at(an_order(Status.MAKE_PENDING, make=a_make(brew_until=None))) is None


@pytest.mark.parametrize(
    ("looked_at", "due"),
    [
        (later(5), later(10)),
        (later(minutes=4, seconds=59), later(minutes=5, seconds=4)),
        (later(minutes=5), later(minutes=6)),
        (later(hours=3), later(hours=3, minutes=1)),
    ],
)
def test_a_payment_is_looked_at_often_at_first_then_seldom(looked_at: datetime, due: datetime) -> None:
    assert due_at(an_order(Status.PENDING, looked_at=looked_at)) == due


def test_a_look_from_before_the_current_attempt_does_not_hurry_it() -> None:
    attempts = (an_attempt(1), an_attempt(2, created_at=later(minutes=9)))
    order = an_order(Status.PENDING, attempts=attempts, looked_at=later(minutes=1))
    assert due_at(order) == later(minutes=9, seconds=5)


def test_an_attempt_that_somebody_is_calling_about_is_not_due_before_they_are_done() -> None:
    attempt = a_starting_attempt(saved_card=True, calling_until=later(18))
    assert due_at(an_order(attempts=(attempt,))) == later(23)


@pytest.mark.parametrize("status", [Status.CREATED, Status.NOT_PAID, Status.FAILED])
def test_a_charge_with_a_lost_answer_is_due_in_any_status(status: Status) -> None:
    order = an_order(status, attempts=(a_starting_attempt(saved_card=True),))
    assert due_at(order) == later(5)


def test_an_ordinary_attempt_without_an_answer_waits_for_the_customer() -> None:
    assert due_at(an_order(attempts=(a_starting_attempt(),))) is None


@pytest.mark.parametrize("status", AttemptStatus)
@pytest.mark.parametrize("saved_card", [True, False])
def test_only_a_charge_without_an_answer_is_unresolved(status: AttemptStatus, saved_card: bool) -> None:
    attempt = an_attempt(status=status, saved_card=saved_card)
    assert unresolved(attempt) is (saved_card and status is AttemptStatus.STARTING)


@pytest.mark.parametrize(
    ("status", "poll"),
    [
        (Status.CREATED, None),
        (Status.PENDING, 1000),
        (Status.NOT_PAID, None),
        (Status.PAID, 1000),
        (Status.MAKE_PENDING, 1000),
        (Status.SUCCESSFUL, None),
        (Status.MAKE_FAILED, None),
        (Status.FAILED, None),
    ],
)
def test_the_page_asks_again_while_the_customer_waits(status: Status, poll: int | None) -> None:
    assert poll_after_ms(an_order(status), NOON) == poll


@pytest.mark.parametrize(
    ("status", "poll"),
    [
        (RefundStatus.DUE, 5000),
        (RefundStatus.PENDING, 5000),
        (RefundStatus.SUCCEEDED, None),
        (RefundStatus.FAILED, None),
    ],
)
def test_the_page_follows_a_refund_to_its_end(status: RefundStatus, poll: int | None) -> None:
    assert poll_after_ms(an_order(Status.MAKE_FAILED, refunds=(a_refund(status),)), NOON) == poll


def test_waiting_for_a_drink_is_more_urgent_than_a_refund() -> None:
    assert poll_after_ms(an_order(Status.MAKE_PENDING, refunds=(a_refund(),)), NOON) == 1000


def test_a_drink_whose_time_is_over_is_shown_as_ready_before_reconcile_says_so() -> None:
    order = an_order(Status.MAKE_PENDING)
    assert (shown_status(order, later(89)), poll_after_ms(order, later(89))) == (Status.MAKE_PENDING, 1000)
    assert (shown_status(order, later(90)), poll_after_ms(order, later(90))) == (Status.SUCCESSFUL, None)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.MAKE_PENDING])
def test_every_other_status_is_shown_as_it_is(status: Status) -> None:
    assert shown_status(an_order(status), later(days=1)) is status


@pytest.mark.parametrize(("seconds", "allowed"), [(0, False), (2.999, False), (3, True), (60, True)])
def test_the_provider_is_asked_at_most_once_in_three_seconds(seconds: float, allowed: bool) -> None:
    assert look_allowed(an_order(Status.PENDING, looked_at=NOON), later(seconds)) is allowed


def test_an_order_that_nobody_has_looked_at_may_be_looked_at() -> None:
    assert look_allowed(an_order(Status.PENDING), NOON)


def test_a_new_refund_is_due_at_once() -> None:
    assert refund_due(a_refund(), NOON)


@pytest.mark.parametrize(("tries", "rest"), [*enumerate(REFUND_BACKOFF, start=1), (7, 3600), (500, 3600)])
def test_a_refund_rests_longer_after_each_try(tries: int, rest: int) -> None:
    refund = a_refund(RefundStatus.PENDING, tries=tries, updated_at=later(1))
    assert not refund_due(refund, later(1 + rest - 0.001))
    assert refund_due(refund, later(1 + rest))


def test_the_backoff_grows() -> None:
    assert all(shorter < longer for shorter, longer in pairwise(REFUND_BACKOFF))


def next_looks(order: Order, until: timedelta) -> int:
    looks = 0
    while (due := due_at(order)) is not None and due <= NOON + until:
        order, looks = replace(order, looked_at=due), looks + 1
    return looks


def test_a_payment_of_an_hour_costs_about_a_hundred_looks() -> None:
    assert next_looks(an_order(Status.PENDING), timedelta(hours=1)) == 60 + 55
