"""A customer, a provider and a machine in one: buys in the sandbox step by step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bench.calls import WrongAnswer, new_order_id
from sandbox.purchase import MILK_FOAM
from sandbox.supervisor import Sandbox
from sandbox.supervisor import settings as sandbox_settings
from sandbox.supervisor.loopback import call

JSON = {"Content-Type": "application/json"}
YOOKASSA_ADDRESS = {"X-Forwarded-For": "185.71.76.1", **JSON}


class Shop:
    """Buys in the sandbox, step by step, so that each step can be timed and counted by itself."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = sandbox.url
        self.deliver_notifications_by_hand()

    def deliver_notifications_by_hand(self, **slow: float) -> None:
        """What is delivered, and when, is the bench's to decide. `slow`: YooKassa's operations and their seconds."""
        rules = [{"on": name, "fault": "slow", "seconds": seconds} for name, seconds in slow.items()]
        self.set_faults("yookassa", [{"on": "notify", "fault": "notify_lost"}, *rules])

    def set_faults(self, stand_in: str, rules: list[dict[str, Any]]) -> None:
        self._send("POST", f"{self._url(stand_in)}/_sandbox/faults", 200, json={"rules": rules})

    def scan(self, order_id: str, *, again: bool = False) -> None:
        expected = 200 if again else 201
        self._send("POST", f"{self._url('create_order')}/", expected, data=scan_body(order_id).encode())

    def start_payment(self, order_id: str) -> None:
        self._send("POST", f"{self._url('create_order')}/pay", 200, json={"order_id": order_id})

    def pay(self, order_id: str) -> str:
        """The customer pays on the checkout page; the id of the payment comes back."""
        base = f"{self._url('yookassa')}/_sandbox/payments"
        payments = self._send("GET", base, 200)
        payment_id = next(p["id"] for p in payments if p["metadata"].get("order_id") == order_id)
        self._send("POST", f"{base}/{payment_id}/pay", 200, json={})
        return str(payment_id)

    def notify(self, order_id: str, payment_id: str) -> None:
        body = notification_body(order_id, payment_id).encode()
        self._send("POST", f"{self._url('webhook')}/yookassa", 200, data=body, headers=YOOKASSA_ADDRESS)

    def report(self, order_id: str) -> None:
        """The machine says that the drink is made."""
        bearer = {"Authorization": f"Bearer {sandbox_settings.TMETR_WEBHOOK_TOKEN}"}
        body = {"orderUuid": order_id, "status": "success"}
        self._send("POST", f"{self._url('webhook')}/tmetr", 200, json=body, headers=bearer)

    def check(self, order_id: str) -> None:
        self._send("POST", f"{self._url('webhook')}/check", 200, json={"order_id": order_id})

    def status(self, order_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._send("GET", f"{self._url('order_status')}/{order_id}", 200)
        return answer

    def reconcile(self) -> None:
        self._send("POST", f"{self._url('reconcile')}/", 200)

    def paid(self) -> tuple[str, str]:
        """A new order that the provider has the money for and nobody knows it yet: its id and the payment's."""
        order_id = new_order_id()
        self.scan(order_id)
        self.start_payment(order_id)
        return order_id, self.pay(order_id)

    def settled(self) -> tuple[str, str]:
        """An order whose drink is being made, and the body of the notification that caused it."""
        order_id, payment_id = self.paid()
        self.notify(order_id, payment_id)
        return order_id, notification_body(order_id, payment_id)

    def _send(self, method: str, url: str, expected: int, **options: Any) -> Any:
        answer = call(method, url, timeout=20, **options)
        if answer.status_code != expected:
            raise WrongAnswer(f"{method} {url}: {answer.status_code} {answer.text[:300]}")
        return answer.json()


def scan_body(order_id: str) -> str:
    fields: Mapping[str, str] = {
        "deviceUuid": "test",
        "drinkNo": MILK_FOAM,
        "drinkName": "Молочная пена",
        "size": "1",
        "random": "waxoqk",
        "ts": "1742198482",
        "salt": "b6c2cca0340a82d0dc843243299800d7",
        "uuid": order_id,
    }
    return json.dumps(fields)


def notification_body(order_id: str, payment_id: str) -> str:
    thing = {"id": payment_id, "status": "succeeded", "paid": True, "metadata": {"order_id": order_id}}
    return json.dumps({"type": "notification", "event": "payment.succeeded", "object": thing})
