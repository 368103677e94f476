"""Two taps, two tabs, a lost answer: one attempt, one request, one payment (SPEC §7.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.order import AttemptStatus, Status
from shared.errors import ChangedMeanwhile, ProviderForbidden, ProviderRefused, ProviderUnavailable, Refusal
from shared.services.call_provider import LONGEST_RETRY_AFTER
from shared.services.start_payment import Wish, start_payment
from tests.worlds import calls
from tests.worlds.builders import MERCHANT, NOON, ORDER_ID, a_starting_attempt, an_order, later, settings
from tests.worlds.live import Failure, LiveWorld

SOMEBODY_CALLS: dict[str, Any] = {"caller": "another", "calling_until": later(18)}


def pay(live: LiveWorld, meanwhile: Callable[[], object] = lambda: None) -> str | None:
    """Press the button. `meanwhile` happens each time this caller has to wait, a second at a time."""

    def pause(number: int) -> None:
        live.pass_time(timedelta(seconds=1))
        meanwhile()

    return start_payment(replace(live.world, pause=pause), Wish(order_id=ORDER_ID))


def waited(live: LiveWorld) -> float:
    return (live.outside.now - NOON).total_seconds()


def being_paid(**attempt: Any) -> LiveWorld:
    return LiveWorld().put(an_order(attempts=(a_starting_attempt(**attempt),)))


def refused(live: LiveWorld, meanwhile: Callable[[], object] = lambda: None) -> str:
    with pytest.raises(Refusal) as caught:
        pay(live, meanwhile)
    return caught.value.code


def test_a_second_tap_takes_the_answer_that_the_first_one_got() -> None:
    live = being_paid(**SOMEBODY_CALLS)
    address = pay(live, lambda: live.put(an_order(Status.PENDING)))
    assert address == "https://checkout.example/1"
    assert live.count(calls.CreatePayment) == 0
    assert waited(live) == 1


def test_a_second_tap_takes_over_when_the_first_one_has_died() -> None:
    live = being_paid(**SOMEBODY_CALLS)
    address = pay(live)
    assert waited(live) == 18
    assert address is not None
    (made,) = [call for call in live.calls if isinstance(call, calls.CreatePayment)]
    assert (made.attempt.idempotence_key, made.attempt.request) == ("key-1", {"order_id": ORDER_ID})
    assert made.attempt.tries == 2
    assert len(live.order().attempts) == 1


def test_a_second_tap_does_not_wait_for_ever() -> None:
    live = being_paid(**SOMEBODY_CALLS)

    def somebody_else_again() -> None:
        until = live.outside.now + timedelta(seconds=18)
        live.put(an_order(attempts=(a_starting_attempt(caller="another", calling_until=until),)))

    assert refused(live, somebody_else_again) == "YOOKASSA_API_ERROR"
    assert waited(live) == 20
    assert live.count(calls.CreatePayment) == 0


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.PAID, "ORDER_ALREADY_PAID"),
        (Status.MAKE_PENDING, "ORDER_ALREADY_PAID"),
        (Status.SUCCESSFUL, "ORDER_ALREADY_PAID"),
        (Status.FAILED, "ORDER_NOT_PAYABLE"),
        (Status.MAKE_FAILED, "ORDER_NOT_PAYABLE"),
    ],
)
def test_an_order_that_is_decided_while_waiting_is_refused(status: Status, code: str) -> None:
    live = being_paid(**SOMEBODY_CALLS)
    assert refused(live, lambda: live.put(an_order(status))) == code
    assert live.count(calls.CreatePayment) == 0


def test_a_payment_that_is_cancelled_while_waiting_makes_room_for_a_new_one() -> None:
    live = being_paid(**SOMEBODY_CALLS)
    pay(live, lambda: live.put(an_order(Status.NOT_PAID)))
    assert live.order().status is Status.PENDING
    assert [attempt.number for attempt in live.order().attempts] == [1, 2]


def test_an_order_that_expires_while_waiting_is_refused() -> None:
    attempt = a_starting_attempt(**SOMEBODY_CALLS)
    live = LiveWorld().put(an_order(attempts=(attempt,), expires_at=later(5)))
    assert refused(live) == "ORDER_EXPIRED"


def test_an_order_that_vanishes_while_waiting_is_not_found() -> None:
    live = being_paid(**SOMEBODY_CALLS)
    assert refused(live, lambda: live.change_outside(orders={})) == "ORDER_NOT_FOUND"


def test_of_two_simultaneous_taps_the_slower_one_joins_the_faster() -> None:
    live = LiveWorld().put(an_order())
    live.failures.append(Failure(calls.ReplaceOrder, ChangedMeanwhile(ORDER_ID)))
    pay(live, lambda: live.put(an_order(Status.PENDING)))
    assert live.count(calls.CreatePayment) == 0


def test_our_own_write_whose_answer_was_lost_is_recognised() -> None:
    live = LiveWorld().put(an_order())
    live.failures.append(Failure(calls.ReplaceOrder, ChangedMeanwhile(ORDER_ID), arrives=True))
    pay(live)
    assert live.order().status is Status.PENDING
    assert (live.count(calls.CreatePayment), len(live.order().attempts)) == (1, 1)
    assert waited(live) == 1


def test_a_payment_that_is_live_is_given_again_without_a_call() -> None:
    live = LiveWorld().put(an_order(Status.PENDING))
    assert pay(live) == "https://checkout.example/1"
    assert (live.count(calls.CreatePayment), live.count(calls.ReplaceOrder)) == (0, 0)


def test_the_attempt_is_stored_before_the_provider_is_called() -> None:
    live = LiveWorld().put(an_order())
    pay(live)
    kinds = [type(call) for call in live.calls]
    assert kinds.index(calls.ReplaceOrder) < kinds.index(calls.CreatePayment)


def test_an_unknown_outcome_is_continued_with_the_same_request() -> None:
    live = LiveWorld().put(an_order())
    live.failures.append(Failure(calls.CreatePayment, ProviderUnavailable("no answer"), arrives=True))
    assert refused(live) == "YOOKASSA_API_ERROR"
    assert live.order().attempts[0].status is AttemptStatus.STARTING
    assert pay(live) == "https://checkout.example/yookassa-1"
    assert len(live.outside.payments) == 1
    assert len(live.order().attempts) == 1


def test_a_refusal_opens_a_new_attempt_at_the_next_tap() -> None:
    live = LiveWorld().put(an_order())
    live.failures.append(Failure(calls.CreatePayment, ProviderRefused("HTTP 422")))
    assert refused(live) == "YOOKASSA_API_ERROR"
    pay(live)
    first, second = live.order().attempts
    assert (first.status, second.status) == (AttemptStatus.REFUSED, AttemptStatus.PENDING)
    assert first.idempotence_key != second.idempotence_key


def test_a_refusal_of_access_after_a_lost_answer_leaves_the_attempt_open() -> None:
    live = being_paid(tries=1)
    live.failures.append(Failure(calls.CreatePayment, ProviderForbidden("HTTP 403")))
    assert refused(live) == "YOOKASSA_FORBIDDEN"
    assert live.order().attempts[0].status is AttemptStatus.STARTING


def told_to_come_again(retry_after: float | None) -> LiveWorld:
    live = LiveWorld().put(an_order())
    live.failures.append(Failure(calls.CreatePayment, ProviderUnavailable("HTTP 429", retry_after=retry_after)))
    return live


def test_a_moment_that_is_short_is_waited_for() -> None:
    live = told_to_come_again(retry_after=0.0)
    pay(live)
    assert live.order().status is Status.PENDING
    assert live.count(calls.CreatePayment) == 2


@pytest.mark.parametrize("retry_after", [LONGEST_RETRY_AFTER + 0.1, None])
def test_a_moment_that_is_long_or_unknown_is_not_waited_for(retry_after: float | None) -> None:
    live = told_to_come_again(retry_after)
    assert refused(live) == "YOOKASSA_API_ERROR"
    assert live.count(calls.CreatePayment) == 1


def test_credentials_that_have_gone_leave_the_attempt_for_when_they_are_back() -> None:
    live = LiveWorld(without=frozenset({MERCHANT})).put(an_order(attempts=(a_starting_attempt(),)))
    assert refused(live) == "YOOKASSA_API_ERROR"
    assert live.order().attempts[0].status is AttemptStatus.STARTING


def test_starting_a_payment_gives_time_to_pay() -> None:
    live = LiveWorld(settings=settings(PAYMENT_WINDOW_MINUTES="10")).put(an_order(expires_at=later(minutes=2)))
    pay(live)
    assert live.order().expires_at == later(minutes=10)
