"""The stand-in T-Bank answers API v2 as its public documentation describes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox.tbank.app import create_app
from sandbox.tbank.terminals import Terminal, parse_terminal
from sandbox.tbank.tokens import is_signed, sign
from tests.sandbox.providers import PASSWORD, TERMINAL, TerminalClient

NOW = datetime(2026, 3, 17, 8, 0, tzinfo=UTC)


def merchant_at(clock: Callable[[], float]) -> TerminalClient:
    terminals = [Terminal(TERMINAL, PASSWORD), Terminal("2", "other")]
    urls = {"SuccessURL": "http://127.0.0.1/ok", "FailURL": "http://127.0.0.1/fail"}
    return TerminalClient(create_app(terminals=terminals, clock=clock).test_client(), urls=urls)


@pytest.fixture
def merchant() -> TerminalClient:
    return merchant_at(NOW.timestamp)


def due_in(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).astimezone(timezone(timedelta(hours=3))).isoformat()


def test_the_published_token_of_a_request_is_reproduced() -> None:
    params = {
        "TerminalKey": "MerchantTerminalKey",
        "Amount": 19200,
        "OrderId": "00000",
        "Description": "Подарочная карта на 1000 рублей",
        "DATA": {"Phone": "+71234567890"},
        "Receipt": {"Items": [{"Amount": 19200}]},
        "Token": "ignored",
    }
    expected = "72dd466f8ace0a37a1f740ce5fb78101712bc0665d91a8108c7c8a0ccd426db2"
    assert sign(params, "11111111111111") == expected


def test_the_published_token_of_a_notification_is_reproduced() -> None:
    params = {
        "TerminalKey": "1234567890DEMO",
        "OrderId": "000000",
        "Success": True,
        "Status": "AUTHORIZED",
        "PaymentId": "0000000",
        "ErrorCode": "0",
        "Amount": 1111,
        "CardId": "000000",
        "Pan": "200000******0000",
        "ExpDate": "1111",
        "RebillId": "000000",
    }
    params["Token"] = "1c0964277d0213349243065a0d5b838b8e90d2d25f740d0f2767836e710e80c8"
    assert is_signed(params, "11111111111")
    assert not is_signed(params | {"Success": False}, "11111111111")
    assert not is_signed({**params, "Token": ""}, "11111111111")


def test_init_makes_a_payment_with_a_form(merchant: TerminalClient) -> None:
    payment = merchant.init()
    assert (payment["Success"], payment["ErrorCode"]) == (True, "0")
    assert (payment["Status"], payment["Amount"], payment["OrderId"]) == ("NEW", 15000, "order-1")
    assert isinstance(payment["PaymentId"], str)
    assert payment["PaymentURL"] == f"http://localhost/checkout/{payment['PaymentId']}"


@pytest.mark.parametrize("method", ["Init", "GetState", "CheckOrder", "Cancel"])
def test_every_call_must_be_signed(merchant: TerminalClient, method: str) -> None:
    payment = merchant.init()
    forged = TerminalClient(merchant.http, password="wrong")
    answer = forged.call(method, Amount=1, OrderId="order-1", PaymentId=payment["PaymentId"])
    assert (answer["Success"], answer["ErrorCode"]) == (False, "204")
    assert merchant.http.get("/_sandbox/payments").json == [
        {key: payment[key] for key in ("TerminalKey", "OrderId", "PaymentId", "Amount", "Status")}
    ]


def test_an_unknown_terminal_and_a_body_that_is_no_object_are_refused(merchant: TerminalClient) -> None:
    assert TerminalClient(merchant.http, key="404").init()["ErrorCode"] == "331"
    assert (merchant.http.post("/v2/Init", json=[]).json or {})["ErrorCode"] == "9999"


@pytest.mark.parametrize(
    "changes",
    [
        {"Amount": None},
        {"Amount": 0},
        {"Amount": 150.5},
        {"OrderId": None},
        {"OrderId": "o" * 37},
        {"Description": "п" * 141},
        {"SuccessURL": "javascript:alert(1)"},
        {"RedirectDueDate": "tomorrow"},
        {"RedirectDueDate": "2026-13-41T12:28:00+03:00"},
        {"RedirectDueDate": due_in(59)},
        {"RedirectDueDate": due_in(91 * 24 * 3600)},
    ],
)
def test_a_malformed_init_is_refused(merchant: TerminalClient, changes: dict[str, Any]) -> None:
    answer = merchant.init(**changes)
    assert (answer["Success"], answer["ErrorCode"]) == (False, "9999")
    assert merchant.http.get("/_sandbox/payments").json == []


def test_the_same_order_id_again_makes_one_more_payment(merchant: TerminalClient) -> None:
    first, second = merchant.init(), merchant.init()
    assert first["PaymentId"] != second["PaymentId"]
    found = merchant.call("CheckOrder", OrderId="order-1")["Payments"]
    assert [payment["PaymentId"] for payment in found] == [first["PaymentId"], second["PaymentId"]]


def test_check_order_tells_each_payments_state(merchant: TerminalClient) -> None:
    merchant.control(f"/payments/{merchant.init()['PaymentId']}/reject")
    merchant.paid()
    rejected, paid = merchant.call("CheckOrder", OrderId="order-1")["Payments"]
    assert (rejected["Status"], rejected["Success"], rejected["ErrorCode"]) == ("REJECTED", False, 1051)
    assert (paid["Status"], paid["Success"], paid["ErrorCode"]) == ("CONFIRMED", True, 0)


def test_unknown_payments_and_orders_are_refused(merchant: TerminalClient) -> None:
    payment = merchant.init()
    other = TerminalClient(merchant.http, key="2", password="other")
    assert merchant.call("GetState", PaymentId="1")["ErrorCode"] == "255"
    assert merchant.call("CheckOrder", OrderId="another")["ErrorCode"] == "255"
    assert other.call("GetState", PaymentId=payment["PaymentId"])["ErrorCode"] == "255"
    assert other.call("CheckOrder", OrderId="order-1")["ErrorCode"] == "255"
    assert other.call("Cancel", PaymentId=payment["PaymentId"])["ErrorCode"] == "255"


def test_a_form_grows_stale_at_its_due_date() -> None:
    now = [NOW.timestamp()]
    merchant = merchant_at(lambda: now[0])
    payment = merchant.init(RedirectDueDate=due_in(600))
    now[0] += 600
    assert merchant.status(payment) == "NEW"
    now[0] += 1
    assert merchant.status(payment) == "DEADLINE_EXPIRED"
    merchant.control(f"/payments/{payment['PaymentId']}/pay")
    assert merchant.status(payment) == "DEADLINE_EXPIRED"


@pytest.mark.parametrize(
    ("steps", "amount", "status", "left"),
    [
        ([], None, "CANCELED", 0),
        ([], 100, "CANCELED", 0),
        (["hold"], None, "REVERSED", 0),
        (["hold"], 5000, "PARTIAL_REVERSED", 10000),
        (["pay"], None, "REFUNDED", 0),
        (["pay"], 15000, "REFUNDED", 0),
        (["pay"], 5000, "PARTIAL_REFUNDED", 10000),
    ],
)
def test_cancel_depends_on_the_status(
    merchant: TerminalClient, steps: list[str], amount: int | None, status: str, left: int
) -> None:
    payment = merchant.init()
    for step in steps:
        merchant.control(f"/payments/{payment['PaymentId']}/{step}")
    named = {} if amount is None else {"Amount": amount}
    answer = merchant.call("Cancel", PaymentId=payment["PaymentId"], **named)
    assert (answer["Success"], answer["Status"]) == (True, status)
    assert (answer["OriginalAmount"], answer["NewAmount"]) == (15000, left)
    assert merchant.status(payment) == status


def test_a_shown_form_can_be_cancelled(merchant: TerminalClient) -> None:
    payment = merchant.init()
    merchant.http.get(f"/checkout/{payment['PaymentId']}")
    assert merchant.status(payment) == "FORM_SHOWED"
    assert merchant.call("Cancel", PaymentId=payment["PaymentId"])["Status"] == "CANCELED"


def test_a_second_full_cancel_is_refused(merchant: TerminalClient) -> None:
    payment = merchant.paid()
    merchant.call("Cancel", PaymentId=payment["PaymentId"])
    again = merchant.call("Cancel", PaymentId=payment["PaymentId"])
    assert (again["Success"], again["ErrorCode"]) == (False, "8")


def test_a_cancel_with_the_same_external_request_id_gives_back_once(merchant: TerminalClient) -> None:
    payment = merchant.paid()
    for _ in range(2):
        answer = merchant.call("Cancel", PaymentId=payment["PaymentId"], Amount=5000, ExternalRequestId="refund-1")
        assert (answer["Success"], answer["Status"], answer["NewAmount"]) == (True, "PARTIAL_REFUNDED", 10000)
    rest = merchant.call("Cancel", PaymentId=payment["PaymentId"], ExternalRequestId="refund-2")
    assert (rest["Status"], rest["NewAmount"]) == ("REFUNDED", 0)


@pytest.mark.parametrize("amount", [0, -1, 15001, "100", 1.5])
def test_a_wrong_amount_cannot_be_cancelled(merchant: TerminalClient, amount: object) -> None:
    payment = merchant.paid()
    answer = merchant.call("Cancel", PaymentId=payment["PaymentId"], Amount=amount)
    assert (answer["Success"], answer["ErrorCode"]) == (False, "9999")
    assert merchant.status(payment) == "CONFIRMED"


@pytest.mark.parametrize(("ending", "status"), [("succeeded", "REFUNDED"), ("canceled", "CONFIRMED")])
def test_a_refund_can_take_its_time(merchant: TerminalClient, ending: str, status: str) -> None:
    merchant.control("/refunds/behaviour", {"behaviour": "pending"})
    payment = merchant.paid()
    assert merchant.call("Cancel", PaymentId=payment["PaymentId"])["Status"] == "REFUNDING"
    merchant.control(f"/refunds/{payment['PaymentId']}/finish", {"status": ending})
    assert merchant.status(payment) == status


def test_a_refund_can_be_refused(merchant: TerminalClient) -> None:
    merchant.control("/refunds/behaviour", {"behaviour": "canceled"})
    payment = merchant.paid()
    answer = merchant.call("Cancel", PaymentId=payment["PaymentId"])
    assert (answer["Success"], answer["ErrorCode"]) == (False, "102")
    assert merchant.status(payment) == "CONFIRMED"


def test_control_alters_anything_and_makes_strangers_payments(merchant: TerminalClient) -> None:
    payment = merchant.paid()
    merchant.control(f"/payments/{payment['PaymentId']}/alter", {"Amount": 1, "OrderId": "another"})
    state = merchant.call("GetState", PaymentId=payment["PaymentId"])
    assert (state["Amount"], state["OrderId"]) == (1, "another")
    stranger = merchant.control("/payments")
    assert stranger["Status"] == "CONFIRMED"
    assert merchant.call("GetState", PaymentId=stranger["PaymentId"])["ErrorCode"] == "255"
    ours = merchant.control("/payments", {"TerminalKey": TERMINAL, "Status": "REJECTED"})
    assert merchant.status(ours) == "REJECTED"


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("http_500", 500, "500"), ("http_429", 429, "429"), ("try_later", 200, "99")]
)
def test_faults_answer_as_the_bank_does(merchant: TerminalClient, fault: str, status: int, code: str) -> None:
    merchant.control("/faults", {"rules": [{"on": "init", "fault": fault, "times": 1}]})
    answer = merchant.http.post("/v2/Init", json={})
    assert answer.status_code == status
    assert answer.json is not None
    assert (answer.json["Success"], answer.json["ErrorCode"]) == (False, code)
    assert merchant.init()["Success"] is True


def test_an_init_can_take_effect_and_lose_its_answer(merchant: TerminalClient) -> None:
    rule = {"on": "init", "fault": "http_500", "times": 1, "after_effect": True}
    merchant.control("/faults", {"rules": [rule]})
    assert merchant.init()["Success"] is False
    assert len(merchant.call("CheckOrder", OrderId="order-1")["Payments"]) == 1


def test_terminals_are_read_from_the_command_line() -> None:
    assert parse_terminal("KEY:pass:word") == Terminal("KEY", "pass:word")
    for wrong in ("KEY", "KEY:", ":password"):
        with pytest.raises(ValueError, match="a terminal is"):
            parse_terminal(wrong)
