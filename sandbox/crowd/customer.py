"""One customer at one machine: each method is one thing that a person does."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from sandbox.crowd.phone import GaveUp, Phone, error_code
from sandbox.crowd.stopwatch import Stopwatch

FINAL = frozenset({"successful", "failed", "make_failed", "not_paid"})
OVER = frozenset({"ORDER_EXPIRED", "ORDER_ALREADY_PAID", "ORDER_NOT_PAYABLE"})
CHECK_AFTER = 4.0  # seconds of `pending` after which the page asks for a look (SPEC §14)
EMAIL = "customer@example.com"
# The page offers «Попробовать ещё раз» / «Повторить оплату» for these, so people do.
_AGAIN = frozenset({403, 502, 503})


@dataclass
class Shopper:
    """`url(name)` is where a function or stand-in answers; `patience`: seconds of tapping the same thing again."""

    url: Callable[[str], str]
    stopwatch: Stopwatch
    device: str
    drink_no: str
    size: str
    patience: float = 0.0
    scanned: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.phone = Phone(self.stopwatch, self.patience)

    @property
    def order_id(self) -> str:
        return self.scanned["uuid"]

    def scan(self) -> None:
        """Choose a drink at the machine and follow its QR code to the page's address."""
        pressed = {"drinkNo": self.drink_no, "size": self.size}
        shown = self.phone.ask("machine", "POST", f"{self.url('tmetr')}/machine/{self.device}/orders", json=pressed)
        self.scanned = dict(parse_qsl(urlsplit(shown.json()["link"]).query))
        self.phone.ask("GET create_order", "GET", shown.json()["link"])

    def order(self) -> dict[str, Any]:
        """The order as the page shows it. Raises GaveUp."""
        url = f"{self.url('create_order')}/"
        answer = self.phone.ask("POST create_order", "POST", url, again_on=_AGAIN, json=self.scanned)
        return _wanted(answer, 200, 201)

    def tap_pay(self) -> str | None:
        """Where to pay, None when there is nothing to pay any more. Raises GaveUp."""
        wanted = {"order_id": self.order_id} | ({"email": EMAIL} if self.device == "test-receipt" else {})
        url = f"{self.url('create_order')}/pay"
        answer = self.phone.ask("POST pay", "POST", url, again_on=_AGAIN, json=wanted)
        if answer.status_code in (409, 410) and error_code(answer) in OVER:
            return None
        return str(_wanted(answer, 200)["confirmation_url"])

    def open_form(self, form: str) -> None:
        self.phone.ask("checkout", "GET", form)

    def press(self, form: str, button: str) -> None:
        """Press a button of the provider's form: pay, cancel, hold, expire, reject."""
        self.phone.ask("checkout", "POST", form, data={"action": button})

    def look(self) -> dict[str, Any]:
        """One poll of the page. Raises GaveUp."""
        url = f"{self.url('order_status')}/{self.order_id}"
        return _wanted(self.phone.ask("GET order_status", "GET", url, again_on={503}), 200)

    def check(self) -> None:
        """What the page does when the webhook is late; a failure of it is nothing to the customer."""
        url = f"{self.url('webhook')}/check"
        self.phone.ask("POST check", "POST", url, again_on={503}, json={"order_id": self.order_id})

    def watch(self, seconds: float, until: Collection[str] = FINAL) -> str:
        """Poll at the server's pace until one of the statuses is there or the time is over; the last one seen."""
        end = time.monotonic() + seconds
        next_check = time.monotonic() + CHECK_AFTER
        while True:
            shown = self.look()
            status = str(shown["status"])
            if status in until or time.monotonic() > end:
                return status
            if status == "pending" and time.monotonic() > next_check:
                self.check()
                next_check = time.monotonic() + CHECK_AFTER
            time.sleep((shown["poll_after_ms"] or 1000) / 1000)


def _wanted(answer: requests.Response, *expected: int) -> dict[str, Any]:
    if answer.status_code not in expected:
        raise GaveUp(f"{answer.status_code} {error_code(answer)}")
    body: dict[str, Any] = answer.json()
    return body
