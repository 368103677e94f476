"""Starting a payment at T-Bank: Init, its failures, its repetition (SPEC §10)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from sandbox.tbank.tokens import sign
from tests.functions.at_tbank import PASSWORD, TERMINAL, acknowledged, paid
from tests.functions.serving import refusing_port
from tests.functions.stand import Stand, answered, at_once
from tests.functions.texts import refusal, told

pytestmark = pytest.mark.usefixtures("money_goes_to_tbank")


def test_the_button_starts_a_payment_as_tbank_wants_it(stand: Stand, letterbox: Any) -> None:
    order_id = stand.order()
    answer = answered(stand.tap(order_id))
    (payment,), (call,) = stand.tbank.get("payments"), stand.tbank.calls("init")
    assert answer["confirmation_url"].startswith(stand.tbank.url)
    assert stand.payment_id(order_id) == payment["PaymentId"]
    body = dict(call["body"])
    due = datetime.fromisoformat(body.pop("RedirectDueDate"))
    assert due == stand.document(order_id)["expires_at"].replace(microsecond=0)
    assert body.pop("Token") == sign(call["body"], PASSWORD)
    page = f"https://pay.coffee.example/?order_id={order_id}"
    assert body == {
        "TerminalKey": TERMINAL,
        "Amount": 15000,
        "OrderId": f"{order_id}-1",
        "Description": "Молочная пена, средний",
        "NotificationURL": f"{letterbox.url}/tbank",
        "SuccessURL": page,
        "FailURL": page,
    }


@pytest.mark.parametrize("length", [8, 34, 35, 64])
def test_each_attempt_has_its_own_order_id_of_at_most_36_characters(stand: Stand, length: int) -> None:
    order_id = stand.order(uuid="a" * length)
    for number in (1, 2):
        payment_id = stand.start(order_id)
        stand.tbank.post(f"payments/{payment_id}/reject")
        stand.tell_tbank(payment_id)
        assert stand.status(order_id) == "not_paid", number
    first, second = (call["body"]["OrderId"] for call in stand.tbank.calls("init"))
    assert first != second and max(len(first), len(second)) <= 36
    assert first.startswith("aaaaaaaa") and first.endswith("-1")


@pytest.mark.parametrize(
    "fault",
    [
        "http_500",
        "http_403",
        "html_502",
        "http_429",
        "not_json",
        "empty",
        "drop",
        "hang",
        "drip",
        "try_later",
    ],
)
def test_each_failure_of_tbank_is_one_message_and_the_next_tap_pays(stand: Stand, impatient: None, fault: str) -> None:
    order_id = stand.order()
    stand.tbank.fail("init", fault, seconds=2.5)
    assert told(stand.tap(order_id)) == refusal("TBANK_API_ERROR")
    stand.tbank.heal()
    assert answered(stand.tap(order_id))["status"] == "pending"
    assert len(stand.document(order_id)["attempts"]) == 1


def test_a_refused_connection_and_wrong_credentials_are_told_alike(stand: Stand) -> None:
    order_id = stand.order()
    with refusing_port() as host:
        stand.configure(TBANK_API_URL=f"http://{host}/v2/")
        assert told(stand.tap(order_id)) == refusal("TBANK_API_ERROR")
    stand.configure(TBANK_API_URL=f"{stand.tbank.url}/v2/", TBANK_PASSWORD="second_terminal_pw")
    assert told(stand.tap(order_id)) == refusal("TBANK_API_ERROR")


def test_a_bug_of_ours_is_told_as_one(stand: Stand) -> None:
    order_id = stand.order()
    stand.edit(order_id, price="150")
    assert told(stand.tap(order_id)) == refusal("PAYMENT_CREATE_FAILED")


def test_init_is_repeated_unchanged_after_an_unknown_outcome(stand: Stand) -> None:
    order_id = stand.order()
    stand.tbank.fail("init", "drop", after_effect=True, times=1)
    assert told(stand.tap(order_id)) == refusal("TBANK_API_ERROR")
    stand.restart()
    assert answered(stand.tap(order_id))["status"] == "pending"
    first, second = (json.dumps(call["body"], sort_keys=True) for call in stand.tbank.calls("init"))
    assert first == second


def test_money_that_moved_on_a_payment_whose_answer_was_lost_is_found_instead_of_asked_again(
    stand: Stand,
) -> None:
    order_id = stand.order()
    stand.tbank.fail("init", "drop", after_effect=True, times=1)
    stand.tap(order_id)
    (payment,) = stand.tbank.get("payments")
    stand.tbank.post(f"payments/{payment['PaymentId']}/pay")
    stand.tap(order_id)
    assert (stand.status(order_id), len(stand.commands(order_id))) == ("make_pending", 1)
    assert len(stand.tbank.get("payments")) == 1


def test_two_simultaneous_taps_start_one_payment(stand: Stand) -> None:
    order_id = stand.order()
    stand.tbank.fail("init", "slow", seconds=0.3, times=1)
    first, second = (answered(answer) for answer in at_once(2, lambda _: stand.tap(order_id)))
    assert first == second and len(stand.tbank.get("payments")) == 1


def test_each_merchant_has_its_own_terminal(stand: Stand) -> None:
    own = {"terminal_key": "1800000000000", "password": "second_terminal_pw"}
    stand.configure(MERCHANT_CREDENTIALS=json.dumps({"merchant-1": {"tbank": own}}))
    order_id, payment_id = paid(stand)
    assert [call["body"]["TerminalKey"] for call in stand.tbank.calls("init")] == ["1800000000000"]
    assert acknowledged(stand.tell_tbank(payment_id))
    assert stand.status(order_id) == "make_pending"


@pytest.mark.parametrize("missing", [{"TBANK_TERMINAL_KEY": "", "TBANK_PASSWORD": ""}, {"WEBHOOK_URL": ""}])
def test_a_device_is_not_sold_at_without_what_tbank_needs(stand: Stand, missing: dict[str, str]) -> None:
    stand.configure(**missing)
    assert told(stand.post("create_order", "/", stand.scan())) == refusal("PAYMENT_NOT_CONFIGURED")


def test_a_merchant_of_another_provider_does_not_fall_back_on_the_default_terminal(stand: Stand) -> None:
    shop = {"shop_id": "200600", "secret_key": "live_second_shop_key"}
    stand.configure(MERCHANT_CREDENTIALS=json.dumps({"merchant-1": {"yookassa": shop}}))
    assert told(stand.post("create_order", "/", stand.scan())) == refusal("PAYMENT_NOT_CONFIGURED")
