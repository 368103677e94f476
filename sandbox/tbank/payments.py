"""T-Bank's payments: statuses, transitions, and the notifications that follow."""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.serving import Json
from sandbox.tbank.errors import Refused
from sandbox.tbank.terminals import Terminal
from sandbox.tbank.tokens import sign
from sandbox.tbank.validation import check_init

OPEN = ("NEW", "FORM_SHOWED")
FIRST_PAYMENT_ID = 6_100_000_001


@dataclass(frozen=True)
class Notice:
    """A notification to be sent: where to, with which status, and the signed body."""

    url: str
    status: str
    body: Json


@dataclass
class Payment:
    """A payment as GetState shows it (`view`), and what that does not tell."""

    terminal: Terminal
    view: Json
    request: Json
    due: float
    error_code: str = "0"
    cancel_requests: set[str] = field(default_factory=set)
    canceled_amount: int = 0

    @property
    def status(self) -> str:
        return str(self.view["Status"])

    @property
    def left(self) -> int:
        """Kopecks that have not been given back."""
        return int(self.view["Amount"]) - self.canceled_amount

    def notice(self, status: str = "", amount: int | None = None, overrides: Json | None = None) -> Notice:
        """What its notification tells now; PaymentId is a number here and a string in answers."""
        body: Json = {
            "TerminalKey": self.terminal.key,
            "OrderId": self.view["OrderId"],
            "Success": self.error_code == "0",
            "Status": status or self.status,
            "PaymentId": int(self.view["PaymentId"]),
            "ErrorCode": self.error_code,
            "Amount": self.view["Amount"] if amount is None else amount,
            "CardId": 322264,
            "Pan": "555555******4444",
            "ExpDate": "1230",
        }
        body |= overrides or {}
        body["Token"] = sign(body, self.terminal.password)
        return Notice(str(self.request.get("NotificationURL", "")), str(body["Status"]), body)


class Payments:
    """All payments of all terminals; public methods lock and return what to notify about."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._ids = itertools.count(FIRST_PAYMENT_ID)
        self._payments: dict[str, Payment] = {}

    def clear(self) -> None:
        with self.lock:
            self._payments.clear()

    def init(self, terminal: Terminal, body: Json) -> Payment:
        """`Init`; the same OrderId again makes one more payment. Raises Refused."""
        with self.lock:
            due = check_init(body, self._clock())
            view = {
                "TerminalKey": terminal.key,
                "OrderId": body["OrderId"],
                "PaymentId": str(next(self._ids)),
                "Amount": body["Amount"],
                "Status": "NEW",
            }
            payment = Payment(terminal, view, copy.deepcopy(body), due)
            self._payments[view["PaymentId"]] = payment
            return payment

    def get(self, payment_id: str, terminal: Terminal | None = None) -> Payment:
        """The payment, if it exists and is this terminal's (None: anybody's); raises Refused."""
        with self.lock:
            payment = self._payments.get(payment_id)
            if payment is None or (terminal is not None and payment.terminal != terminal):
                raise Refused("255")
            # Nobody is told when a form grows stale: it is found out by whoever asks.
            if payment.status in OPEN and self._clock() > payment.due:
                payment.view["Status"] = "DEADLINE_EXPIRED"
            return payment

    def of_order(self, order_id: str, terminal: Terminal) -> list[Payment]:
        with self.lock:
            mine = [p for p in self._payments.values() if p.terminal == terminal]
            return [self.get(p.view["PaymentId"]) for p in mine if p.view["OrderId"] == order_id]

    def listed(self) -> list[Json]:
        """All payments as GetState shows them, the latest first."""
        with self.lock:
            return [dict(self.get(payment_id).view) for payment_id in reversed(self._payments)]

    def show_form(self, payment_id: str) -> Payment:
        """The customer's browser has loaded the form: NEW → FORM_SHOWED, as at T-Bank."""
        with self.lock:
            payment = self.get(payment_id)
            if payment.status == "NEW":
                payment.view["Status"] = "FORM_SHOWED"
            return payment

    def pay(self, payment_id: str, *, capture: bool = True) -> list[Notice]:
        """The customer pays: the bank tells of AUTHORIZED and CONFIRMED at the same time."""
        with self.lock:
            payment = self.get(payment_id)
            if payment.status not in OPEN:
                return []
            if payment.request.get("PayType") == "T" or not capture:
                payment.view["Status"] = "AUTHORIZED"
                return [payment.notice()]
            payment.view["Status"] = "CONFIRMED"
            return [payment.notice("AUTHORIZED"), payment.notice()]

    def reject(self, payment_id: str, code: str = "1051") -> list[Notice]:
        """The card is refused."""
        with self.lock:
            payment = self.get(payment_id)
            if payment.status not in OPEN:
                return []
            payment.view["Status"], payment.error_code = "REJECTED", code
            return [payment.notice()]

    def abandon(self, payment_id: str, status: str) -> list[Notice]:
        """The customer leaves the form (CANCELED) or it grows stale (DEADLINE_EXPIRED): no notice."""
        with self.lock:
            payment = self.get(payment_id)
            if payment.status in OPEN:
                payment.view["Status"] = status
            return []
