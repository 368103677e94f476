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


def learn_of_card(world: World, before: Order, after: Order, payment: Payment) -> None:
    """Keep a card once it has paid, if the customer agreed; forget one that was refused for good.

    One without money on it today may be good tomorrow. Only news counts: a repeated notification must not bring
    back a card that the customer has forgotten meanwhile.
    """
    attempt = attempt_of(after, payment)
    if attempt is None or attempt in before.attempts:
        return
    if attempt.save_card and attempt.status is AttemptStatus.SUCCEEDED and payment.saved_card is not None:
        _keep(world, after, attempt, payment.saved_card)
    elif attempt.saved_card and attempt.cancel_reason in _USELESS_AFTER:
        forget_charged_card(world, after, attempt)


def forget_charged_card(world: World, order: Order, attempt: Attempt) -> None:
    """Forget the card that this attempt charged, unless another one was saved meanwhile.

    The payment does not depend on it.
    """
    if attempt.customer_id is None:
        return
    try:
        card = world.customers.card(attempt.customer_id, order.merchant_id)
        if card is not None and card.payment_method_id in attempt.request.values():
            world.customers.forget_card(attempt.customer_id, order.merchant_id)
    except StoreUnavailable as error:
        log.warning("The card could not be forgotten: %s", error, extra={"event": "card_not_forgotten"})


def _keep(world: World, order: Order, attempt: Attempt, card: SavedCard) -> None:
    if attempt.customer_id is None:
        return
    try:
        world.customers.save_card(attempt.customer_id, order.merchant_id, card, world.now())
    except StoreUnavailable as error:
        log.warning("The card could not be kept: %s", error, extra={"event": "card_not_saved"})
