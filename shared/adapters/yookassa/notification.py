"""What a YooKassa notification points at, and where it may come from (SPEC §6, §8). Nothing in it is believed."""

from __future__ import annotations

import ipaddress
from typing import Any

from shared.domain.order import is_order_id
from shared.ports import Notice

NAME = "yookassa"

# https://yookassa.ru/developers/using-api/webhooks, "IP addresses"
NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "185.71.76.0/27",
        "185.71.77.0/27",
        "77.75.153.0/25",
        "77.75.154.128/25",
        "77.75.156.11/32",
        "77.75.156.35/32",
        "2a02:5180::/32",
    )
)

PAYMENT_EVENTS = frozenset({"payment.succeeded", "payment.canceled", "payment.waiting_for_capture"})
REFUND_EVENTS = frozenset({"refund.succeeded"})


def read_notification(body: dict[str, Any]) -> Notice | None:
    """The payment to look at, None for an event that is not about payments. Raises ValueError when malformed."""
    event, thing = body.get("event"), body.get("object")
    if not isinstance(event, str) or not isinstance(thing, dict):
        raise ValueError("event")
    if event not in PAYMENT_EVENTS | REFUND_EVENTS:
        return None
    refund = event in REFUND_EVENTS
    payment_id = thing.get("payment_id" if refund else "id")
    if not isinstance(payment_id, str) or not 0 < len(payment_id) <= 64 or not payment_id.isascii():
        raise ValueError("object.id")
    metadata = thing.get("metadata")
    hint = metadata.get("order_id") if isinstance(metadata, dict) else None
    order_id = hint if is_order_id(hint) else None
    return Notice(provider=NAME, payment_id=payment_id, order_id=order_id, refund=refund)


def from_yookassa(address: str | None) -> bool:
    """True when this caller's address is one of YooKassa's networks; an unreadable address is not."""
    try:
        parsed = ipaddress.ip_address((address or "").strip())
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in network for network in NETWORKS)
