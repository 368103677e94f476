"""One purchase, made over HTTP as a customer's phone makes it, from the QR code to the made drink."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from sandbox.supervisor import Sandbox

MILK_FOAM = "9b900a2e63042d350f45b6675ef26ced"
FINAL = frozenset({"successful", "failed", "make_failed", "not_paid"})
CHECK_AFTER_SECONDS = 4.0
EMAIL = "customer@example.com"

# Seconds since the scan, what happened, what the customer reads.
Report = Callable[[float, str, str], None]


class PurchaseFailed(Exception):
    """The drink was not made as it should be; the text says where it went wrong."""


@dataclass(frozen=True)
class Receipt:
    """How it ended: the order, the statuses that the customer saw in turn, and Tmetr's make commands."""

    order_id: str
    statuses: list[str]
    make_commands: list[dict[str, Any]]


@dataclass
class Customer:
    """Buys at one machine; gives up `patience` seconds after paying."""

    sandbox: Sandbox
    report: Report = lambda seconds, event, text: None
    device: str = "test"
    drink_no: str = MILK_FOAM
    size: str = "MEDIUM"
    patience: float = 60.0
    _session: requests.Session = field(default_factory=requests.Session)

    def buy(self) -> Receipt:
        """Scan, order, pay and wait; raises PurchaseFailed unless one right make command made one drink."""
        self._session.trust_env = False
        self._session.headers["Connection"] = "close"  # gunicorn drops kept connections after 2 s
        with self._session:
            shown = self._press()
            self._scanned = time.monotonic()
            order = self._order(shown)
            self._pay(order)
            statuses = ["created", *self._wait(order["order_id"])]
        if statuses[-1] != "successful":
            raise PurchaseFailed(f"the order ended as {statuses[-1]}")
        return Receipt(order["order_id"], statuses, self._make_commands(shown))

    def _press(self) -> dict[str, Any]:
        pressed = {"drinkNo": self.drink_no, "size": self.size}
        url = f"{self.sandbox.url('tmetr')}/machine/{self.device}/orders"
        return self._call("POST", url, 201, json=pressed)

    def _order(self, shown: dict[str, Any]) -> dict[str, Any]:
        self._tell("scanned", f"{shown['drinkName']}, {shown['sizeName']}: QR-код прочитан")
        page = self._answer("GET", shown["link"], 302).headers["Location"]
        if not page.startswith(self.sandbox.url("page")):
            raise PurchaseFailed(f"the QR code leads to {page}, not to the page")
        self._answer("GET", page, 200)
        parameters = dict(parse_qsl(urlsplit(page).query))
        order = self._call("POST", f"{self.sandbox.url('create_order')}/", 201, json=parameters)
        self._tell(order["status"], f"{order['status_text']} · {order['price']:g} ₽")
        return order

    def _pay(self, order: dict[str, Any]) -> None:
        wanted = {"order_id": order["order_id"]}
        if order["receipt"]["email"] != "hidden":
            wanted["email"] = EMAIL
        payment = self._call("POST", f"{self.sandbox.url('create_order')}/pay", 200, json=wanted)
        self._answer("GET", payment["confirmation_url"], 200)
        self._tell("checkout", "страница оплаты открыта, нажимаем «Оплатить»")
        back = self._answer("POST", payment["confirmation_url"], 303, data={"action": "pay"})
        self._answer("GET", back.headers["Location"], 200)

    def _wait(self, order_id: str) -> list[str]:
        """Poll as the page does, at the server's pace, and ask for a check when the webhook is late."""
        url = f"{self.sandbox.url('order_status')}/{order_id}"
        seen: list[str] = []
        began = checked = time.monotonic()
        while not seen or seen[-1] not in FINAL:
            if time.monotonic() - began > self.patience:
                raise PurchaseFailed(f"still {seen[-1]} after {self.patience:g} s")
            answer = self._call("GET", url, 200)
            if not seen or answer["status"] != seen[-1]:
                seen.append(answer["status"])
                self._tell(answer["status"], answer["status_text"])
            if answer["status"] == "pending" and time.monotonic() - checked > CHECK_AFTER_SECONDS:
                checked = time.monotonic()
                self._session.post(f"{self.sandbox.url('webhook')}/check", json={"order_id": order_id})
            time.sleep((answer["poll_after_ms"] or 0) / 1000)
        return seen

    def _make_commands(self, shown: dict[str, Any]) -> list[dict[str, Any]]:
        url = f"{self.sandbox.url('tmetr')}/_sandbox/commands"
        commands = self._answer("GET", url, 200, params={"orderUuid": shown["uuid"]}).json()
        right = {
            "deviceId": self.device,
            "orderUuid": shown["uuid"],
            "drinkUuid": self.drink_no,
            "size": self.size.lower(),
            "price": shown["price"],
        }
        if len(commands) != 1 or not right.items() <= commands[0].items():
            raise PurchaseFailed(f"Tmetr should have received one {right}, but received {commands}")
        return [right]

    def _tell(self, event: str, text: str) -> None:
        self.report(time.monotonic() - self._scanned, event, text)

    def _call(self, method: str, url: str, expected: int, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._answer(method, url, expected, **options).json()
        return answer

    def _answer(self, method: str, url: str, expected: int, **options: Any) -> requests.Response:
        try:
            answer = self._session.request(method, url, timeout=20, allow_redirects=False, **options)
        except requests.RequestException as error:
            raise PurchaseFailed(f"{method} {url}: {error}") from error
        if answer.status_code != expected:
            problem = f"{answer.status_code} instead of {expected}: {answer.text[:500]}"
            raise PurchaseFailed(f"{method} {url}: {problem}")
        return answer
