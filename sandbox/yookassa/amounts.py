"""Money as the API writes it: `{"value": "150.00", "currency": "RUB"}`; an int of kopecks inside."""

from __future__ import annotations

import re
from decimal import Decimal

from sandbox.serving import Json
from sandbox.yookassa.errors import bad

_VALUE = re.compile(r"\d{1,9}(\.\d{1,2})?")


def parse_amount(raw: object, parameter: str, expected_currency: str = "RUB") -> int:
    """Kopecks of an amount object; raises Refused unless it is a positive sum in the currency."""
    if not isinstance(raw, dict):
        raise bad(parameter, "Amount is missing or is not an object")
    value, currency = raw.get("value"), raw.get("currency")
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise bad(f"{parameter}.value", "Incorrect amount value: a string like 150.00 is expected")
    if currency != expected_currency:
        raise bad(f"{parameter}.currency", "Unsupported currency")
    kopecks = int(Decimal(value) * 100)
    if kopecks <= 0:
        raise bad(f"{parameter}.value", "The amount must be greater than zero")
    return kopecks


def amount_of(kopecks: int, currency: str = "RUB") -> Json:
    """The amount object of a sum in kopecks."""
    return {"value": f"{kopecks // 100}.{kopecks % 100:02d}", "currency": currency}


def kopecks_of(owner: Json) -> int:
    """The sum of a payment or refund that the API has made, in kopecks."""
    return int(Decimal(owner["amount"]["value"]) * 100)
