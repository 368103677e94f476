"""A saved card is worth something: known by a key that only the customer's browser has (issue "YooKassa completely").

With BILLING_RECURRING_ENABLED off nothing here is read, written or told.
"""

from __future__ import annotations

import hashlib
import logging

from shared.domain.order import Attempt, AttemptStatus, Order
from shared.domain.payment import Payment, SavedCard, attempt_of
from shared.errors import Refusal, StoreUnavailable
from shared.services.scenarios import PROVIDERS
from shared.services.world import World

log = logging.getLogger(__name__)

# YooKassa's cancellation reasons after which this card will never be charged again (API v3, "cancellation_details").
_USELESS_AFTER = frozenset({"permission_revoked", "card_expired", "invalid_card_number", "fraud_suspected"})


def customer_id_of(customer_key: str) -> str:
    """The document id of a customer: who reads it cannot use the card."""
    return hashlib.sha256(customer_key.encode()).hexdigest()


def card_of(world: World, order: Order, customer_key: str | None) -> SavedCard | None:
    """The card that this customer can pay this order with."""
    possible = world.settings.recurring_enabled and PROVIDERS.get(order.payment_scenario) == "yookassa"
    if not possible or customer_key is None:
        return None
    return world.customers.card(customer_id_of(customer_key), order.merchant_id)


def forget_card(world: World, order_id: str, customer_key: str) -> None:
    """Forget the customer's card at this order's merchant. Raises Refusal ORDER_NOT_FOUND."""
    stored = world.orders.get(order_id)
    if stored is None:
        raise Refusal("ORDER_NOT_FOUND")
    world.customers.forget_card(customer_id_of(customer_key), stored.order.merchant_id)


def forget_if_useless(world: World, order: Order, attempt: Attempt) -> None:
    """Forget a card that was refused for good; one without money on it today may be good tomorrow."""
    refused = attempt.status is AttemptStatus.REFUSED
    if attempt.customer_id is not None and (refused or attempt.cancel_reason in _USELESS_AFTER):
        world.customers.forget_card(attempt.customer_id, order.merchant_id)


def remember_card(world: World, order: Order, payment: Payment) -> None:
    """Keep a card that the customer agreed to have kept; the drink does not depend on it."""
    attempt = attempt_of(order, payment)
    if attempt is None or attempt.status is not AttemptStatus.SUCCEEDED or not attempt.save_card:
        return
    if attempt.customer_id is None or payment.saved_card is None:
        return
    try:
        world.customers.save_card(attempt.customer_id, order.merchant_id, payment.saved_card, world.now())
    except StoreUnavailable as error:
        log.warning("The card could not be kept: %s", error, extra={"event": "card_not_saved"})
