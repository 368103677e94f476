"""A notification whose payment id is on no record: a request of ours that was carried out twice, or a stranger's."""

from __future__ import annotations

import pytest

from shared.domain.order import AttemptStatus, Status
from shared.domain.payment import PaymentState
from shared.errors import PaymentUnknown, ProviderBadRequest, ProviderError
from shared.ports import Notice
from shared.services.settle import TryAgainLater, receive
from tests.worlds import calls
from tests.worlds.builders import ORDER_ID, a_payment, an_order
from tests.worlds.live import Failure, LiveWorld

UNHEARD_OF = Notice(provider="yookassa", payment_id="payment-9", order_id=ORDER_ID, attempt_key="key-1")
STRANGER = Notice(provider="yookassa", payment_id="payment-9", order_id=ORDER_ID, attempt_key="key-of-a-stranger")


def notified(state: PaymentState) -> LiveWorld:
    unheard_of = a_payment(state, payment_id="payment-9", attempt_key="key-1")
    return LiveWorld().put(an_order(Status.PENDING), a_payment(PaymentState.PENDING), unheard_of)


def test_a_paid_one_of_ours_buys_the_drink() -> None:
    live = notified(PaymentState.SUCCEEDED)
    receive(live.world, UNHEARD_OF)
    assert (live.order().status, len(live.outside.commands)) == (Status.MAKE_PENDING, 1)
    assert [attempt.status for attempt in live.order().attempts] == [AttemptStatus.PENDING, AttemptStatus.SUCCEEDED]


def test_one_that_is_about_to_be_decided_must_be_told_of_again() -> None:
    live = notified(PaymentState.AUTHORIZED)
    with pytest.raises(TryAgainLater):
        receive(live.world, UNHEARD_OF)


def test_one_that_is_not_paid_is_let_go() -> None:
    live = notified(PaymentState.CANCELED)
    receive(live.world, UNHEARD_OF)
    assert len(live.order().attempts) == 1


@pytest.mark.parametrize(
    ("notice", "error"),
    [(UNHEARD_OF, PaymentUnknown("404")), (STRANGER, PaymentUnknown("404")), (STRANGER, ProviderBadRequest("8"))],
)
def test_one_that_the_provider_does_not_know_is_let_go(notice: Notice, error: ProviderError) -> None:
    live = notified(PaymentState.SUCCEEDED)
    live.failures.append(Failure(calls.FetchPayment, error))
    receive(live.world, notice)
    assert live.order().status is Status.PENDING


def test_an_error_about_one_of_ours_leaves_it_open() -> None:
    live = notified(PaymentState.SUCCEEDED)
    live.failures.append(Failure(calls.FetchPayment, ProviderBadRequest("501")))
    with pytest.raises(TryAgainLater):
        receive(live.world, UNHEARD_OF)
