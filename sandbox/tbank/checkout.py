"""T-Bank's page where the customer pays."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint

from sandbox.checkout import Action, Screen, checkout_pages
from sandbox.tbank.payments import Notice, Payment, Payments

STATES = {
    "NEW": "open",
    "FORM_SHOWED": "open",
    "AUTHORIZED": "held",
    "CONFIRMED": "paid",
    "REFUNDING": "paid",
    "PARTIAL_REFUNDED": "refunded",
    "REFUNDED": "refunded",
    "DEADLINE_EXPIRED": "expired",
}
ACTIONS = (
    Action("reject", "Отклонить карту", "REJECTED, недостаточно средств"),
    Action("hold", "Заблокировать деньги без списания", "AUTHORIZED без CONFIRMED"),
    Action("expire", "Не платить, пока форма не устареет", "DEADLINE_EXPIRED, без уведомления"),
)


def create_checkout(payments: Payments, publish: Callable[[Iterable[Notice]], None]) -> Blueprint:
    """The page's two routes; every button publishes what it led to before the browser goes on."""

    def act(payment_id: str, action: str) -> str | None:
        publish(carry_out(payments, payment_id, action))
        payment = payments.get(payment_id)
        where = "SuccessURL" if payment.status in ("AUTHORIZED", "CONFIRMED") else "FailURL"
        return None if action == "expire" else payment.request.get(where)

    return checkout_pages("tbank", lambda payment_id: _screen(payments.show_form(payment_id)), act)


def carry_out(payments: Payments, payment_id: str, action: str) -> list[Notice]:
    """Do what a button (or the control) wants; an unknown action does nothing."""
    if action in ("pay", "hold"):
        return payments.pay(payment_id, capture=action == "pay")
    if action == "reject":
        return payments.reject(payment_id)
    if action in ("cancel", "expire"):
        return payments.abandon(payment_id, "CANCELED" if action == "cancel" else "DEADLINE_EXPIRED")
    return []


def _screen(payment: Payment) -> Screen:
    return Screen(
        provider="Т-Банк",
        shop=f"Терминал {payment.terminal.key}",
        description=str(payment.request.get("Description", "")),
        kopecks=int(payment.view["Amount"]),
        state=STATES.get(payment.status, "canceled"),
        back_url=str(payment.request.get("FailURL", "")),
        actions=ACTIONS,
    )
