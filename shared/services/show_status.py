"""What the page is told of an order (SPEC §6, `order_status`)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import lru_cache
from typing import Any

import nh3

from shared import logs
from shared.domain.device import CLIENT_INFO, Device
from shared.domain.fields import MOSCOW
from shared.domain.money import rubles_number
from shared.domain.order import Order, RefundStatus
from shared.domain.qr import Size
from shared.domain.schedule import poll_after_ms, shown_status
from shared.errors import Refusal
from shared.messages import STATUS_TEXTS
from shared.services.world import Shelf

_TAGS = {"a", "b", "strong", "i", "em", "u", "br", "p", "ul", "ol", "li"}
_REFUND_WORDS = {RefundStatus.DUE: "pending"}


def show_order(shelf: Shelf, order_id: str) -> dict[str, Any]:
    """The status of this order. Raises Refusal ORDER_NOT_FOUND."""
    logs.about(order_id=order_id)
    stored = shelf.orders.get(order_id)
    if stored is None:
        raise Refusal("ORDER_NOT_FOUND")
    return show(shelf, stored.order)


def show(shelf: Shelf, order: Order) -> dict[str, Any]:
    """The answer about an order that is at hand; its device comes from the cache or Firestore."""
    return status_answer(order, shelf.directory.device(order.device_uuid), shelf.now())


def status_answer(order: Order, device: Device | None, now: datetime) -> dict[str, Any]:
    """The object of SPEC §6: rubles as a number, times with Moscow's offset, HTML sanitized."""
    status = shown_status(order, now)
    return {
        "order_id": order.order_id,
        "status": status.value,
        "status_text": STATUS_TEXTS[status],
        "drink_name": order.drink_name,
        "drink_size": Size(order.size).russian,
        "price": rubles_number(order.price),
        "expires_at": moscow_time(order.expires_at),
        "server_time": moscow_time(now),
        "payment_scenario": order.payment_scenario.value,
        "receipt": {"email": order.receipt_email.value},
        "refund": _refund(order),
        "poll_after_ms": poll_after_ms(order, now),
        "device": _device(device),
    }


def device_in_error(device: Device) -> dict[str, Any]:
    """What stands beside an error where the device is known."""
    return {
        "location": device.location,
        "logo_url": device.logo_url,
        "client_error_info": sanitize(device.client_error_info),
    }


def rendered(answer: dict[str, Any]) -> tuple[bytes, str]:
    """The answer as JSON, and a weak ETag over everything but `server_time`: rendered once for both."""
    stable = {name: value for name, value in answer.items() if name != "server_time"}
    encoded = json.dumps(stable, ensure_ascii=False, separators=(",", ":")).encode()
    body = encoded.removesuffix(b"}") + f',"server_time":"{answer["server_time"]}"}}'.encode()
    return body, f'W/"{hashlib.sha256(encoded).hexdigest()[:32]}"'


def moscow_time(moment: datetime) -> str:
    return moment.astimezone(MOSCOW).isoformat(timespec="milliseconds")


@lru_cache(maxsize=512)
def sanitize(html: str | None) -> str | None:
    """The operator's HTML without anything that runs or reaches out: text, emphasis, lists, links (SPEC §6)."""
    if html is None:
        return None
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def _device(device: Device | None) -> dict[str, Any]:
    if device is None:
        device = Device(device_uuid="")
    answer = device_in_error(device)
    return {**answer, **{name: sanitize(device.client_info.get(name)) for name in CLIENT_INFO}}


def _refund(order: Order) -> dict[str, Any] | None:
    refund = order.refund
    if refund is None:
        return None
    word = _REFUND_WORDS.get(refund.status, refund.status.value)
    return {"status": word, "amount": rubles_number(refund.amount)}
