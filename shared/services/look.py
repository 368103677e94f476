"""Look at an order's payment because nobody has told us: `POST /check` and reconcile (SPEC §6)."""

from __future__ import annotations

import logging
from dataclasses import replace

from shared import logs
from shared.domain.attempts import being_called, give_up, take_call
from shared.domain.order import Order, Status
from shared.domain.schedule import KEY_LASTS, look_allowed, unresolved, watched_attempt
from shared.errors import NotConfigured, ProviderError, Refusal
from shared.ports import Stored
from shared.services.call_provider import call_provider
from shared.services.settle import TryAgainLater, carry_on, settle_payment
from shared.services.world import World, change

log = logging.getLogger(__name__)


def check(world: World, order_id: str) -> Order:
    """The order after a look at its payment, if it waits for one and nobody has looked just now.

    Raises Refusal ORDER_NOT_FOUND. A provider that does not answer changes nothing.
    """
    logs.about(order_id=order_id)
    stored = world.orders.get(order_id)
    if stored is None:
        raise Refusal("ORDER_NOT_FOUND")
    try:
        if stored.order.status is Status.PAID:
            return carry_on(world, stored).order
        return look(world, stored).order
    except (ProviderError, NotConfigured) as error:
        log.warning("The payment could not be looked at: %s", error, extra={"event": "not_verified"})
    except TryAgainLater:
        log.info("The make command is under way")
    return stored.order


def look(world: World, stored: Stored) -> Stored:
    """Ask the provider about the attempt that is open, unless somebody did within the last three seconds.

    The right to ask is claimed by a conditional write: however many ask, there is one look-up.
    Raises ProviderError or NotConfigured; the next look is already scheduled.
    """
    now, caller = world.now(), world.new_id()

    def claim(order: Order) -> Order:
        attempt = watched_attempt(order)
        if attempt is None or not look_allowed(order, now):
            return order
        if not unresolved(attempt):
            return replace(order, looked_at=now)
        if now - attempt.created_at > KEY_LASTS:
            return give_up(order, attempt.number, now)
        taken = order if being_called(attempt, now) else take_call(order, caller, now)
        return replace(taken, looked_at=now)

    stored = change(world, stored, claim)
    attempt = watched_attempt(stored.order)
    if attempt is None or stored.order.looked_at != now:
        return stored
    if attempt.payment_id is not None:
        return settle_payment(world, stored, attempt.provider, attempt.payment_id)
    return call_provider(world, stored, attempt) if attempt.caller == caller else stored
