"""Which provider takes the money in which scenario of a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from shared.domain.order import Order, Scenario

PROVIDERS: Mapping[Scenario, str] = {
    Scenario.YOOKASSA: "yookassa",
    Scenario.YOOKASSA_RECEIPT: "yookassa",
    Scenario.TBANK: "tbank",
}


def with_query(url: str, parameters: Mapping[str, object] | Sequence[tuple[str, str]]) -> str:
    """The address with these parameters appended to the query that it has."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(parameters, quote_via=quote))))
    return urlunsplit(parts._replace(query=query))


def external_page(redirect_url: str, order: Order) -> str:
    """Where a `Custom` device sends its customer: price in kopecks, size 0/1/2 (SPEC §6)."""
    return with_query(
        redirect_url,
        {
            "order_id": order.order_id,
            "drink_name": order.drink_name,
            "price": order.price,
            "size": order.size,
            "device_uuid": order.device_uuid,
            "merchant_id": order.merchant_id,
        },
    )
