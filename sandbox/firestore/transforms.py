"""Field transforms: server timestamp, increment, maximum, minimum, array union and removal.

Each takes the field's present value (None when there is none) and gives the new one.
Source: google.firestore.v1.DocumentTransform.FieldTransform in the API's protos.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from sandbox.firestore import values
from sandbox.firestore.errors import invalid
from sandbox.firestore.fields import find, put
from sandbox.firestore.names import parse_field_path
from sandbox.firestore.protos import Value, from_micros

_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
_NUMBERS = frozenset({"integer_value", "double_value"})


def apply_transform(fields: Any, transform: Any, at: int) -> Any:
    """Change one field in place; return the `Value` that the write result tells the client."""
    kind = transform.WhichOneof("transform_type")
    if kind is None:
        raise invalid("A field transform is without its type.")
    path = parse_field_path(transform.field_path)
    current = find(fields, path)
    if kind == "set_to_server_value":
        changed = _request_time(at)
    else:
        changed = _TRANSFORMS[kind](current, getattr(transform, kind))
    put(fields, path, changed)
    return Value(null_value=0) if kind in _ARRAY_TRANSFORMS else changed


def _request_time(at: int) -> Any:
    # Firestore's server timestamps have millisecond precision, unlike its update times.
    return Value(timestamp_value=from_micros(at - at % 1000))


def _number(value: Any) -> Any | None:
    kind = value.WhichOneof("value_type") if value is not None else None
    return getattr(value, kind) if kind in _NUMBERS else None


def _operand(value: Any) -> Any:
    number = _number(value)
    if number is None:
        raise invalid("Input must be int64 or double.")
    return number


def _increment(current: Any | None, by: Any) -> Any:
    number, operand = _number(current), _operand(by)
    if number is None:
        return by
    total = number + operand
    if isinstance(total, float):
        return Value(double_value=total)
    return Value(integer_value=min(max(total, _MIN_INT), _MAX_INT))


def _maximum(current: Any | None, other: Any) -> Any:
    number, operand = _number(current), _operand(other)
    # NaN wins in both directions; of equal numbers the stored one stays.
    return current if number is not None and (math.isnan(number) or number >= operand) else other


def _minimum(current: Any | None, other: Any) -> Any:
    number, operand = _number(current), _operand(other)
    return current if number is not None and (math.isnan(number) or number <= operand) else other


def _append_missing(current: Any | None, added: Any) -> Any:
    kept = list(current.array_value.values) if current is not None else []
    known = {values.order_key(value) for value in kept}
    for value in added.values:
        if values.order_key(value) not in known:
            known.add(values.order_key(value))
            kept.append(value)
    return _array(kept)


def _remove_all(current: Any | None, removed: Any) -> Any:
    unwanted = {values.order_key(value) for value in removed.values}
    kept = list(current.array_value.values) if current is not None else []
    return _array([value for value in kept if values.order_key(value) not in unwanted])


def _array(elements: list[Any]) -> Any:
    result = Value()
    result.array_value.SetInParent()
    result.array_value.values.extend(elements)
    return result


_TRANSFORMS: dict[str, Callable[[Any | None, Any], Any]] = {
    "increment": _increment,
    "maximum": _maximum,
    "minimum": _minimum,
    "append_missing_elements": _append_missing,
    "remove_all_from_array": _remove_all,
}
_ARRAY_TRANSFORMS = frozenset({"append_missing_elements", "remove_all_from_array"})
