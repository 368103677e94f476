"""YooKassa as a payment provider: our words to its fields and back (SPEC §8, §9)."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import requests

from shared.adapters.yookassa.client import CREATE_SECONDS, REFUND_SECONDS, YooKassaClient
from shared.adapters.yookassa.payload import build_receipt, build_yookassa_payment_payload
from shared.credentials import YooKassaShop
from shared.domain.money import kopecks_from_rubles, rubles_text
from shared.domain.order import Attempt, Refund, RefundKind, RefundStatus, Scenario
from shared.domain.payment import Payment, PaymentState, SavedCard
from shared.errors import ProviderBadRequest, ProviderForbidden, ProviderUnavailable
from shared.ports import Checkout, Prepared, RefundAnswer

log = logging.getLogger(__name__)

_STATES = {
    "pending": PaymentState.PENDING,
    "waiting_for_capture": PaymentState.HELD,
    "succeeded": PaymentState.SUCCEEDED,
    "canceled": PaymentState.CANCELED,
}
_REFUND_STATES = {
    "pending": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "canceled": RefundStatus.FAILED,
}


class YooKassa:
    """One merchant's shop; implements ports.PaymentProvider."""

    def __init__(self, api_url: str, shop: YooKassaShop, session: requests.Session, recurring_enabled: bool) -> None:
        self._client = YooKassaClient(api_url, shop, session)
        self._recurring_enabled = recurring_enabled

    def prepare(self, checkout: Checkout) -> Prepared:
        order = checkout.order
        receipt = _receipt(checkout)
        payload = build_yookassa_payment_payload(
            amount=order.price,
            description=checkout.description,
            return_url=checkout.return_url,
            save_payment_method=checkout.save_card,
            metadata={
                "order_id": order.order_id,
                "device_uuid": order.device_uuid,
                "attempt": checkout.key,
            },
            receipt=receipt,
            payment_method_id=checkout.charge.payment_method_id if checkout.charge else None,
            recurring_enabled=self._recurring_enabled,
        )
        mode = payload["metadata"]["billing_mode"]
        return Prepared(key=checkout.key, request=payload, billing_mode=mode, receipt=receipt)

    def create(self, attempt: Attempt) -> Payment:
        try:
            answer = self._client.post("/payments", attempt.request, attempt.idempotence_key, CREATE_SECONDS)
        except ProviderForbidden:
            log.warning(
                "YooKassa forbade the payment: check BILLING_RECURRING_ENABLED (mode=%s)",
                attempt.billing_mode,
                extra={"event": "yookassa_forbidden"},
            )
            raise
        payment = self._payment(answer)
        # What answers our own request is this attempt's, whether it echoes the metadata or not.
        return replace(payment, attempt_key=payment.attempt_key or attempt.idempotence_key)

    def fetch(self, payment_id: str) -> Payment:
        return self._payment(self._client.get("payments", payment_id))

    def give_back(self, refund: Refund) -> RefundAnswer:
        if refund.kind is RefundKind.RELEASE:
            return self._cancel_hold(refund)
        if refund.refund_id is not None:
            return _refund_answer(self._client.get("refunds", refund.refund_id))
        body: dict[str, Any] = {
            "payment_id": refund.payment_id,
            "amount": {"value": rubles_text(refund.amount), "currency": refund.currency},
        }
        if refund.receipt is not None:
            body["receipt"] = refund.receipt
        return _refund_answer(self._client.post("/refunds", body, refund.idempotence_key, REFUND_SECONDS))

    def _cancel_hold(self, refund: Refund) -> RefundAnswer:
        """Cancelled once, a hold cannot be cancelled again: a refusal is checked against the payment itself."""
        try:
            payment = self._payment(
                self._client.post(f"/payments/{refund.payment_id}/cancel", {}, refund.idempotence_key, REFUND_SECONDS)
            )
        except ProviderBadRequest:
            payment = self.fetch(refund.payment_id)
            if payment.state is not PaymentState.CANCELED:
                raise
        done = payment.state is PaymentState.CANCELED
        return RefundAnswer(status=RefundStatus.SUCCEEDED if done else RefundStatus.PENDING)

    def _payment(self, answer: dict[str, Any]) -> Payment:
        try:
            return _read_payment(answer, self._client.shop_id)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ProviderUnavailable("YooKassa answered 200 with something that is no payment") from error


def _receipt(checkout: Checkout) -> dict[str, Any] | None:
    order = checkout.order
    wanted = order.payment_scenario is Scenario.YOOKASSA_RECEIPT
    if not wanted or checkout.email is None or checkout.merchant is None:
        return None
    return build_receipt(
        checkout.merchant.receipt,
        email=checkout.email,
        drink_no=order.drink_no,
        drink_name=order.drink_name,
        price=order.price,
    )


def _read_payment(answer: dict[str, Any], shop_id: str) -> Payment:
    """Read by hand: the SDK's models take amounts through float, and money must be exact."""
    metadata = answer.get("metadata") or {}
    recipient = (answer.get("recipient") or {}).get("account_id")
    cancellation = answer.get("cancellation_details") or {}
    refunded = answer.get("refunded_amount") or {}
    refunded_amount = kopecks_from_rubles(refunded["value"]) if refunded else 0
    return Payment(
        payment_id=_text(answer["id"]),
        state=_state(answer, refunded_amount),
        amount=kopecks_from_rubles(answer["amount"]["value"]),
        currency=str(answer["amount"]["currency"]),
        order_id=_text(metadata["order_id"]) if "order_id" in metadata else "",
        attempt_key=metadata.get("attempt"),
        shop_matches=recipient is None or str(recipient) == shop_id,
        test=answer.get("test") is True,
        confirmation_url=(answer.get("confirmation") or {}).get("confirmation_url"),
        cancel_reason=cancellation.get("reason"),
        refunded_amount=refunded_amount,
        saved_card=_saved_card(answer.get("payment_method") or {}),
    )


def _state(answer: dict[str, Any], refunded_amount: int) -> PaymentState:
    """`succeeded` counts only with `paid`; money that has gone back is no payment any more (SPEC §7.1)."""
    state = _STATES[answer["status"]]
    if state is not PaymentState.SUCCEEDED:
        return state
    if refunded_amount > 0:
        return PaymentState.REFUNDED
    return PaymentState.SUCCEEDED if answer.get("paid") is True else PaymentState.PENDING


def _saved_card(method: dict[str, Any]) -> SavedCard | None:
    """Only a card with its last digits: the customer must recognize what the button will charge."""
    card = method.get("card") or {}
    if method.get("saved") is not True or not method.get("id") or not card.get("last4"):
        return None
    return SavedCard(
        payment_method_id=str(method["id"]),
        brand=str(card.get("card_type", ""))[:32],
        last4=str(card["last4"])[:4],
    )


def _refund_answer(answer: dict[str, Any]) -> RefundAnswer:
    try:
        return RefundAnswer(status=_REFUND_STATES[answer["status"]], refund_id=_text(answer["id"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ProviderUnavailable("YooKassa answered 200 with something that is no refund") from error


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text is expected")
    return value
