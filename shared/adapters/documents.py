"""Orders as Firestore documents and back: the dataclasses of the domain are the schema."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from shared.domain.order import Order
from shared.domain.schedule import due_at

Convert = Callable[[Any], Any]


def order_document(order: Order) -> dict[str, Any]:
    """The document of this order, with what queries need beside it: `due_at` and `payment_refs`."""
    document: dict[str, Any] = _plain(order)
    document["due_at"] = due_at(order)
    document["payment_refs"] = sorted(
        {ref for attempt in order.attempts for ref in (attempt.payment_id, attempt.idempotence_key) if ref}
    )
    return document


def read_order(order_id: str, document: Mapping[str, Any]) -> Order:
    """The order of this document. Raises ValueError when it is none; unknown fields are left alone."""
    try:
        order = _reader(Order)({**document, "order_id": order_id})
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"orders/{order_id} is not an order: {error}") from error
    assert isinstance(order, Order)
    return order


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


@cache
def _reader(kind: Any) -> Convert:
    """A converter from a document's value to `kind`, built once from the type hints."""
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(kind)
    origin = get_origin(kind)
    if origin in (UnionType, Union):
        inner = _reader(next(arg for arg in get_args(kind) if arg is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _reader(get_args(kind)[0])
        return lambda value: tuple(item(each) for each in value)
    if origin is dict:
        return lambda value: dict(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    return _scalar_reader(kind)


def _scalar_reader(kind: Any) -> Convert:
    def read(value: Any) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TypeError(f"{kind.__name__} is expected, not {type(value).__name__}")
        if kind is datetime and value.tzinfo is None:
            raise TypeError("a time without a zone")
        return value

    return read


def _dataclass_reader(kind: Any) -> Convert:
    hints = get_type_hints(kind)
    readers = [(field.name, _reader(hints[field.name])) for field in dataclasses.fields(kind)]

    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"a map is expected for {kind.__name__}")
        return kind(**{name: convert(value[name]) for name, convert in readers if name in value})

    return read
