"""Strict reading of the three Tmetr calls: what SPEC §11 does not show is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.tmetr.menu import SIZES

_PRICE_KEYS = {"deviceId", "drinkIdAtDevice", "drinkSize"}
_HEARTBEAT_KEYS = {"deviceIds", "offset", "limit"}
_MAKE_KEYS = {"deviceId", "orderUuid", "drinkUuid", "size", "price"}


class BadBody(ValueError):
    """A body that the real Tmetr is not known to accept; the text says what is wrong."""


@dataclass(frozen=True)
class PriceQuestion:
    device_id: str
    drink_no: str
    size: str


@dataclass(frozen=True)
class MakeCommand:
    """`price` is kopecks; `size` is lower case, unlike in the price call."""

    device_id: str
    order_uuid: str
    drink_uuid: str
    size: str
    price: int


def read_price(body: object) -> PriceQuestion:
    fields = _object(body, _PRICE_KEYS)
    size = _text(fields, "drinkSize")
    if size not in SIZES:
        raise BadBody(f"drinkSize must be one of {', '.join(SIZES)}")
    return PriceQuestion(_text(fields, "deviceId"), _text(fields, "drinkIdAtDevice"), size)


def read_heartbeat(body: object) -> list[str]:
    """The device ids asked about."""
    fields = _object(body, _HEARTBEAT_KEYS)
    ids = fields["deviceIds"]
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and one for one in ids):
        raise BadBody("deviceIds must be a list of strings")
    if _whole(fields, "offset") < 0 or _whole(fields, "limit") < 1:
        raise BadBody("offset must be 0 or more, limit 1 or more")
    return ids


def read_make(body: object) -> MakeCommand:
    """The one command of the array; the real API takes an array, never a bare object."""
    if not isinstance(body, list) or len(body) != 1:
        raise BadBody("the body must be an array of one command")
    fields = _object(body[0], _MAKE_KEYS)
    size = _text(fields, "size")
    if size not in [known.lower() for known in SIZES]:
        raise BadBody("size must be small, medium or big")
    if _whole(fields, "price") <= 0:
        raise BadBody("price must be a positive number of kopecks")
    return MakeCommand(
        device_id=_text(fields, "deviceId"),
        order_uuid=_text(fields, "orderUuid"),
        drink_uuid=_text(fields, "drinkUuid"),
        size=size,
        price=_whole(fields, "price"),
    )


def _object(value: object, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadBody("a JSON object is expected")
    if missing := keys - set(value):
        raise BadBody(f"missing: {', '.join(sorted(missing))}")
    if unknown := set(value) - keys:
        raise BadBody(f"unknown: {', '.join(sorted(unknown))}")
    return value


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or not value:
        raise BadBody(f"{name} must be a non-empty string")
    return value


def _whole(fields: dict[str, Any], name: str) -> int:
    value = fields[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadBody(f"{name} must be an integer")
    return value
