"""Refunds: at once, pending until told, or declined."""

from __future__ import annotations

import copy

from sandbox.serving import Json
from sandbox.yookassa import objects
from sandbox.yookassa.amounts import amount_of, kopecks_of
from sandbox.yookassa.errors import Refused, bad
from sandbox.yookassa.payments import Event, Payment, Payments
from sandbox.yookassa.shops import Shop
from sandbox.yookassa.validation import check_refund

BEHAVIOURS = ("succeeded", "pending", "canceled")


class Refunds:
    """The refunds of all payments; `behaviour` is what becomes of new ones."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments
        self._refunds: dict[str, tuple[Shop, Json]] = {}
        self._behaviour, self._reason = "succeeded", ""

    def clear(self) -> None:
        with self._payments.lock:
            self._refunds.clear()
            self._behaviour, self._reason = "succeeded", ""

    def behave(self, behaviour: str, reason: str = "insufficient_funds") -> None:
        """Let new refunds end as `succeeded`, `pending` or `canceled` (for `reason`)."""
        if behaviour not in BEHAVIOURS:
            raise ValueError(f"a refund is one of {', '.join(BEHAVIOURS)}")
        with self._payments.lock:
            self._behaviour, self._reason = behaviour, reason

    def create(self, shop: Shop, key: str, body: Json) -> tuple[Json, list[Event]]:
        """`POST /refunds`; raises Refused."""
        idempotence = self._payments.idempotence
        with self._payments.lock:
            known = idempotence.recall(shop.shop_id, key, "/refunds", body)
            if known is not None:
                return known, []
            payment = self._refundable(shop, body)
            kopecks = check_refund(body, payment.view["amount"]["currency"])
            taken = sum(kopecks_of(other) for other in self._of(payment) if other["status"] != "canceled")
            if kopecks > payment.kopecks - taken:
                raise bad("amount", "The refund is greater than what is left of the payment")
            refund = self._new_view(payment, body, kopecks)
            self._refunds[refund["id"]] = (shop, refund)
            idempotence.remember(shop.shop_id, key, "/refunds", body, lambda: copy.deepcopy(refund))
            events = self._finish(refund, self._behaviour, self._reason)
            return copy.deepcopy(refund), events

    def view(self, refund_id: str, shop: Shop | None = None) -> Json:
        """The refund, if it exists and is this shop's (None: anybody's); raises Refused (404)."""
        with self._payments.lock:
            owner, refund = self._refunds.get(refund_id, (None, {}))
            if owner is None or (shop is not None and owner != shop):
                raise Refused(404, "Refund doesn't exist or access denied.", "refund_id")
            return copy.deepcopy(refund)

    def listed(self) -> list[Json]:
        with self._payments.lock:
            return copy.deepcopy([refund for _, refund in self._refunds.values()][::-1])

    def finish(self, refund_id: str, status: str, reason: str = "insufficient_funds") -> list[Event]:
        """Bring a pending refund to its end; does nothing to one that has ended."""
        with self._payments.lock:
            self.view(refund_id)
            refund = self._refunds[refund_id][1]
            return self._finish(refund, status, reason) if refund["status"] == "pending" else []

    def _refundable(self, shop: Shop, body: Json) -> Payment:
        payment_id = body.get("payment_id")
        if not isinstance(payment_id, str):
            raise bad("payment_id", "payment_id is required")
        try:
            payment = self._payments.get(payment_id, shop)
        except Refused as error:
            raise bad("payment_id", "Payment doesn't exist or access denied") from error
        if payment.view["status"] != "succeeded":
            raise bad("payment_id", f"Incorrect payment status: {payment.view['status']}")
        return payment

    def _of(self, payment: Payment) -> list[Json]:
        return [refund for _, refund in self._refunds.values() if refund["payment_id"] == payment.view["id"]]

    def _new_view(self, payment: Payment, body: Json, kopecks: int) -> Json:
        refund: Json = {
            "id": objects.new_id(self._payments.clock()),
            "payment_id": payment.view["id"],
            "status": "pending",
            "created_at": objects.iso(self._payments.clock()),
            "amount": amount_of(kopecks, payment.view["amount"]["currency"]),
        }
        for name in ("description", "metadata"):
            if name in body:
                refund[name] = body[name]
        if "receipt" in body:
            refund["receipt_registration"] = "pending"
        return refund

    def _finish(self, refund: Json, status: str, reason: str) -> list[Event]:
        refund["status"] = status
        if status == "pending":
            return []
        if status == "canceled":
            # There is no refund.canceled notification: only a look-up tells.
            refund["cancellation_details"] = {"party": "yoo_money", "reason": reason}
            return []
        payment = self._payments.get(refund["payment_id"])
        refunded = sum(kopecks_of(done) for done in self._of(payment) if done["status"] == "succeeded")
        payment.view["refunded_amount"] = amount_of(refunded, payment.view["amount"]["currency"])
        payment.view["refundable"] = refunded < payment.kopecks
        return [("refund.succeeded", copy.deepcopy(refund))]
