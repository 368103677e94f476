"""Payments and saved cards: what the API and the customer do to them, and which events follow."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.serving import Json
from sandbox.yookassa import objects
from sandbox.yookassa.amounts import amount_of, kopecks_of, parse_amount
from sandbox.yookassa.errors import Refused, bad
from sandbox.yookassa.idempotence import Idempotence
from sandbox.yookassa.shops import Shop
from sandbox.yookassa.validation import check_payment

Event = tuple[str, Json]


@dataclass
class Payment:
    """A payment as the API shows it (`view`), and the request that made it."""

    shop: Shop
    view: Json
    request: Json = field(default_factory=dict)

    @property
    def return_url(self) -> str:
        return str(self.request.get("confirmation", {}).get("return_url", ""))

    @property
    def save_asked(self) -> bool:
        return bool(self.request.get("save_payment_method"))

    @property
    def kopecks(self) -> int:
        return kopecks_of(self.view)

    def event(self) -> Event:
        """What its notification tells at this moment."""
        return f"payment.{self.view['status']}", copy.deepcopy(self.view)


@dataclass
class SavedMethod:
    """A card that may be charged without its owner; `outcome`: succeeded, pending, or why it is refused."""

    shop_id: str
    view: Json
    outcome: str = "succeeded"


class Payments:
    """All payments of all shops. Public methods lock; they return copies and the events to publish."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.idempotence = Idempotence(clock)
        self.methods: dict[str, SavedMethod] = {}
        self._payments: dict[str, Payment] = {}

    def clear(self) -> None:
        with self.lock:
            self.idempotence.clear()
            self.methods.clear()
            self._payments.clear()

    def add(self, payment: Payment) -> None:
        with self.lock:
            self._payments[payment.view["id"]] = payment

    def create(
        self, shop: Shop, key: str, body: Json, confirmation_url: Callable[[str], str]
    ) -> tuple[Json, list[Event]]:
        """`POST /payments`; raises Refused."""

        def make() -> tuple[Payment, list[Event]]:
            kopecks = check_payment(body)
            method = self._method_to_charge(shop, body)
            if (method is not None or body.get("save_payment_method")) and not shop.recurring:
                raise Refused(403, "This store can't make recurring payments. Contact the YooMoney manager.")
            view = objects.new_payment(shop, body, kopecks, self.clock())
            payment = Payment(shop, view, copy.deepcopy(body))
            self.add(payment)
            if method is not None:
                return payment, self._charge(payment, method)
            url = confirmation_url(view["id"])
            view["confirmation"] = {"type": "redirect", "confirmation_url": url}
            return payment, []

        return self._once(shop, key, "/payments", body, make)

    def get(self, payment_id: str, shop: Shop | None = None) -> Payment:
        """The payment, if it exists and is this shop's (None: anybody's); raises Refused (404)."""
        with self.lock:
            payment = self._payments.get(payment_id)
            if payment is None or (shop is not None and payment.shop != shop):
                text = "Incorrect payment_id. Payment doesn't exist or access denied."
                raise Refused(404, text, "payment_id")
            return payment

    def view(self, payment_id: str, shop: Shop | None = None) -> Json:
        with self.lock:
            return copy.deepcopy(self.get(payment_id, shop).view)

    def listed(self, shop: Shop | None = None) -> list[Json]:
        """The payments of a shop (None: of all), the latest first."""
        with self.lock:
            mine = [p.view for p in self._payments.values() if shop is None or p.shop == shop]
            return copy.deepcopy(mine[::-1])

    def pay(self, payment_id: str, *, capture: bool = True) -> list[Event]:
        """The customer pays; nothing happens unless the payment is pending."""
        with self.lock:
            payment = self.get(payment_id)
            if payment.view["status"] != "pending":
                return []
            method = objects.new_method(payment_id, saved=payment.save_asked)
            objects.authorize(payment.view, method)
            events = self._settle(payment, capture=capture)
            if payment.save_asked:
                self.methods[payment_id] = SavedMethod(payment.shop.shop_id, copy.deepcopy(method))
                events.append(("payment_method.active", copy.deepcopy(method)))
            return events

    def cancel(self, payment_id: str, reason: str = "general_decline") -> list[Event]:
        """The payment ends without money; nothing happens when it has already ended."""
        with self.lock:
            payment = self.get(payment_id)
            if payment.view["status"] not in ("pending", "waiting_for_capture"):
                return []
            objects.cancel(payment.view, reason)
            return [payment.event()]

    def capture(self, shop: Shop, payment_id: str, key: str, body: Json) -> tuple[Json, list[Event]]:
        """`POST /payments/{id}/capture`; raises Refused."""

        def take() -> tuple[Payment, list[Event]]:
            payment = self._held(shop, payment_id)
            kopecks = parse_amount(body["amount"], "amount") if "amount" in body else payment.kopecks
            if kopecks > payment.kopecks:
                raise bad("amount", "More than was authorized")
            payment.view["amount"] = amount_of(kopecks, payment.view["amount"]["currency"])
            objects.succeed(payment.view, kopecks, self.clock())
            return payment, [payment.event()]

        return self._once(shop, key, f"/payments/{payment_id}/capture", body, take)

    def cancel_hold(self, shop: Shop, payment_id: str, key: str, body: Json) -> tuple[Json, list[Event]]:
        """`POST /payments/{id}/cancel`; raises Refused."""

        def release() -> tuple[Payment, list[Event]]:
            payment = self._held(shop, payment_id)
            return payment, self.cancel(payment_id, "canceled_by_merchant")

        return self._once(shop, key, f"/payments/{payment_id}/cancel", body, release)

    def _once(
        self, shop: Shop, key: str, path: str, body: Json, act: Callable[[], tuple[Payment, list[Event]]]
    ) -> tuple[Json, list[Event]]:
        with self.lock:
            known = self.idempotence.recall(shop.shop_id, key, path, body)
            if known is not None:
                return known, []
            payment, events = act()
            self.idempotence.remember(shop.shop_id, key, path, body, lambda: copy.deepcopy(payment.view))
            return copy.deepcopy(payment.view), events

    def _held(self, shop: Shop, payment_id: str) -> Payment:
        payment = self.get(payment_id, shop)
        if payment.view["status"] != "waiting_for_capture":
            raise bad("payment_id", f"Incorrect payment status: {payment.view['status']}")
        return payment

    def _method_to_charge(self, shop: Shop, body: Json) -> SavedMethod | None:
        if "payment_method_id" not in body:
            return None
        method = self.methods.get(body["payment_method_id"])
        if method is None or method.shop_id != shop.shop_id:
            raise bad("payment_method_id", "Payment method doesn't exist or access denied")
        return method

    def _charge(self, payment: Payment, method: SavedMethod) -> list[Event]:
        payment.view["payment_method"] = copy.deepcopy(method.view)
        if method.outcome == "pending":
            return []
        if method.outcome != "succeeded":
            return self.cancel(payment.view["id"], method.outcome)
        objects.authorize(payment.view, copy.deepcopy(method.view))
        return self._settle(payment, capture=True)

    def _settle(self, payment: Payment, *, capture: bool) -> list[Event]:
        """Authorized → succeeded, or held when either side did not want the capture."""
        if capture and payment.request.get("capture", False):
            objects.succeed(payment.view, payment.kopecks, self.clock())
        else:
            objects.hold(payment.view, self.clock())
        return [payment.event()]
