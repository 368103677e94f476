"""Start or resume an order's payment (SPEC §6, `POST /pay`; §7.4)."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from datetime import timedelta

from shared import logs
from shared.domain.attempts import (
    CALL_LASTS,
    MOST_ATTEMPTS,
    being_called,
    live_attempt,
    open_attempt,
    take_call,
)
from shared.domain.merchant import Merchant
from shared.domain.order import Attempt, AttemptStatus, EmailRule, Order, Scenario, Status
from shared.domain.qr import Size
from shared.errors import ChangedMeanwhile, NotConfigured, ProviderError, Refusal
from shared.messages import PAYMENT_DESCRIPTION
from shared.ports import Checkout, Stored
from shared.services.call_provider import call_provider
from shared.services.cards import card_of, customer_id_of, forget_charged_card
from shared.services.payment_errors import refusal_for
from shared.services.scenarios import PROVIDERS, external_page, with_query
from shared.services.world import World

log = logging.getLogger(__name__)

LONGEST_EMAIL = 254
_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,58}[A-Za-z0-9])"
)
_PAID = frozenset({Status.PAID, Status.MAKE_PENDING, Status.SUCCESSFUL})
_OVER = frozenset({Status.FAILED, Status.MAKE_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the customer asks for with the button. `customer_key` is the browser's secret."""

    order_id: str
    email: str | None = None
    save_card: bool = False
    customer_key: str | None = None
    use_saved_card: bool = False


def start_payment(world: World, wish: Wish) -> str | None:
    """Where the customer pays this order, started now or already under way; None when a saved card was charged.

    Raises Refusal with a code of SPEC §6 or §8.
    """
    logs.about(order_id=wish.order_id)
    stored = _load(world, wish.order_id)
    logs.about(device_uuid=stored.order.device_uuid)
    try:
        _refuse_unpayable(world, stored.order)
        if stored.order.payment_scenario is Scenario.CUSTOM:
            return _external(world, stored.order)
        return _pay(world, stored, wish)
    except Refusal as refusal:
        refusal.device = world.directory.device(stored.order.device_uuid)
        raise


def _pay(world: World, stored: Stored, wish: Wish) -> str | None:
    caller = world.new_id()
    stored = _take_attempt(world, stored, wish, caller)
    attempt = stored.order.attempts[-1]
    if attempt.caller != caller:
        return attempt.confirmation_url
    try:
        stored = call_provider(world, stored, attempt)
    except ProviderError as error:
        stored = _load(world, wish.order_id) if attempt.saved_card else stored
        if stored.order.attempts[attempt.number - 1].status is not AttemptStatus.REFUSED:
            raise refusal_for(error, attempt) from error
    attempt = stored.order.attempts[attempt.number - 1]
    if attempt.saved_card and attempt.status in (AttemptStatus.CANCELED, AttemptStatus.REFUSED):
        return _pay_the_ordinary_way(world, stored, wish, attempt)
    if not attempt.saved_card:
        _refuse_unpayable(world, stored.order)  # paid meanwhile: nobody is to be sent to pay once more
    return attempt.confirmation_url


def _pay_the_ordinary_way(world: World, stored: Stored, wish: Wish, charge: Attempt) -> str | None:
    """After the saved card was refused. When this fails as well, the fault was not the card's: it is kept."""
    reason = charge.cancel_reason or charge.last_error
    log.info("The saved card was refused (%s)", reason, extra={"event": "saved_card_refused"})
    address = _pay(world, stored, replace(wish, use_saved_card=False))
    if charge.status is AttemptStatus.REFUSED:
        forget_charged_card(world, stored.order, charge)
    return address


def _take_attempt(world: World, stored: Stored, wish: Wish, caller: str) -> Stored:
    """The order with a live payment, or with the right to call the provider taken by `caller`.

    While somebody else is calling, this waits for their answer: a second request would be a second payment at a
    provider that does not know idempotence keys.
    """
    patience = world.now() + CALL_LASTS + timedelta(seconds=1)
    number = 0
    while True:
        order, now = stored.order, world.now()
        _refuse_unpayable(world, order)
        attempt = live_attempt(order)
        if attempt is not None and (attempt.status is AttemptStatus.PENDING or attempt.caller == caller):
            return stored  # also our own write, whose answer was lost
        if attempt is None or not being_called(attempt, now):
            opened = order if attempt is not None else _with_new_attempt(world, order, wish)
            try:
                return world.orders.replace(stored, take_call(opened, caller, now))
            except ChangedMeanwhile:
                log.debug("Somebody else is starting the payment of %s", order.order_id)
        if now > patience and attempt is not None:
            raise refusal_for(ProviderError("the payment is being created for too long"), attempt)
        world.pause(number)
        number += 1
        stored = _load(world, order.order_id)


def _with_new_attempt(world: World, order: Order, wish: Wish) -> Order:
    if len(order.attempts) >= MOST_ATTEMPTS:
        raise Refusal("ORDER_NOT_PAYABLE")
    now = world.now()
    expires_at = now + world.settings.payment_window
    longer = replace(order, expires_at=max(order.expires_at, expires_at))
    return open_attempt(order, _new_attempt(world, longer, wish), expires_at, now)


def _new_attempt(world: World, order: Order, wish: Wish) -> Attempt:
    settings, now = world.settings, world.now()
    provider = PROVIDERS[order.payment_scenario]
    email = _email(order, wish)
    card = card_of(world, order, wish.customer_key) if wish.use_saved_card else None
    save_card = wish.save_card and settings.recurring_enabled and card is None
    checkout = Checkout(
        order=order,
        number=len(order.attempts) + 1,
        key=world.new_id(),
        description=PAYMENT_DESCRIPTION.format(
            drink_name=order.drink_name, size=Size(order.size).russian, order_id=order.order_id
        ),
        return_url=with_query(settings.status_page_url or "", {"order_id": order.order_id}),
        email=email,
        merchant=_merchant(world, order),
        save_card=save_card,
        charge=card,
    )
    try:
        prepared = world.providers.account(provider, order.merchant_id).prepare(checkout)
    except NotConfigured as error:
        raise Refusal("PAYMENT_NOT_CONFIGURED", detail=str(error)) from error
    return Attempt(
        number=checkout.number,
        provider=provider,
        idempotence_key=prepared.key,
        amount=order.price,
        created_at=now,
        updated_at=now,
        request=dict(prepared.request),
        billing_mode=prepared.billing_mode,
        receipt=dict(prepared.receipt) if prepared.receipt is not None else None,
        customer_id=customer_id_of(wish.customer_key) if wish.customer_key and (save_card or card) else None,
        save_card=save_card,
        saved_card=card is not None,
    )


def _email(order: Order, wish: Wish) -> str | None:
    """The receipt's address; ignored where no receipt is made."""
    email = (wish.email or "").strip()
    if order.receipt_email is EmailRule.HIDDEN:
        return None
    if not email:
        if order.receipt_email is EmailRule.REQUIRED:
            raise Refusal("EMAIL_REQUIRED")
        return None
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise Refusal("INVALID_EMAIL")
    return email


def _merchant(world: World, order: Order) -> Merchant | None:
    """The merchant's receipt settings, where a receipt is made."""
    if order.payment_scenario is not Scenario.YOOKASSA_RECEIPT:
        return None
    merchant = world.directory.merchant(order.merchant_id)
    if merchant is None or not merchant.receipt.usable_for(order.drink_no):
        detail = f"merchants/{order.merchant_id} has no usable receipt settings"
        raise Refusal("PAYMENT_NOT_CONFIGURED", detail=detail)
    return merchant


def _refuse_unpayable(world: World, order: Order) -> None:
    if order.status in _PAID:
        raise Refusal("ORDER_ALREADY_PAID")
    if order.status in _OVER:
        raise Refusal("ORDER_NOT_PAYABLE")
    if order.expired(world.now()):
        raise Refusal("ORDER_EXPIRED")


def _external(world: World, order: Order) -> str:
    device = world.directory.device(order.device_uuid)
    if device is None or device.redirect_url is None:
        detail = f"devices/{order.device_uuid}: redirect_url is missing"
        raise Refusal("PAYMENT_NOT_CONFIGURED", detail=detail)
    return external_page(device.redirect_url, order)


def _load(world: World, order_id: str) -> Stored:
    stored = world.orders.get(order_id)
    if stored is None:
        raise Refusal("ORDER_NOT_FOUND")
    return stored
