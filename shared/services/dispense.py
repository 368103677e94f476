"""Send the make command under a claim, and keep what became of it (SPEC §7.2, §11)."""

from __future__ import annotations

import logging

from shared.domain.dispensing import Sent, may_send, reclaim, record_sent
from shared.domain.order import MakeOutcome, Order
from shared.ports import Stored
from shared.services.journal import make_parameters
from shared.services.world import World, change

log = logging.getLogger(__name__)


def dispense(world: World, stored: Stored, claim_id: str) -> Stored:
    """Command the machine if `claim_id` is the order's fresh claim; the stored outcome comes back.

    A claim that was never used is left to lapse: whoever takes it over sends the command.
    """
    order = stored.order
    if not may_send(order, claim_id, world.now()):
        return stored
    sent = world.machine.make(order, lambda: may_send(order, claim_id, world.now()))
    if sent.tries == 0:
        return stored
    _log_failure(order, sent)
    moment = world.moment()
    return change(world, stored, lambda latest: record_sent(latest, claim_id, sent, moment))


def resend_if_lapsed(world: World, stored: Stored) -> Stored:
    """Take over the claim of somebody who was killed between claim and outcome, and send once more."""
    moment = world.moment()
    stored = change(world, stored, lambda order: reclaim(order, moment))
    return dispense(world, stored, moment.claim_id)


def _log_failure(order: Order, sent: Sent) -> None:
    if sent.outcome is MakeOutcome.ACCEPTED:
        return
    parameters = make_parameters(order)
    log.error(
        "Failed to send make command for order %s: %s %s",
        order.order_id,
        sent.error,
        parameters,
        extra={
            **parameters,
            "event": "make_failed",
            "order_id": order.order_id,
            "device_uuid": order.device_uuid,
            "outcome": sent.outcome.value,
        },
    )
