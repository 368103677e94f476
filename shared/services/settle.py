"""From a payment that may have changed to everything that follows: drink, refund, flag (SPEC §6, §7)."""

from __future__ import annotations

import logging
from datetime import timedelta

from shared import logs
from shared.domain import settlement
from shared.domain.dispensing import claim_in_flight
from shared.domain.order import AttemptStatus, Order
from shared.domain.payment import Payment, PaymentState, attempt_of, twin_of
from shared.errors import NotConfigured, PaymentUnknown, ProviderBadRequest, ProviderError
from shared.ports import Notice, Stored
from shared.services.cards import learn_of_card
from shared.services.dispense import dispense, resend_if_lapsed
from shared.services.refund import follow_refund, pay_back
from shared.services.world import World, change

log = logging.getLogger(__name__)

# A provider waits for our answer, 10 s at most: after a slow machine the refund is left to reconcile.
REFUND_IN_LINE = timedelta(seconds=3)


class TryAgainLater(Exception):
    """The notification could not be dealt with now; the provider must deliver it again."""


def receive(world: World, notice: Notice) -> None:
    """Deal with a notification; returns when nothing is left to do: dealt with, a duplicate, or not ours.

    Raises TryAgainLater or StoreUnavailable when the provider has to come again.
    """
    payment_id = notice.payment_id
    logs.about(payment_id=payment_id, order_id=notice.order_id)
    stored = _find(world, notice)
    if stored is None:
        log.warning("Payment %s is not ours: ignored", payment_id, extra={"event": "foreign_payment"})
        return
    logs.about(order_id=stored.order.order_id, device_uuid=stored.order.device_uuid)
    try:
        _deal_with(world, stored, notice)
    except (ProviderError, NotConfigured) as error:
        if _knows_nothing(error, stored.order, notice):
            log.warning("The provider knows no payment %s: ignored", payment_id, extra={"event": "unknown_payment"})
            return
        log.error("Payment %s could not be verified: %s", payment_id, error, extra={"event": "not_verified"})
        raise TryAgainLater(str(error)) from error


def _deal_with(world: World, stored: Stored, notice: Notice) -> None:
    if notice.refund and stored.order.refund_of(notice.payment_id) is not None:
        follow_refund(world, stored, notice.payment_id)
    elif _money_known(stored.order, notice.payment_id):
        carry_on(world, stored)
    else:
        stored = settle_payment(world, stored, notice.provider, notice.payment_id)
        _refuse_while_in_flight(world, stored)


def settle_payment(world: World, stored: Stored, provider: str, payment_id: str) -> Stored:
    """Ask the provider, with the order's own merchant's credentials, and act on the answer."""
    account = world.providers.account(provider, stored.order.merchant_id)
    return apply_payment(world, stored, account.fetch(payment_id))


def apply_payment(world: World, stored: Stored, payment: Payment) -> Stored:
    """Act on what the provider itself said of this payment."""
    before, moment = stored.order, world.moment()
    stored = change(world, stored, lambda order: settlement.settle(order, payment, moment))
    if attempt_of(stored.order, payment) is None:
        if payment.state is PaymentState.AUTHORIZED and twin_of(stored.order, payment) is not None:
            raise TryAgainLater("an unheard-of payment of ours is about to be decided, and nobody else looks at it")
        log.warning("Payment %s is of no attempt of this order: ignored", payment.payment_id)
        return stored
    stored = dispense(world, stored, moment.claim_id)
    learn_of_card(world, before, stored.order, payment)
    if world.now() - moment.now > REFUND_IN_LINE:
        return stored
    return pay_back(world, stored)


def carry_on(world: World, stored: Stored) -> Stored:
    """Finish what somebody left unfinished on a settled order: a lapsed claim, a refund that is due.

    Raises TryAgainLater while a claim is in flight: should its holder be killed, the next delivery takes over.
    """
    _refuse_while_in_flight(world, stored)
    return pay_back(world, resend_if_lapsed(world, stored))


def _find(world: World, notice: Notice) -> Stored | None:
    """The order by the hint, if it can be this payment's; else by what is on record."""
    stored = world.orders.get(notice.order_id) if notice.order_id is not None else None
    if stored is not None and _could_be_of(stored.order, notice.payment_id):
        return stored
    return world.orders.by_payment(*filter(None, (notice.payment_id, notice.attempt_key)))


def _could_be_of(order: Order, payment_id: str) -> bool:
    """Also of an attempt without an id: started, or given up although the provider has made its payment."""
    return any(attempt.payment_id in (payment_id, None) for attempt in order.attempts)


def _knows_nothing(error: Exception, order: Order, notice: Notice) -> bool:
    """True when the provider has no such payment. What came of our own request is not refused for that reason."""
    ours = any(
        attempt.payment_id == notice.payment_id or attempt.idempotence_key == notice.attempt_key
        for attempt in order.attempts
    )
    return isinstance(error, PaymentUnknown) or (isinstance(error, ProviderBadRequest) and not ours)


def _money_known(order: Order, payment_id: str) -> bool:
    """True when this payment's success is on record: another notification of it brings nothing new."""
    known = (AttemptStatus.SUCCEEDED, AttemptStatus.REFUNDED)
    return any(a.payment_id == payment_id and a.status in known for a in order.attempts)


def _refuse_while_in_flight(world: World, stored: Stored) -> None:
    if claim_in_flight(stored.order, world.now()):
        raise TryAgainLater("the make command is under way")
