"""What the tests of the stand-in payment providers share: a receiver, a shop, a merchant."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.tbank.tokens import sign

Json = dict[str, Any]
SHOP, SECRET = "100500", "test_secret"
TERMINAL, PASSWORD = "1700000000000DEMO", "terminal_password"


class Receiver:
    """An HTTP server that keeps each notification; `answers` are given in turn, the last for ever."""

    def __init__(self, answers: list[tuple[int, bytes]], on_delivery: Callable[[], None] | None) -> None:
        self.bodies: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if on_delivery is not None:
                    on_delivery()
                status, text = receiver.accept(body, dict(self.headers), answers)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:
                """Tests print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def accept(self, body: Json, headers: dict[str, str], answers: list[tuple[int, bytes]]) -> tuple[int, bytes]:
        with self._changed:
            self.bodies.append(body)
            self.headers.append(headers)
            self._changed.notify_all()
            return answers[min(len(self.bodies), len(answers)) - 1]

    def wait_for(self, count: int, seconds: float = 5) -> list[Json]:
        """The notifications received, once there are `count` of them."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.bodies) >= count, timeout=seconds)
            assert arrived, f"{len(self.bodies)} of {count} notifications arrived"
            return list(self.bodies)


@contextmanager
def receiving(*answers: tuple[int, bytes], on_delivery: Callable[[], None] | None = None) -> Iterator[Receiver]:
    """A running receiver; without `answers` it acknowledges everything, as both providers want it."""
    receiver = Receiver(list(answers) or [(200, b"OK")], on_delivery)
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.01)


def payment_request(**changes: object) -> Json:
    """A well-formed body of `POST /payments`; None removes a field."""
    body: Json = {
        "amount": {"value": "150.00", "currency": "RUB"},
        "confirmation": {"type": "redirect", "return_url": "http://127.0.0.1/?order_id=1"},
        "capture": True,
        "description": "Молочная пена",
        "metadata": {"order_id": "20250317110122659ba6d7-9ace-cndn"},
    } | changes
    return {name: value for name, value in body.items() if value is not None}


@dataclass
class ShopClient:
    """A shop that calls the YooKassa stand-in."""

    http: FlaskClient
    shop_id: str = SHOP
    secret: str = SECRET

    def post(self, path: str, body: Json, key: str | None = None) -> TestResponse:
        headers = {"Idempotence-Key": key if key is not None else uuid.uuid4().hex}
        return self.http.post(f"/v3{path}", json=body, headers=headers, auth=(self.shop_id, self.secret))

    def get(self, path: str) -> TestResponse:
        return self.http.get(f"/v3{path}", auth=(self.shop_id, self.secret))

    def create(self, **changes: object) -> Json:
        answer = self.post("/payments", payment_request(**changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})

    def payment(self, payment_id: str) -> Json:
        return dict(self.get(f"/payments/{payment_id}").json or {})

    def refund(self, payment: Json, value: str = "150.00", **more: object) -> TestResponse:
        body = {"payment_id": payment["id"], "amount": {"value": value, "currency": "RUB"}, **more}
        return self.post("/refunds", body)

    def control(self, path: str, body: Json | None = None) -> Json:
        answer = self.http.post(f"/_sandbox{path}", json=body or {})
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})

    def paid(self, **changes: object) -> Json:
        return self.control(f"/payments/{self.create(**changes)['id']}/pay")


@dataclass
class TerminalClient:
    """A merchant that calls the T-Bank stand-in and signs what it sends."""

    http: FlaskClient
    key: str = TERMINAL
    password: str = PASSWORD
    urls: Json = field(default_factory=dict)

    def call(self, method: str, **params: object) -> Json:
        body: Json = {"TerminalKey": self.key, **params}
        body["Token"] = sign(body, self.password)
        return dict(self.http.post(f"/v2/{method}", json=body).json or {})

    def init(self, **changes: object) -> Json:
        params: Json = {"Amount": 15000, "OrderId": "order-1", "Description": "Латте"} | self.urls | changes
        return self.call("Init", **{name: value for name, value in params.items() if value is not None})

    def status(self, payment: Json) -> str:
        return str(self.call("GetState", PaymentId=payment["PaymentId"])["Status"])

    def control(self, path: str, body: Json | None = None) -> Json:
        answer = self.http.post(f"/_sandbox{path}", json=body or {})
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})

    def paid(self, **changes: object) -> Json:
        return self.control(f"/payments/{self.init(**changes)['PaymentId']}/pay")
