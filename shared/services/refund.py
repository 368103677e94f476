"""Carry out what an order owes its customer, and follow it to the end (SPEC §7.5)."""

from __future__ import annotations

import logging

from shared.domain import refunds
from shared.domain.order import OPEN_REFUND, Order, Refund
from shared.domain.schedule import refund_due
from shared.errors import NotConfigured, PaymentUnknown, ProviderError, ProviderRefused, ProviderUnauthorized
from shared.ports import Stored
from shared.services.world import World, change

log = logging.getLogger(__name__)


def pay_back(world: World, stored: Stored) -> Stored:
    """Carry out each refund that is due now, or ask how far it is."""
    for refund in stored.order.refunds:
        if refund_due(refund, world.now()):
            stored = _work_on(world, stored, refund)
    return stored


def follow_refund(world: World, stored: Stored, payment_id: str) -> Stored:
    """The provider says that this payment's refund has moved: ask it now."""
    refund = stored.order.refund_of(payment_id)
    if refund is None or refund.status not in OPEN_REFUND:
        return stored
    return _work_on(world, stored, refund)


def _work_on(world: World, stored: Stored, refund: Refund) -> Stored:
    """One try, noted before it is made: somebody else who comes meanwhile finds it not due."""
    now = world.now()

    def note(order: Order) -> Order:
        latest = order.refund_of(refund.payment_id)
        return refunds.trying(order, refund.payment_id, now) if latest == refund else order

    stored = change(world, stored, note)
    noted = stored.order.refund_of(refund.payment_id)
    if noted is None or noted.tries != refund.tries + 1 or noted.updated_at != now:
        return stored
    return _ask_provider(world, stored, noted)


def _ask_provider(world: World, stored: Stored, refund: Refund) -> Stored:
    payment_id = refund.payment_id
    extra = {"event": "refund", "payment_id": payment_id, "order_id": stored.order.order_id}
    try:
        account = world.providers.account(refund.provider, stored.order.merchant_id)
        answer = account.give_back(refund)
    except (ProviderRefused, PaymentUnknown) as error:
        now, text = world.now(), str(error)
        if isinstance(error, ProviderUnauthorized):  # our credentials, not this refund: they can be mended
            return _postpone(world, stored, payment_id, text)
        log.error("%s failed for payment %s: %s", refund.kind, payment_id, text, extra=extra)
        return change(world, stored, lambda order: refunds.refused(order, payment_id, text, now))
    except (ProviderError, NotConfigured) as error:
        return _postpone(world, stored, payment_id, str(error))
    now = world.now()
    log.info("%s of payment %s: %s", refund.kind, payment_id, answer.status, extra=extra)
    return change(
        world,
        stored,
        lambda order: refunds.progressed(order, payment_id, answer.status, now, answer.refund_id),
    )


def _postpone(world: World, stored: Stored, payment_id: str, error: str) -> Stored:
    log.warning("Refund of payment %s is put off: %s", payment_id, error, extra={"event": "refund_postponed"})
    now = world.now()
    return change(world, stored, lambda order: refunds.postponed(order, payment_id, error, now))
