"""POST /pay: the payment is started once, resumed, refused in the right words (SPEC §6, §8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.functions.serving import refusing_port
from tests.functions.stand import Stand, answered, at_once
from tests.functions.texts import refusal, told
from tests.unit.answering import answering, says

EMAIL = "customer.of.ours@example.com"


def test_the_button_starts_a_payment_of_the_orders_price(stand: Stand) -> None:
    order_id = stand.order()
    answer = answered(stand.tap(order_id))
    (payment,) = stand.payments()
    assert answer == {
        "order_id": order_id,
        "status": "pending",
        "confirmation_url": payment["confirmation"]["confirmation_url"],
    }
    (call,) = stand.yookassa.calls("create_payment")
    key = call["headers"]["Idempotence-Key"]
    assert 0 < len(key) <= 64
    assert call["body"] == {
        "amount": {"value": "150.00", "currency": "RUB"},
        "confirmation": {
            "type": "redirect",
            "return_url": f"https://pay.coffee.example/?order_id={order_id}",
        },
        "capture": True,
        "description": "Молочная пена, средний",
        "metadata": {
            "order_id": order_id,
            "device_uuid": "test",
            "attempt": key,
            "billing_mode": "ONE_TIME",
        },
    }
    assert stand.document(order_id)["attempts"][0]["billing_mode"] == "ONE_TIME"


def test_a_second_tap_gets_the_same_address_and_no_second_payment(stand: Stand) -> None:
    order_id = stand.order()
    first, second = answered(stand.tap(order_id)), answered(stand.tap(order_id))
    assert first == second
    assert len(stand.yookassa.calls("create_payment")) == 1


def test_two_simultaneous_taps_start_one_payment(stand: Stand) -> None:
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "slow", seconds=0.3, times=1)
    first, second = (answered(answer) for answer in at_once(2, lambda _: stand.tap(order_id)))
    assert first == second
    assert len(stand.yookassa.calls("create_payment")) == 1


def test_after_a_canceled_payment_the_button_starts_a_new_one(stand: Stand) -> None:
    order_id = stand.order()
    first = stand.start(order_id)
    stand.yookassa.post(f"payments/{first}/cancel")
    stand.notify(first)
    assert stand.status(order_id) == "not_paid"
    second = stand.start(order_id)
    assert second != first and stand.status(order_id) == "pending"
    keys = {call["headers"]["Idempotence-Key"] for call in stand.yookassa.calls("create_payment")}
    assert len(keys) == 2


def test_paying_leaves_the_customer_at_least_ten_minutes(stand: Stand) -> None:
    order_id = stand.order()
    stand.time_passes(order_id, 14 * 60)
    stand.start(order_id)
    left = stand.document(order_id)["expires_at"] - datetime.now(UTC)
    assert timedelta(minutes=9, seconds=55) < left <= timedelta(minutes=10)


def test_paying_early_does_not_shorten_the_orders_time(stand: Stand) -> None:
    order_id = stand.order()
    before = stand.document(order_id)["expires_at"]
    stand.start(order_id)
    assert stand.document(order_id)["expires_at"] == before


# create_payment's fault at YooKassa → what the customer is told, and whether the outcome is known.
FAULTS: list[tuple[str, str, bool]] = [
    ("http_403", "YOOKASSA_FORBIDDEN", True),
    ("html_403", "YOOKASSA_FORBIDDEN", True),
    ("http_401", "YOOKASSA_UNAUTHORIZED", True),
    ("http_400", "INVALID_PAYMENT_REQUEST", True),
    ("http_404", "YOOKASSA_API_ERROR", True),
    ("http_405", "YOOKASSA_API_ERROR", True),
    ("http_415", "YOOKASSA_API_ERROR", True),
    ("http_500", "YOOKASSA_API_ERROR", False),
    ("html_502", "YOOKASSA_API_ERROR", False),
    ("http_503", "YOOKASSA_API_ERROR", False),
    ("http_429", "YOOKASSA_API_ERROR", False),
    ("processing_202", "YOOKASSA_API_ERROR", False),
    ("not_json", "YOOKASSA_API_ERROR", False),
    ("empty", "YOOKASSA_API_ERROR", False),
    ("drop", "YOOKASSA_API_ERROR", False),
    ("hang", "YOOKASSA_API_ERROR", False),
    ("drip", "YOOKASSA_API_ERROR", False),
]


@pytest.mark.parametrize(("fault", "code", "final"), FAULTS, ids=[fault for fault, _, _ in FAULTS])
def test_each_failure_of_yookassa_is_told_by_its_kind_and_the_next_tap_pays(
    stand: Stand, impatient: None, fault: str, code: str, final: bool
) -> None:
    order_id = stand.order()
    seconds = 0.05 if fault == "processing_202" else 4
    stand.yookassa.fail("create_payment", fault, seconds=seconds)
    answer = stand.tap(order_id)
    assert told(answer) == refusal(code)
    assert answered(answer, answer.status_code)["device"]["location"] == "Бизнес-центр «Север», 1 этаж"
    assert (stand.status(order_id), stand.payments()) == ("created", [])
    stand.yookassa.heal()
    assert answered(stand.tap(order_id))["status"] == "pending"
    # Unknown: the same attempt goes on. Refused: nothing exists there, and a new attempt may differ.
    assert len(stand.document(order_id)["attempts"]) == (2 if final else 1)
    assert len(stand.payments()) == 1


def test_a_refused_connection_is_a_failure_of_the_payment_system(stand: Stand) -> None:
    order_id = stand.order()
    with refusing_port() as host:
        stand.configure(YOOKASSA_API_URL=f"http://{host}/v3")
        assert told(stand.tap(order_id)) == refusal("YOOKASSA_API_ERROR")


@pytest.mark.parametrize("answer", ["http_500", "hang", "drop", "not_json", "html_502"])
def test_when_only_the_answer_is_lost_the_second_tap_continues_the_same_payment(
    stand: Stand, impatient: None, answer: str
) -> None:
    order_id = stand.order()
    stand.yookassa.fail("create_payment", answer, seconds=2.5, after_effect=True, times=2)
    assert told(stand.tap(order_id)) == refusal("YOOKASSA_API_ERROR")
    stand.yookassa.heal()
    confirmation_url = answered(stand.tap(order_id))["confirmation_url"]
    (payment,) = stand.payments()
    assert payment["confirmation"]["confirmation_url"] == confirmation_url
    calls = stand.yookassa.calls("create_payment")
    assert len(calls) >= 2
    assert len({call["headers"]["Idempotence-Key"] for call in calls}) == 1
    assert len({json.dumps(call["body"], sort_keys=True) for call in calls}) == 1


def test_a_payment_that_was_paid_before_we_knew_of_it_is_not_offered_once_more(stand: Stand) -> None:
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "http_500", after_effect=True, times=1)
    stand.tap(order_id)
    (payment,) = stand.payments()
    stand.yookassa.post(f"payments/{payment['id']}/pay")
    assert told(stand.tap(order_id)) == refusal("ORDER_ALREADY_PAID")
    assert (stand.status(order_id), len(stand.commands(order_id))) == ("make_pending", 1)


def test_a_payment_without_an_address_is_no_use_to_the_customer(stand: Stand) -> None:
    order_id = stand.order()
    answer = {"id": "payment-1", "status": "pending", "paid": False, "amount": {"value": "150.00", "currency": "RUB"}}
    with answering(says(200, answer)) as provider:
        stand.configure(YOOKASSA_API_URL=provider.url)
        assert told(stand.tap(order_id)) == refusal("YOOKASSA_API_ERROR")
        assert told(stand.tap(order_id)) == refusal("YOOKASSA_API_ERROR")
    first, second = provider.received
    assert first.headers["Idempotence-Key"] == second.headers["Idempotence-Key"]


def test_a_repeated_request_is_unchanged_though_the_customer_wishes_something_else(stand: Stand) -> None:
    stand.device(payment_scenario="YookassaReceipt")
    stand.merchant(receipt={"vat_code": 1})
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "http_500")
    stand.tap(order_id, email=EMAIL)
    stand.yookassa.heal()
    answered(stand.tap(order_id, email="someone.else@example.com"))
    first, second = stand.yookassa.calls("create_payment")
    assert first["body"] == second["body"]


def test_what_yookassa_can_do_in_a_moment_is_asked_again_at_once(stand: Stand) -> None:
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "processing_202", seconds=0.05, times=1)
    assert answered(stand.tap(order_id))["status"] == "pending"
    assert len(stand.yookassa.calls("create_payment")) == 2


def test_a_short_retry_after_is_waited_for(stand: Stand) -> None:
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "http_429", seconds=1, times=1)
    assert answered(stand.tap(order_id))["status"] == "pending"
    first, second = (datetime.fromisoformat(call["at"]) for call in stand.yookassa.calls("create_payment"))
    assert second - first >= timedelta(seconds=1)


def test_a_long_retry_after_is_not_waited_for(stand: Stand) -> None:
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "http_429", seconds=60)
    assert told(stand.tap(order_id)) == refusal("YOOKASSA_API_ERROR")
    assert len(stand.yookassa.calls("create_payment")) == 1


def test_forbidden_is_warned_of_with_the_name_of_the_switch(stand: Stand) -> None:
    stand.yookassa.fail("create_payment", "http_403")
    stand.tap(stand.order())
    warned = [line["message"] for line in stand.logged(severity="WARNING")]
    assert any("BILLING_RECURRING_ENABLED" in message for message in warned)


def test_a_bug_of_ours_is_told_as_one(stand: Stand) -> None:
    order_id = stand.order()
    stand.edit(order_id, price="150")
    assert told(stand.tap(order_id)) == refusal("PAYMENT_CREATE_FAILED")
    assert stand.logged(event="unexpected_error", severity="ERROR")


def test_an_order_that_does_not_exist_cannot_be_paid(stand: Stand) -> None:
    assert told(stand.tap("20250317110122659ba6d7-9ace-none")) == refusal("ORDER_NOT_FOUND")


@pytest.mark.parametrize("pending", [False, True], ids=["created", "a payment under way"])
def test_an_expired_order_cannot_be_paid(stand: Stand, pending: bool) -> None:
    order_id = stand.order()
    if pending:
        stand.start(order_id)
    stand.time_passes(order_id, 16 * 60)
    before = stand.document(order_id)
    answer = stand.tap(order_id)
    assert told(answer) == refusal("ORDER_EXPIRED")
    assert answered(answer, 410)["device"]["logo_url"] == "https://cdn.coffee.example/logo.png"
    assert stand.document(order_id) == before


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("paid", "ORDER_ALREADY_PAID"),
        ("make_pending", "ORDER_ALREADY_PAID"),
        ("successful", "ORDER_ALREADY_PAID"),
        ("failed", "ORDER_NOT_PAYABLE"),
        ("make_failed", "ORDER_NOT_PAYABLE"),
    ],
)
def test_an_order_that_is_past_paying_says_which(stand: Stand, status: str, code: str) -> None:
    order_id = stand.order()
    stand.edit(order_id, status=status)
    assert told(stand.tap(order_id)) == refusal(code)
    stand.time_passes(order_id, 3600)
    assert told(stand.tap(order_id)) == refusal(code)
    assert stand.payments() == []
