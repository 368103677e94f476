"""T-Bank (securepay.tinkoff.ru/v2) as a payment provider: token, Init, GetState, CheckOrder, Cancel (SPEC §10)."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from typing import Any

import requests

from shared.adapters import wire
from shared.credentials import TBankTerminal
from shared.domain.fields import MOSCOW
from shared.domain.order import Attempt, Order, Refund, RefundStatus
from shared.domain.payment import Payment, PaymentState
from shared.errors import (
    PaymentUnknown,
    ProviderBadRequest,
    ProviderError,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from shared.ports import Checkout, Notice, Prepared, RefundAnswer

log = logging.getLogger(__name__)

NAME = "tbank"

LOOK_UP_SECONDS = 2.5
CREATE_SECONDS = 10.0
REFUND_SECONDS = 3.5
LONGEST_ORDER_ID = 36
LONGEST_DESCRIPTION = 140
WRONG_TOKEN = "204"
NO_SUCH_PAYMENT = "255"  # not in T-Bank's public table; any other code leaves open whether there is one
TRY_AGAIN = frozenset({"99", "999", "9999"})  # "internal error", "try later": whether it took effect is unknown

_STATES = {
    **dict.fromkeys(
        ("NEW", "FORM_SHOWED", "AUTHORIZING", "3DS_CHECKING", "3DS_CHECKED", "PAY_CHECKING", "CONFIRMING"),
        PaymentState.PENDING,
    ),
    # One stage: CONFIRMED comes at the same time, so that this alone is neither money nor a hold.
    "AUTHORIZED": PaymentState.AUTHORIZED,
    "CONFIRMED": PaymentState.SUCCEEDED,
    **dict.fromkeys(
        ("REJECTED", "CANCELED", "DEADLINE_EXPIRED", "ATTEMPTS_EXPIRED", "AUTH_FAIL", "REVERSED"),
        PaymentState.CANCELED,
    ),
    "REFUNDED": PaymentState.REFUNDED,
    "PARTIAL_REFUNDED": PaymentState.REFUNDED,
    **dict.fromkeys(("REVERSING", "REFUNDING", "ASYNC_REFUNDING"), PaymentState.PENDING),
}
_GIVEN_BACK = frozenset({"REFUNDED", "REVERSED", "CANCELED"})
_GIVING_BACK = frozenset({"REVERSING", "REFUNDING", "ASYNC_REFUNDING"})
_MONEY_MOVED = frozenset({"AUTHORIZED", "CONFIRMING", "CONFIRMED", "REFUNDED", "PARTIAL_REFUNDED"})


def token(fields: Mapping[str, Any], password: str) -> str:
    """The signature of a request or notification: SHA-256 over the root scalars and the password (SPEC §10)."""
    signed = {
        key: _signed_text(value)
        for key, value in fields.items()
        if key != "Token" and not isinstance(value, dict | list) and value is not None
    }
    signed["Password"] = password
    return hashlib.sha256("".join(signed[key] for key in sorted(signed)).encode()).hexdigest()


def token_matches(fields: Mapping[str, Any], password: str) -> bool:
    """True when `Token` is right; compared in constant time."""
    given = fields.get("Token")
    return isinstance(given, str) and hmac.compare_digest(given.lower().encode(), token(fields, password).encode())


def _signed_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def attempt_order_id(order: Order, number: int) -> str:
    """T-Bank's `OrderId`: unique per attempt, at most 36 characters, and our order id to the eye."""
    suffix = f"-{number}"
    if len(order.order_id) + len(suffix) <= LONGEST_ORDER_ID:
        return order.order_id + suffix
    digest = hashlib.sha256(order.order_id.encode()).hexdigest()[:10]
    suffix = f"-{digest}{suffix}"
    return order.order_id[: LONGEST_ORDER_ID - len(suffix)] + suffix


def read_notification(body: Mapping[str, Any]) -> Notice | None:
    """The payment to look at, None for a notice of something else: a receipt, a linked card or account.

    `PaymentId` is a number here and a string everywhere else. The token has been verified before.
    Raises ValueError, naming the field, when malformed.
    """
    if body.get("Status") == "RECEIPT" or str(body.get("NotificationType", "")).startswith("LINK"):
        return None
    payment_id, order_id = body.get("PaymentId"), body.get("OrderId")
    if isinstance(payment_id, bool) or not isinstance(payment_id, int | str) or not str(payment_id).isalnum():
        raise ValueError("PaymentId")
    if not isinstance(order_id, str) or not 0 < len(order_id) <= LONGEST_ORDER_ID:
        raise ValueError("OrderId")
    return Notice(provider=NAME, payment_id=str(payment_id), attempt_key=order_id)


class TBank:
    """One merchant's terminal; implements ports.PaymentProvider."""

    def __init__(self, api_url: str, terminal: TBankTerminal, session: requests.Session, notification_url: str) -> None:
        self._api_url = api_url
        self._terminal = terminal
        self._session = session
        self._notification_url = notification_url

    def prepare(self, checkout: Checkout) -> Prepared:
        order = checkout.order
        key = attempt_order_id(order, checkout.number)
        request = {
            "Amount": order.price,
            "OrderId": key,
            "Description": checkout.description[:LONGEST_DESCRIPTION],
            "NotificationURL": self._notification_url,
            "SuccessURL": checkout.return_url,
            "FailURL": checkout.return_url,
            "RedirectDueDate": order.expires_at.astimezone(MOSCOW).isoformat(timespec="seconds"),
        }
        return Prepared(key=key, request=request)

    def create(self, attempt: Attempt) -> Payment:
        """Init; a repetition first asks for a payment of this OrderId on which money has moved already."""
        if attempt.tries > 1:
            known = self._money_moved(attempt.idempotence_key)
            if known is not None:
                return known
        answer = self._call("Init", attempt.request, CREATE_SECONDS)
        ours = {"Status": "NEW", "Amount": attempt.amount, "OrderId": attempt.idempotence_key}
        return self._payment({**ours, **answer}, confirmation_url=answer.get("PaymentURL"))

    def fetch(self, payment_id: str) -> Payment:
        return self._payment(self._call("GetState", {"PaymentId": payment_id}, LOOK_UP_SECONDS))

    def give_back(self, refund: Refund) -> RefundAnswer:
        """Cancel is not idempotent by itself: the state is asked first, and ExternalRequestId names the request."""
        state = self._call("GetState", {"PaymentId": refund.payment_id}, LOOK_UP_SECONDS).get("Status")
        if state not in _GIVEN_BACK | _GIVING_BACK:
            request = {
                "PaymentId": refund.payment_id,
                "Amount": refund.amount,
                "ExternalRequestId": refund.idempotence_key,
            }
            state = self._call("Cancel", request, REFUND_SECONDS).get("Status")
        if state in _GIVEN_BACK or state == "PARTIAL_REFUNDED":
            return RefundAnswer(status=RefundStatus.SUCCEEDED, refund_id=refund.payment_id)
        if state in _GIVING_BACK:
            return RefundAnswer(status=RefundStatus.PENDING, refund_id=refund.payment_id)
        raise ProviderUnavailable(f"T-Bank Cancel left the payment {state!r:.30}")

    def _money_moved(self, order_id: str) -> Payment | None:
        try:
            payments = self._call("CheckOrder", {"OrderId": order_id}, LOOK_UP_SECONDS).get("Payments")
        except (ProviderBadRequest, PaymentUnknown):
            return None  # T-Bank knows no such order: the first Init never arrived
        for payment in payments if isinstance(payments, list) else []:
            if isinstance(payment, dict) and payment.get("Status") in _MONEY_MOVED:
                return self._payment({**payment, "OrderId": order_id})
        return None

    def _payment(self, answer: Mapping[str, Any], confirmation_url: str | None = None) -> Payment:
        try:
            status, amount = str(answer["Status"]), answer["Amount"]
            payment_id, order_id = str(answer["PaymentId"]), str(answer["OrderId"])
        except KeyError as error:
            raise ProviderUnavailable(f"T-Bank answered a payment without {error}") from error
        if isinstance(amount, bool) or not isinstance(amount, int):
            raise ProviderUnavailable("T-Bank answered an amount that is no number of kopecks")
        if status not in _STATES:
            log.warning("T-Bank status %r is not known: treated as not paid yet", status[:30])
        return Payment(
            payment_id=payment_id,
            state=_STATES.get(status, PaymentState.PENDING),
            amount=amount,
            attempt_key=order_id,
            shop_matches=answer.get("TerminalKey", self._terminal.terminal_key) == self._terminal.terminal_key,
            confirmation_url=confirmation_url,
            cancel_reason=status.lower() if _STATES.get(status) is PaymentState.CANCELED else None,
            refunded_amount={"REFUNDED": amount, "PARTIAL_REFUNDED": 1}.get(status, 0),
        )

    def _call(self, method: str, fields: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        request = {**fields, "TerminalKey": self._terminal.terminal_key}
        request["Token"] = token(request, self._terminal.password)
        try:
            reply = wire.call(
                self._session,
                "POST",
                f"{self._api_url}/{method}",
                seconds=seconds,
                repeat_if_lost=method in ("GetState", "CheckOrder"),
                body=request,
            )
        except (wire.NotSent, wire.NoAnswer) as error:
            raise ProviderUnavailable(f"T-Bank {method}: {error}") from error
        return _answer(method, reply)


def _answer(method: str, reply: wire.Reply) -> dict[str, Any]:
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        body = None
    if reply.status != 200 or not isinstance(body, dict):
        raise ProviderUnavailable(f"T-Bank {method}: HTTP {reply.status}, no usable answer")
    code = str(body.get("ErrorCode", ""))
    if body.get("Success") is True and code in ("", "0"):
        return body
    if code in ("", "0"):
        raise ProviderUnavailable(f"T-Bank {method}: neither success nor an error code")
    if method == "GetState" and _STATES.get(str(body.get("Status"))) is PaymentState.CANCELED:
        return body  # the payment failed, not the question
    raise _error(method, code)


def _error(method: str, code: str) -> ProviderError:
    message = f"T-Bank {method}: ErrorCode {code[:20]}"
    if code in TRY_AGAIN:
        return ProviderUnavailable(message)
    if code == WRONG_TOKEN:
        return ProviderUnauthorized(message)
    return PaymentUnknown(message) if code == NO_SUCH_PAYMENT else ProviderBadRequest(message)
