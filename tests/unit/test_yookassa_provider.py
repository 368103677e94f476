"""What a YooKassa answer means to us: states, exact money, refunds, holds (SPEC §8, §9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from shared.adapters.yookassa.provider import YooKassa
from shared.credentials import YooKassaShop
from shared.domain.merchant import ItemSettings, ReceiptSettings
from shared.domain.order import RefundKind, RefundStatus, Scenario
from shared.domain.payment import Payment, PaymentState, SavedCard
from shared.errors import ProviderBadRequest, ProviderForbidden, ProviderUnavailable
from shared.ports import Checkout
from tests.unit.answering import Answer, Server, says
from tests.unit.conftest import Serve
from tests.worlds.builders import DEVICE, ORDER_ID, a_merchant, a_refund, a_starting_attempt, an_order

PAYMENT: dict[str, Any] = {
    "id": "payment-1",
    "status": "succeeded",
    "paid": True,
    "amount": {"value": "150.00", "currency": "RUB"},
    "recipient": {"account_id": "100500", "gateway_id": "7"},
    "metadata": {"order_id": ORDER_ID, "attempt": "key-1"},
    "test": False,
}
CARD = {"id": "method-1", "saved": True, "card": {"card_type": "Mir", "last4": "4444"}}
ODD_PAYMENTS: dict[str, dict[str, Any]] = {
    "nothing": {"id": None},
    "an empty id": {"id": ""},
    "a number as id": {"id": 5},
    "a status of the future": {"status": "on_its_way"},
    "no status": {"status": None},
    "no amount": {"amount": None},
    "a number as amount": {"amount": {"value": 150.0, "currency": "RUB"}},
    "half a kopeck": {"amount": {"value": "150.001", "currency": "RUB"}},
    "a negative amount": {"amount": {"value": "-1.00", "currency": "RUB"}},
    "an amount beyond reason": {"amount": {"value": "1e999999999", "currency": "RUB"}},
    "a list as metadata": {"metadata": ["x"]},
    "a number as order": {"metadata": {"order_id": 5}},
    "a text as recipient": {"recipient": "100500"},
    "a text as refund": {"refunded_amount": "150.00"},
}

At = Callable[..., tuple[YooKassa, Server]]


@pytest.fixture
def at(serve: Serve, session: requests.Session) -> At:
    """A shop at a YooKassa that gives these answers, and that YooKassa."""

    def open_at(*answers: Answer, recurring: bool = False) -> tuple[YooKassa, Server]:
        server = serve(*answers)
        return YooKassa(server.url, YooKassaShop("100500", "live_secret"), session, recurring), server

    return open_at


def fetched(at: At, **changes: Any) -> Payment:
    shop, _ = at(says(200, {**PAYMENT, **changes}))
    return shop.fetch("payment-1")


def test_a_payment_is_read_with_everything_that_is_verified(at: At) -> None:
    assert fetched(at) == Payment(
        payment_id="payment-1",
        state=PaymentState.SUCCEEDED,
        amount=15000,
        currency="RUB",
        order_id=ORDER_ID,
        attempt_key="key-1",
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": "pending", "paid": False}, PaymentState.PENDING),
        ({"status": "waiting_for_capture"}, PaymentState.HELD),
        ({"status": "canceled", "paid": False}, PaymentState.CANCELED),
        ({"paid": False}, PaymentState.PENDING),
        ({"paid": None}, PaymentState.PENDING),
        ({"paid": "true"}, PaymentState.PENDING),
        ({"refunded_amount": {"value": "0.00", "currency": "RUB"}}, PaymentState.SUCCEEDED),
        ({"refunded_amount": {"value": "150.00", "currency": "RUB"}}, PaymentState.REFUNDED),
        ({"refunded_amount": {"value": "0.01", "currency": "RUB"}}, PaymentState.REFUNDED),
    ],
)
def test_a_payment_counts_only_when_it_is_paid_and_still_here(
    at: At, changes: dict[str, Any], state: PaymentState
) -> None:
    assert fetched(at, **changes).state is state


@pytest.mark.parametrize(
    ("recipient", "matches"),
    [({"account_id": "100500"}, True), ({"account_id": 100500}, True), (None, True), ({"account_id": "7"}, False)],
)
def test_the_shop_that_got_the_money_is_compared(at: At, recipient: object, matches: bool) -> None:
    assert fetched(at, recipient=recipient).shop_matches is matches


def test_an_amount_without_a_currency_is_not_taken_for_rubles(at: At) -> None:
    with pytest.raises(ProviderUnavailable):
        fetched(at, amount={"value": "150.00"})


def test_what_answers_our_own_request_is_its_attempts_without_an_echo(at: At) -> None:
    shop, _ = at(says(200, {name: value for name, value in PAYMENT.items() if name != "metadata"}))
    assert shop.create(a_starting_attempt()).attempt_key == a_starting_attempt().idempotence_key


@pytest.mark.parametrize("metadata", [None, {}, {"comment": "by hand"}])
def test_a_payment_without_our_metadata_is_not_an_unnamed_one(at: At, metadata: object) -> None:
    payment = fetched(at, metadata=metadata)
    assert (payment.order_id, payment.attempt_key) == ("", None)


def test_other_money_and_test_payments_are_told(at: At) -> None:
    payment = fetched(at, amount={"value": "0.07", "currency": "USD"}, test=True)
    assert (payment.amount, payment.currency, payment.test) == (7, "USD", True)


def test_address_and_reason_are_read_where_they_are(at: At) -> None:
    payment = fetched(
        at,
        confirmation={"type": "redirect", "confirmation_url": "https://yookassa.example/1"},
        cancellation_details={"party": "merchant", "reason": "card_expired"},
    )
    assert (payment.confirmation_url, payment.cancel_reason) == ("https://yookassa.example/1", "card_expired")


@pytest.mark.parametrize(
    ("method", "card"),
    [
        (CARD, SavedCard(payment_method_id="method-1", brand="Mir", last4="4444")),
        ({**CARD, "saved": False}, None),
        ({**CARD, "id": None}, None),
        ({**CARD, "card": None}, None),  # a wallet: nothing that the customer would recognise on a button
        (None, None),
    ],
)
def test_a_card_is_one_only_when_it_was_saved_and_can_be_named(at: At, method: object, card: SavedCard | None) -> None:
    assert fetched(at, payment_method=method).saved_card == card


@pytest.mark.parametrize("changes", ODD_PAYMENTS.values(), ids=ODD_PAYMENTS)
def test_a_success_that_is_no_payment_leaves_the_outcome_unknown(at: At, changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderUnavailable):
        fetched(at, **changes)


def test_the_stored_request_is_sent_as_it_is(at: At) -> None:
    shop, server = at(says(200, {**PAYMENT, "status": "pending"}))
    attempt = a_starting_attempt(request={"amount": {"value": "150.00"}, "x": "as stored"})
    assert shop.create(attempt).state is PaymentState.PENDING
    (request,) = server.received
    assert (request.path, request.json) == ("/payments", attempt.request)
    assert request.headers["Idempotence-Key"] == attempt.idempotence_key


def test_a_forbidden_payment_names_the_switch_in_the_log(at: At, caplog: pytest.LogCaptureFixture) -> None:
    shop, _ = at(says(403, "<html>"))
    with pytest.raises(ProviderForbidden):
        shop.create(a_starting_attempt(billing_mode="RECURRING"))
    (record,) = caplog.records
    assert (record.levelname, "BILLING_RECURRING_ENABLED" in record.getMessage()) == ("WARNING", True)


def test_a_prepared_request_names_order_device_and_attempt(at: At) -> None:
    shop, _ = at(says(200, {}))
    prepared = shop.prepare(a_checkout())
    assert (prepared.key, prepared.billing_mode, prepared.receipt) == ("key-7", "ONE_TIME", None)
    assert prepared.request["metadata"] == {
        "order_id": ORDER_ID,
        "device_uuid": DEVICE,
        "attempt": "key-7",
        "billing_mode": "ONE_TIME",
    }
    assert prepared.request["amount"]["value"] == "150.00"


@pytest.mark.parametrize(
    ("scenario", "email", "made"),
    [
        (Scenario.YOOKASSA_RECEIPT, "anna@example.ru", True),
        (Scenario.YOOKASSA_RECEIPT, None, False),
        (Scenario.YOOKASSA, "anna@example.ru", False),
    ],
)
def test_a_receipt_is_made_where_it_is_wanted_and_has_an_address(
    at: At, scenario: Scenario, email: str | None, made: bool
) -> None:
    shop, _ = at(says(200, {}))
    merchant = a_merchant(receipt=ReceiptSettings(item=ItemSettings(vat_code=1)))
    prepared = shop.prepare(a_checkout(scenario=scenario, email=email, merchant=merchant))
    assert (prepared.receipt is not None) is made
    assert prepared.request.get("receipt") == prepared.receipt


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("pending", RefundStatus.PENDING),
        ("succeeded", RefundStatus.SUCCEEDED),
        ("canceled", RefundStatus.FAILED),
    ],
)
def test_a_refund_is_asked_for_with_its_own_key(at: At, status: str, becomes: RefundStatus) -> None:
    shop, server = at(says(200, {"id": "refund-1", "status": status}))
    refund = a_refund(receipt={"items": []})
    answer = shop.give_back(refund)
    assert (answer.status, answer.refund_id) == (becomes, "refund-1")
    (request,) = server.received
    assert (request.path, request.headers["Idempotence-Key"]) == ("/refunds", refund.idempotence_key)
    assert request.json == {
        "payment_id": "payment-1",
        "amount": {"value": "150.00", "currency": "RUB"},
        "receipt": {"items": []},
    }


def test_a_refund_that_has_an_id_is_only_looked_at(at: At) -> None:
    shop, server = at(says(200, {"id": "refund-1", "status": "succeeded"}))
    assert shop.give_back(a_refund(refund_id="refund-1")).status is RefundStatus.SUCCEEDED
    assert [(request.method, request.path) for request in server.received] == [("GET", "/refunds/refund-1")]


@pytest.mark.parametrize("answer", [{}, {"id": "refund-1"}, {"status": "succeeded"}, {"id": 5, "status": "succeeded"}])
def test_a_success_that_is_no_refund_leaves_the_outcome_unknown(at: At, answer: object) -> None:
    shop, _ = at(says(200, answer))
    with pytest.raises(ProviderUnavailable):
        shop.give_back(a_refund())


def test_a_hold_is_cancelled(at: At) -> None:
    shop, server = at(says(200, {**PAYMENT, "status": "canceled", "paid": False}))
    assert shop.give_back(a_refund(kind=RefundKind.RELEASE)).status is RefundStatus.SUCCEEDED
    assert server.received[0].path == "/payments/payment-1/cancel"


def test_a_hold_that_is_cancelled_already_is_no_failure(at: At) -> None:
    shop, _ = at(says(400, {}), says(200, {**PAYMENT, "status": "canceled", "paid": False}))
    assert shop.give_back(a_refund(kind=RefundKind.RELEASE)).status is RefundStatus.SUCCEEDED


def test_a_hold_that_cannot_be_cancelled_is_refused(at: At) -> None:
    shop, _ = at(says(400, {}), says(200, PAYMENT))
    with pytest.raises(ProviderBadRequest):
        shop.give_back(a_refund(kind=RefundKind.RELEASE))


def a_checkout(scenario: Scenario = Scenario.YOOKASSA, **changes: Any) -> Checkout:
    usual = {"number": 1, "key": "key-7", "description": "Молочная пена", "return_url": "https://pay.example/"}
    return Checkout(order=an_order(payment_scenario=scenario), **{**usual, **changes})
