"""The machine's own word on a drink (SPEC §6, `POST /tmetr`)."""

from __future__ import annotations

import logging

from shared import logs
from shared.domain.dispensing import record_report
from shared.domain.order import Order, Report
from shared.errors import Refusal
from shared.services.refund import pay_back
from shared.services.world import World, change

log = logging.getLogger(__name__)


def report_drink(world: World, order_id: str, report: Report, message: str | None) -> Order:
    """The order after this report; one that does not fit changes nothing. Raises Refusal ORDER_NOT_FOUND."""
    logs.about(order_id=order_id)
    stored = world.orders.get(order_id)
    if stored is None:
        raise Refusal("ORDER_NOT_FOUND")
    before, moment = stored.order, world.moment()
    stored = change(world, stored, lambda order: record_report(order, report, message, moment))
    if stored.order is before:
        log.warning("Report %s does not fit order %s (%s): ignored", report, order_id, before.status)
    return pay_back(world, stored).order
