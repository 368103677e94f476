"""`Cancel`: a form withdrawn, a hold released, or money given back (developer.tbank.ru/eacq/api/cancel)."""

from __future__ import annotations

from sandbox.serving import Json
from sandbox.tbank.errors import Refused
from sandbox.tbank.payments import OPEN, Notice, Payment, Payments
from sandbox.tbank.terminals import Terminal

BEHAVIOURS = ("succeeded", "pending", "canceled")
# From a status to what a full and a partial cancel make of it.
_TARGETS = {
    "AUTHORIZED": ("REVERSED", "PARTIAL_REVERSED"),
    "PARTIAL_REVERSED": ("REVERSED", "PARTIAL_REVERSED"),
    "CONFIRMED": ("REFUNDED", "PARTIAL_REFUNDED"),
    "PARTIAL_REFUNDED": ("REFUNDED", "PARTIAL_REFUNDED"),
}


class Cancels:
    """Cancels payments; `behaviour` is what becomes of refunds: at once, pending, or refused."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments
        self._behaviour = "succeeded"

    def clear(self) -> None:
        self._behaviour = "succeeded"

    def behave(self, behaviour: str) -> None:
        if behaviour not in BEHAVIOURS:
            raise ValueError(f"a refund is one of {', '.join(BEHAVIOURS)}")
        self._behaviour = behaviour

    def cancel(self, terminal: Terminal, body: Json) -> tuple[Json, list[Notice]]:
        """The answer to `Cancel`; raises Refused. A known ExternalRequestId changes nothing."""
        with self._payments.lock:
            payment = self._payments.get(str(body.get("PaymentId")), terminal)
            request_id = str(body.get("ExternalRequestId") or "")
            before, notices = payment.left, []
            if not request_id or request_id not in payment.cancel_requests:
                notices = self._cancel(payment, body.get("Amount"))
                payment.cancel_requests.add(request_id)
            answer = dict(payment.view) | {"OriginalAmount": before, "NewAmount": payment.left}
            del answer["Amount"]
            return answer | ({"ExternalRequestId": request_id} if request_id else {}), notices

    def finish(self, payment_id: str, status: str) -> list[Notice]:
        """A pending refund ends: `succeeded`, or `canceled` (the payment is CONFIRMED again)."""
        with self._payments.lock:
            payment = self._payments.get(payment_id)
            if payment.status != "REFUNDING":
                return []
            if status == "succeeded":
                payment.view["Status"] = "PARTIAL_REFUNDED" if payment.left else "REFUNDED"
                return [payment.notice(amount=payment.canceled_amount)]
            payment.view["Status"], payment.canceled_amount = "CONFIRMED", 0
            return []

    def _cancel(self, payment: Payment, asked: object) -> list[Notice]:
        if payment.status in OPEN:
            # A form is withdrawn whole, whatever amount was named.
            payment.view["Status"], payment.canceled_amount = "CANCELED", int(payment.view["Amount"])
            return [payment.notice()]
        if payment.status not in _TARGETS:
            raise Refused("8")
        amount = payment.left if asked is None else asked
        if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < amount <= payment.left:
            raise Refused("9999", "Неверная сумма возврата")
        return self._give_back(payment, amount)

    def _give_back(self, payment: Payment, amount: int) -> list[Notice]:
        full, partial = _TARGETS[payment.status]
        refund = full == "REFUNDED"
        if refund and self._behaviour == "canceled":
            raise Refused("102", "Недостаточно средств для возврата")
        payment.canceled_amount += amount
        payment.view["Status"] = partial if payment.left else full
        if refund and self._behaviour == "pending":
            payment.view["Status"] = "REFUNDING"
            return []
        return [payment.notice(amount=amount)]
