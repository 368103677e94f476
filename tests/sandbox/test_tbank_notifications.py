"""The stand-in T-Bank's page and notifications; one real process."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
import requests

from sandbox.tbank.app import create_app
from sandbox.tbank.terminals import Terminal
from sandbox.tbank.tokens import is_signed
from tests.sandbox.providers import PASSWORD, TERMINAL, Receiver, TerminalClient, receiving, until

OK, FAIL = "http://127.0.0.1/ok", "http://127.0.0.1/fail"


def merchant_notified(receiver: Receiver) -> TerminalClient:
    app = create_app(terminals=[Terminal(TERMINAL, PASSWORD)], redeliver=(0.05,))
    urls = {"NotificationURL": receiver.url, "SuccessURL": OK, "FailURL": FAIL}
    return TerminalClient(app.test_client(), urls=urls)


def under_way(merchant: TerminalClient) -> int:
    return int((merchant.http.get("/_sandbox/notifications").json or {})["under_way"])


def test_paying_tells_authorized_and_confirmed() -> None:
    with receiving() as receiver:
        merchant = merchant_notified(receiver)
        payment = merchant.paid()
        bodies = receiver.wait_for(2)
        assert {body["Status"] for body in bodies} == {"AUTHORIZED", "CONFIRMED"}
        for body in bodies:
            assert is_signed(body, PASSWORD)
            assert body["PaymentId"] == int(payment["PaymentId"])
            assert (body["OrderId"], body["Amount"], body["Success"]) == ("order-1", 15000, True)


def test_both_are_delivered_at_the_same_time() -> None:
    together = merchant_answered_only_when_both_arrived()
    assert together == {"AUTHORIZED", "CONFIRMED"}


def merchant_answered_only_when_both_arrived() -> set[str]:
    def wait_for_both() -> None:
        # Runs once for each delivery, before its answer: one at a time would never get past here.
        arrivals.append(True)
        until(lambda: len(arrivals) >= 2)

    arrivals: list[bool] = []
    with receiving(on_delivery=wait_for_both) as receiver:
        merchant_notified(receiver).paid()
        return {body["Status"] for body in receiver.wait_for(2)}


@pytest.mark.parametrize("answer", [(200, b"ok"), (200, b"OK\n"), (201, b"OK"), (503, b"")])
def test_only_200_and_exactly_ok_end_the_redelivery(answer: tuple[int, bytes]) -> None:
    with receiving(answer, (200, b"OK")) as receiver:
        merchant = merchant_notified(receiver)
        merchant.control(f"/payments/{merchant.init()['PaymentId']}/reject")
        first, second = receiver.wait_for(2)
        assert first == second
        until(lambda: under_way(merchant) == 0)


def test_a_rejected_card_and_a_refund_are_told() -> None:
    with receiving() as receiver:
        merchant = merchant_notified(receiver)
        merchant.control(f"/payments/{merchant.init()['PaymentId']}/reject")
        rejected = receiver.wait_for(1)[0]
        assert (rejected["Status"], rejected["Success"], rejected["ErrorCode"]) == ("REJECTED", False, "1051")
        payment = merchant.paid(OrderId="order-2")
        receiver.wait_for(3)
        merchant.call("Cancel", PaymentId=payment["PaymentId"], Amount=5000)
        refunded = receiver.wait_for(4)[3]
        assert (refunded["Status"], refunded["Amount"]) == ("PARTIAL_REFUNDED", 5000)


@pytest.mark.parametrize(("action", "status"), [("cancel", "CANCELED"), ("expire", "DEADLINE_EXPIRED")])
def test_an_abandoned_form_is_told_to_nobody(action: str, status: str) -> None:
    with receiving() as receiver:
        merchant = merchant_notified(receiver)
        payment = merchant.init()
        merchant.http.post(f"/checkout/{payment['PaymentId']}", data={"action": action})
        assert merchant.status(payment) == status
        report = merchant.http.get("/_sandbox/notifications").json
        assert report == {"under_way": 0, "deliveries": []}


def test_a_receipt_notice_can_be_sent() -> None:
    with receiving() as receiver:
        merchant = merchant_notified(receiver)
        payment = merchant.init()
        merchant.control(f"/payments/{payment['PaymentId']}/notice", {"Status": "RECEIPT", "FiscalNumber": 7})
        (notice,) = receiver.wait_for(1)
        assert (notice["Status"], notice["FiscalNumber"]) == ("RECEIPT", 7)
        assert is_signed(notice, PASSWORD)


@pytest.mark.parametrize(
    ("action", "onward", "status"),
    [
        ("pay", OK, "CONFIRMED"),
        ("hold", OK, "AUTHORIZED"),
        ("reject", FAIL, "REJECTED"),
        ("cancel", FAIL, "CANCELED"),
    ],
)
def test_a_button_ends_the_payment_and_sends_the_browser_back(action: str, onward: str, status: str) -> None:
    with receiving() as receiver:
        merchant = merchant_notified(receiver)
        payment = merchant.init()
        page = merchant.http.get(f"/checkout/{payment['PaymentId']}").text
        assert "150\N{NO-BREAK SPACE}₽" in page and "Латте" in page and "Отклонить карту" in page
        answer = merchant.http.post(f"/checkout/{payment['PaymentId']}", data={"action": action})
        assert (answer.status_code, answer.location) == (303, onward)
        assert merchant.status(payment) == status
        assert "<form" not in merchant.http.get(f"/checkout/{payment['PaymentId']}").text
        until(lambda: under_way(merchant) == 0)


def test_the_real_process_serves_and_stops_at_once() -> None:
    command = [sys.executable, "-m", "sandbox.tbank", "--port", "0", "--terminal", f"{TERMINAL}:{PASSWORD}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"{url}/_sandbox/health").json() == {"status": "ok"}
            assert session.post(f"{url}/v2/Init", json={}).json()["ErrorCode"] == "331"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
