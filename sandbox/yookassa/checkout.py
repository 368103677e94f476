"""YooKassa's page where the customer pays."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint

from sandbox.checkout import Action, Screen, checkout_pages
from sandbox.serving import Json
from sandbox.yookassa.payments import Event, Payment, Payments

STATES = {"pending": "open", "waiting_for_capture": "held", "succeeded": "paid"}
ACTIONS = (
    Action("hold", "Заблокировать деньги без списания", "waiting_for_capture"),
    Action("expire", "Не платить, пока форма не устареет", "canceled, expired_on_confirmation"),
)
REASONS = {"cancel": "general_decline", "expire": "expired_on_confirmation"}
SAVING = "Карта сохранится: в следующий раз кофе можно будет оплатить одним касанием."


def create_checkout(payments: Payments, publish: Callable[[Iterable[Event]], None]) -> Blueprint:
    """The page's two routes; every button publishes what it led to before the browser goes on."""

    def act(payment_id: str, action: str) -> str | None:
        publish(carry_out(payments, payment_id, action))
        return None if action == "expire" else payments.get(payment_id).return_url

    return checkout_pages("yookassa", lambda payment_id: _screen(payments.get(payment_id)), act)


def carry_out(payments: Payments, payment_id: str, action: str) -> list[Event]:
    """Do what a button (or the control) wants; an unknown action does nothing."""
    if action in ("pay", "hold"):
        return payments.pay(payment_id, capture=action == "pay")
    if action in REASONS:
        return payments.cancel(payment_id, REASONS[action])
    return []


def _screen(payment: Payment) -> Screen:
    return Screen(
        provider="ЮKassa",
        shop=f"Магазин {payment.shop.shop_id}",
        description=str(payment.view.get("description", "")),
        kopecks=payment.kopecks,
        state=_state(payment.view),
        back_url=payment.return_url,
        notes=(SAVING,) if payment.save_asked else (),
        actions=ACTIONS,
    )


def _state(view: Json) -> str:
    if view["status"] == "succeeded" and not view["refundable"]:
        return "refunded"
    if view.get("cancellation_details", {}).get("reason") == "expired_on_confirmation":
        return "expired"
    return STATES.get(view["status"], "canceled")
