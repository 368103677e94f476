"""Asking a provider because nobody has told us: once in three seconds, and until a lost charge is resolved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.order import AttemptStatus, Order, Reason, Status
from shared.domain.payment import PaymentState, SavedCard
from shared.errors import (
    ChangedMeanwhile,
    PaymentUnknown,
    ProviderBadRequest,
    ProviderUnauthorized,
    ProviderUnavailable,
    Refusal,
)
from shared.services.look import check, look
from tests.worlds import calls
from tests.worlds.builders import MERCHANT, NOON, ORDER_ID, a_payment, a_starting_attempt, an_order, later
from tests.worlds.live import Failure, LiveWorld


def looked(live: LiveWorld) -> Order:
    stored = live.world.orders.get(ORDER_ID)
    assert stored is not None
    return look(live.world, stored).order


def asked(live: LiveWorld) -> int:
    """How often the provider was asked or told anything."""
    return live.count(calls.FetchPayment) + live.count(calls.CreatePayment)


def charged(**attempt: Any) -> LiveWorld:
    """A saved card was charged, and the answer was lost; at the provider the payment is there or not."""
    lost = a_starting_attempt(saved_card=True, customer_id="customer-1", **attempt)
    return LiveWorld().put(an_order(attempts=(lost,)))


def test_a_payment_that_nobody_told_us_of_is_found_and_brewed() -> None:
    live = LiveWorld().put(an_order(Status.PENDING), a_payment())
    assert looked(live).status is Status.MAKE_PENDING
    assert len(live.outside.commands) == 1


def test_a_look_is_noted_before_it_is_made() -> None:
    live = LiveWorld().put(an_order(Status.PENDING))
    live.failures.append(Failure(calls.FetchPayment, ProviderUnavailable("no answer")))
    with pytest.raises(ProviderUnavailable):
        looked(live)
    assert live.order().looked_at == NOON


def test_however_many_look_the_provider_is_asked_once_in_three_seconds() -> None:
    live = LiveWorld().put(an_order(Status.PENDING), a_payment(PaymentState.PENDING))
    for _ in range(10):
        looked(live)
        live.pass_time(timedelta(milliseconds=1))
    assert asked(live) == 1
    live.pass_time(timedelta(seconds=3))
    looked(live)
    assert asked(live) == 2


def test_of_two_that_look_at_the_same_moment_one_asks() -> None:
    live = LiveWorld().put(an_order(Status.PENDING), a_payment(PaymentState.PENDING))
    first = live.world.orders.get(ORDER_ID)
    assert first is not None
    looked(live)
    live.pass_time(timedelta(milliseconds=5))
    look(live.world, first)
    assert asked(live) == 1


@pytest.mark.parametrize("status", [Status.CREATED, Status.NOT_PAID, Status.PAID, Status.SUCCESSFUL])
def test_an_order_that_waits_for_no_payment_is_left_alone(status: Status) -> None:
    live = LiveWorld().put(an_order(status))
    assert looked(live) == an_order(status)
    assert (asked(live), live.count(calls.ReplaceOrder)) == (0, 0)


def test_an_ordinary_attempt_with_a_lost_answer_waits_for_the_customer() -> None:
    live = LiveWorld().put(an_order(attempts=(a_starting_attempt(),)))
    looked(live)
    assert asked(live) == 0


def test_a_charge_with_a_lost_answer_is_asked_for_with_the_same_key() -> None:
    live = charged()
    assert looked(live).status is Status.MAKE_PENDING
    (made,) = [call for call in live.calls if isinstance(call, calls.CreatePayment)]
    assert (made.attempt.idempotence_key, made.attempt.tries) == ("key-1", 2)


def test_a_charge_that_had_gone_through_is_not_made_twice() -> None:
    live = charged().put(a_payment())
    assert looked(live).attempts[0].payment_id == "payment-1"
    assert len(live.outside.payments) == 1
    assert len(live.outside.commands) == 1


def test_a_charge_that_somebody_is_calling_about_is_left_to_them() -> None:
    live = charged(caller="another", calling_until=later(18))
    looked(live)
    assert asked(live) == 0
    live.pass_time(timedelta(seconds=18))
    looked(live)
    assert asked(live) == 1


def test_a_charge_stays_unresolved_while_the_provider_is_down() -> None:
    live = charged()
    live.failures.append(Failure(calls.CreatePayment, ProviderUnavailable("HTTP 500")))
    with pytest.raises(ProviderUnavailable):
        looked(live)
    attempt = live.order().attempts[0]
    assert (attempt.status, attempt.last_error, attempt.caller) == (AttemptStatus.STARTING, "HTTP 500", None)
    assert not live.order().needs_attention


def test_a_charge_that_was_refused_is_over() -> None:
    live = charged()
    live.failures.append(Failure(calls.CreatePayment, ProviderBadRequest("HTTP 400")))
    with pytest.raises(ProviderBadRequest):
        looked(live)
    assert live.order().attempts[0].status is AttemptStatus.REFUSED


@pytest.mark.parametrize(("hours", "given_up"), [(22.9, False), (23.1, True)])
def test_a_charge_is_given_up_when_its_key_is_no_longer_good(hours: float, given_up: bool) -> None:
    live = charged()
    live.pass_time(timedelta(hours=hours))
    order = looked(live)
    assert order.needs_attention is given_up
    assert live.count(calls.CreatePayment) == (0 if given_up else 1)


def test_a_charge_that_is_given_up_is_the_operators() -> None:
    live = charged()
    live.pass_time(timedelta(hours=24))
    order = looked(live)
    assert (order.attempts[0].status, order.attention_reason) == (AttemptStatus.CANCELED, Reason.PAYMENT_UNRESOLVED)
    assert live.count(calls.TellOperator) == 1
    live.pass_time(timedelta(hours=1))
    assert looked(live) == order


def test_a_check_tells_what_has_become_of_the_order() -> None:
    live = LiveWorld().put(an_order(Status.PENDING), a_payment())
    assert check(live.world, ORDER_ID).status is Status.MAKE_PENDING


@pytest.mark.parametrize(
    "error", [ProviderUnavailable("no answer"), PaymentUnknown("HTTP 404"), ProviderUnauthorized("HTTP 401")]
)
def test_a_check_that_the_provider_does_not_answer_changes_nothing(error: Exception) -> None:
    live = LiveWorld().put(an_order(Status.PENDING), a_payment())
    live.failures.append(Failure(calls.FetchPayment, error))
    assert check(live.world, ORDER_ID).status is Status.PENDING
    assert replace(live.order(), looked_at=None) == an_order(Status.PENDING)


def test_a_check_without_credentials_changes_nothing() -> None:
    live = LiveWorld(without=frozenset({MERCHANT})).put(an_order(Status.PENDING))
    assert check(live.world, ORDER_ID).status is Status.PENDING


def test_a_check_while_the_command_is_under_way_sends_no_other() -> None:
    live = LiveWorld().put(an_order(Status.PAID))
    assert check(live.world, ORDER_ID).status is Status.PAID
    assert live.outside.commands == ()


def test_a_check_takes_over_a_lapsed_command() -> None:
    live = LiveWorld().put(an_order(Status.PAID))
    live.pass_time(timedelta(seconds=60))
    assert check(live.world, ORDER_ID).status is Status.MAKE_PENDING
    assert len(live.outside.commands) == 1


def test_a_check_of_an_order_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refusal, match="ORDER_NOT_FOUND"):
        check(LiveWorld().world, ORDER_ID)


def test_a_saved_card_is_kept_once_the_charge_is_resolved_and_not_before() -> None:
    card = SavedCard(payment_method_id="method-1", brand="Mir", last4="4444")
    wish = a_starting_attempt(payment_id="payment-1", status=AttemptStatus.PENDING, save_card=True, customer_id="c-1")
    live = LiveWorld().put(an_order(Status.PENDING, attempts=(wish,)), a_payment(PaymentState.PENDING, saved_card=card))
    looked(live)
    assert live.outside.cards == {}
    live.put(a_payment(saved_card=card))
    live.pass_time(timedelta(seconds=5))
    looked(live)
    assert live.outside.cards == {("c-1", MERCHANT): card}


def test_a_look_that_loses_its_write_to_somebody_elses_look_does_not_ask() -> None:
    live = LiveWorld().put(an_order(Status.PENDING), a_payment(PaymentState.PENDING))
    live.failures.append(Failure(calls.ReplaceOrder, ChangedMeanwhile(ORDER_ID)))
    somebody_elses = an_order(Status.PENDING, looked_at=later(-1))

    def pause(number: int) -> None:
        live.put(somebody_elses)

    world = replace(live.world, pause=pause)
    stored = world.orders.get(ORDER_ID)
    assert stored is not None
    look(world, stored)
    assert asked(live) == 0
