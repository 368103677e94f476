"""A test's own world: functions, stand-ins around them, a fresh Firestore project.

Helpers are named after what happens in the real world: a customer scans and pays, a notification comes, time passes.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from google.cloud.firestore import Client
from werkzeug.test import TestResponse

from tests.functions.leaks import CANARY, Captured
from tests.functions.loaded import Functions
from tests.functions.serving import Json, StandIn

T = TypeVar("T")

MILK_FOAM = "9b900a2e63042d350f45b6675ef26ced"
DEVICE: Json = {
    "merchant_id": "merchant-1",
    "location": "Бизнес-центр «Север», 1 этаж",
    "logo_url": "https://cdn.coffee.example/logo.png",
    "client_error_info": "Звоните: <b>8 800 000-00-00</b>",
}
DEVICE_IN_ERROR = {name: DEVICE[name] for name in ("location", "logo_url", "client_error_info")}
YOOKASSA_ADDRESS = "185.71.76.5"
REPORT_TOKEN = "machine-reports-secret"


class Stand(Functions):
    """One test's functions, documents and outside world."""

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        captured: Captured,
        client: Client,
        yookassa: StandIn,
        tbank: StandIn,
        tmetr: StandIn,
    ) -> None:
        super().__init__(patch, captured)
        self.client = client
        self.yookassa, self.tbank, self.tmetr = yookassa, tbank, tmetr
        self._captured, self._begun = captured, captured.tell()

    # documents

    def device(self, device_uuid: str = "test", **fields: Any) -> None:
        """Write `devices/<id>`; a field given as None is left out."""
        self._write("devices", device_uuid, DEVICE | fields)

    def merchant(self, merchant_id: str = "merchant-1", **fields: Any) -> None:
        self._write("merchants", merchant_id, {"name": "Кофе и точка"} | fields)

    def _write(self, collection: str, name: str, fields: Mapping[str, Any]) -> None:
        document = {key: value for key, value in fields.items() if value is not None}
        self.client.collection(collection).document(name).set(document)

    def document(self, order_id: str) -> Json:
        """The order as it is stored."""
        found = self.client.collection("orders").document(order_id).get().to_dict()
        assert found is not None, f"orders/{order_id} does not exist"
        return dict(found)

    def edit(self, order_id: str, **fields: Any) -> None:
        """Overwrite fields of the stored order (dotted paths with `__`), to bring it into any state."""
        changes = {name.replace("__", "."): value for name, value in fields.items()}
        self.client.collection("orders").document(order_id).update(changes)

    def time_passes(self, order_id: str, seconds: float) -> None:
        """Let everything about this order have happened so much earlier."""
        document = self.document(order_id)
        earlier = _earlier(document, timedelta(seconds=seconds))
        self.client.collection("orders").document(order_id).set(earlier)

    # what customers do

    def scan(self, **changes: Any) -> Json:
        """The parameters of a fresh QR code; a parameter given as None is left out."""
        parameters = {
            "deviceUuid": "test",
            "drinkNo": MILK_FOAM,
            "size": "1",
            "random": "waxoqk",
            "ts": "1742198482",
            "salt": "b6c2cca0340a82d0dc843243299800d7",
            "drinkName": "Молочная пена",
            "uuid": f"20250317110122{uuid.uuid4().hex[:8]}-9ace-cndn",
        } | changes
        return {name: value for name, value in parameters.items() if value is not None}

    def scanned(self, **changes: Any) -> TestResponse:
        """The answer to a fresh scan."""
        return self.post("create_order", "/", self.scan(**changes))

    def order(self, **changes: Any) -> str:
        """A new order's id."""
        return str(answered(self.scanned(**changes), 201)["order_id"])

    def tap(self, order_id: str, **wishes: Any) -> TestResponse:
        """The customer presses the button."""
        return self.post("create_order", "/pay", {"order_id": order_id} | wishes)

    def start(self, order_id: str, **wishes: Any) -> str:
        """The id of the payment that the button starts."""
        answered(self.tap(order_id, **wishes))
        return self.payment_id(order_id)

    def pending(self) -> tuple[str, str]:
        """An order whose payment was started: order and payment id."""
        order_id = self.order()
        return order_id, self.start(order_id)

    def payment_id(self, order_id: str) -> str:
        return str(self.document(order_id)["attempts"][-1]["payment_id"])

    def paid(self, **changes: Any) -> tuple[str, str]:
        """An order whose customer has paid at YooKassa, which nobody has told us yet: order and payment id."""
        order_id = self.order(**changes)
        payment_id = self.start(order_id)
        self.yookassa.post(f"payments/{payment_id}/pay")
        return order_id, payment_id

    def brewing(self, **changes: Any) -> str:
        """A paid order whose make command Tmetr has accepted."""
        order_id, payment_id = self.paid(**changes)
        assert self.notify(payment_id).status_code == 200
        assert self.status(order_id) == "make_pending"
        return order_id

    # what others do

    def notification(self, payment_id: str, event: str | None = None, **changes: Any) -> Json:
        """YooKassa's notification of this payment as it stands there, fields changed on purpose."""
        payment = self.yookassa.get(f"payments/{payment_id}") | {"canary": CANARY} | changes
        return {"type": "notification", "event": event or f"payment.{payment['status']}", "object": payment}

    def deliver(self, body: object, address: str | None = YOOKASSA_ADDRESS) -> TestResponse:
        headers = {} if address is None else {"X-Forwarded-For": address}
        return self.post("webhook", "/yookassa", body, headers=headers)

    def notify(self, payment_id: str, event: str | None = None, **changes: Any) -> TestResponse:
        return self.deliver(self.notification(payment_id, event, **changes))

    def tell_tbank(self, payment_id: str, **changes: Any) -> TestResponse:
        """T-Bank's signed notification of this payment."""
        notice = self.tbank.post(f"payments/{payment_id}/notice", canary=CANARY, **changes)
        return self.post("webhook", "/tbank", notice)

    def report(self, order_id: str, status: str, token: str = REPORT_TOKEN) -> TestResponse:
        """The machine's own word."""
        body = {"orderUuid": order_id, "status": status}
        return self.post("webhook", "/tmetr", body, headers={"Authorization": f"Bearer {token}"})

    def check(self, order_id: str) -> TestResponse:
        return self.post("webhook", "/check", {"order_id": order_id})

    def work_through(self) -> Json:
        """Cloud Scheduler calls reconcile: its counts."""
        return answered(self.call("reconcile", "POST", "/"))

    # what can be seen

    def shown(self, order_id: str) -> Json:
        """The answer of order_status."""
        return answered(self.get("order_status", f"/{order_id}"))

    def status(self, order_id: str) -> str:
        return str(self.document(order_id)["status"])

    def history(self, order_id: str) -> list[tuple[str, str | None]]:
        """The order's steps: status and reason of each."""
        return [(entry["status"], entry["reason"]) for entry in self.document(order_id)["history"]]

    def commands(self, order_id: str) -> list[Json]:
        """The make commands that Tmetr has accepted for this order."""
        found: list[Json] = self.tmetr.get(f"commands?orderUuid={order_id}")
        return found

    def payments(self) -> list[Json]:
        """The payments that YooKassa has made, the latest first."""
        found: list[Json] = self.yookassa.get("payments")
        return found

    def look_ups(self) -> int:
        """How often YooKassa was asked about a payment."""
        return len(self.yookassa.calls("get_payment"))

    def refunds(self) -> list[Json]:
        """The refunds that YooKassa has been asked for."""
        found: list[Json] = self.yookassa.get("refunds")
        return found

    def logged(self, **fields: Any) -> list[Json]:
        """The log lines of this test that have these fields."""
        lines = [json.loads(line) for line in self._captured.since(self._begun).splitlines()]
        return [line for line in lines if fields.items() <= line.items()]


def answered(answer: TestResponse, status: int = 200) -> Json:
    """The object that was answered with this status."""
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json, dict), answer.text
    return answer.json


def _earlier(value: Any, by: timedelta) -> Any:
    if isinstance(value, datetime):
        return value - by
    if isinstance(value, Mapping):
        return {key: _earlier(item, by) for key, item in value.items()}
    return [_earlier(item, by) for item in value] if isinstance(value, list) else value


def at_once(number: int, act: Callable[[int], T]) -> list[T]:
    """The results of so many simultaneous calls, each told its number."""
    barrier = threading.Barrier(number)

    def go(index: int) -> T:
        barrier.wait()
        return act(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(go, range(number)))
