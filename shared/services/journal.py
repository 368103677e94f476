"""The log lines that operators and alerts live on: each step of an order, each flag (SPEC §13)."""

from __future__ import annotations

import logging
from typing import Any

from shared.domain.money import rubles_text
from shared.domain.order import Order, Status
from shared.domain.qr import Size
from shared.messages import MONEY_GOES_BACK, NEEDS_ATTENTION, REASON_TEXTS
from shared.ports import Operator

log = logging.getLogger(__name__)


def make_parameters(order: Order) -> dict[str, Any]:
    """The make command's parameters, as the log names them."""
    return {
        "device_id": order.device_uuid,
        "order_uuid": order.order_id,
        "drink_uuid": order.drink_no,
        "size": Size(order.size).name.lower(),
        "price": order.price,
    }


def tell_operator(operator: Operator, before: Order, after: Order) -> None:
    """Say that a customer has paid and got nothing; the order is stored, so nothing depends on this message."""
    failed = after.status is Status.MAKE_FAILED and before.status is not Status.MAKE_FAILED
    raised = _raised(before, after)
    if not failed and not raised:
        return
    reason = raised[0] if raised else after.reason or ""
    text = NEEDS_ATTENTION if after.needs_attention else MONEY_GOES_BACK
    operator.tell(
        text.format(
            order_id=after.order_id,
            device_uuid=after.device_uuid,
            drink_name=after.drink_name,
            price=rubles_text(after.price),
            reason=REASON_TEXTS.get(reason, reason),
        )
    )


def record_transitions(before: Order, after: Order) -> None:
    """One line for each step between two stored versions of an order, and an ERROR for a new flag."""
    common = {"order_id": after.order_id, "device_uuid": after.device_uuid}
    status = before.status
    for entry in after.history[len(before.history) :]:
        extra = {**common, "event": "order_status_changed", "status": entry.status.value}
        if entry.status is Status.MAKE_PENDING:
            extra |= make_parameters(after)
        tail = f" ({entry.reason})" if entry.reason else ""
        parameters = f" {make_parameters(after)}" if entry.status is Status.MAKE_PENDING else ""
        log.info(
            "Order %s status changed: %s → %s%s%s",
            after.order_id,
            status,
            entry.status,
            tail,
            parameters,
            extra=extra,
        )
        status = entry.status
    for reason in _raised(before, after):
        log.error(
            "Order %s needs attention: %s",
            after.order_id,
            reason,
            extra={**common, "event": "needs_attention", "reason": reason},
        )


def _raised(before: Order, after: Order) -> list[str]:
    """The reasons that are new to the operator."""
    return [reason for reason in after.open_reasons if reason not in before.open_reasons]
