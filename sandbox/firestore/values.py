"""Firestore's order over values of every type, and its limits on what a document may hold.

Order: https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering
Limits: https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.firestore.errors import invalid
from sandbox.firestore.names import parse_document

Key = tuple[Any, ...]
"""An order key: the type's rank first, then what compares within the type. Hashable."""

NULL, BOOLEAN, NAN, NUMBER, TIMESTAMP, STRING, BYTES, REFERENCE, GEO_POINT, ARRAY, VECTOR, MAP = range(12)
EQUAL_TO_NOTHING = frozenset({NULL, NAN})
"""Types whose values no comparison finds; the filters IS_NULL and IS_NAN do."""

_MAX_DOCUMENT_BYTES = 1_048_576
_MAX_STRING_BYTES = 1_048_487
_MAX_FIELD_NAME_BYTES = 1500
_MAX_DEPTH = 20
_RESERVED_FIELD = re.compile(r"__.*__")
_NUMERIC_ID = re.compile(r"__id(-?\d+)__")
_VECTOR_TYPE = "__vector__"
_YEAR_1, _YEAR_9999 = -62_135_596_800, 253_402_300_799


def order_key(value: Any) -> Key:
    """The order key of a protocol `Value`; equal keys are equal values, as 1 and 1.0 are."""
    kind = value.WhichOneof("value_type")
    return _ORDER_KEYS[kind](getattr(value, kind))


def reference_key(name: str) -> Key:
    """The order key of a document's name: segment by segment, numeric ids before the others."""
    return (REFERENCE, tuple(map(_segment_key, name.split("/"))))


def is_vector(map_value: Any) -> bool:
    """Whether a map is Firestore's spelling of a vector."""
    fields = map_value.fields
    return "__type__" in fields and fields["__type__"].string_value == _VECTOR_TYPE


def _segment_key(segment: str) -> tuple[int, int | str]:
    # The client's recursive queries use the lowest numeric id as "before everything in the collection".
    match = _NUMERIC_ID.fullmatch(segment) if segment.startswith("__id") else None
    return (1, segment) if match is None else (0, int(match[1]))


def _number_key(number: float) -> Key:
    return (NAN,) if math.isnan(number) else (NUMBER, number)


def _array_key(array: Any) -> Key:
    return (ARRAY, tuple(map(order_key, array.values)))


def _map_key(map_value: Any) -> Key:
    if is_vector(map_value):
        elements = map_value.fields["value"].array_value.values
        return (VECTOR, len(elements), tuple(map(order_key, elements)))
    return (MAP, tuple((name, order_key(value)) for name, value in sorted(map_value.fields.items())))


_ORDER_KEYS: dict[str, Callable[[Any], Key]] = {
    "null_value": lambda _: (NULL,),
    "boolean_value": lambda value: (BOOLEAN, value),
    "integer_value": lambda value: (NUMBER, value),
    "double_value": _number_key,
    "timestamp_value": lambda value: (TIMESTAMP, value.seconds, value.nanos),
    # Python orders strings by code point, which is the order of their UTF-8 bytes.
    "string_value": lambda value: (STRING, value),
    "bytes_value": lambda value: (BYTES, value),
    "reference_value": reference_key,
    "geo_point_value": lambda value: (GEO_POINT, value.latitude, value.longitude),
    "array_value": _array_key,
    "map_value": _map_key,
}


def _settle_fields(fields: Any, depth: int = 0) -> int:
    """Check a document's fields, cut timestamps to microseconds in place, and return their size in bytes."""
    size = 0
    for name, value in fields.items():
        size += _field_name_size(name) + _settle_value(value, depth)
    return size


def settle_document(path: str, fields: Any) -> None:
    """Check a whole document, its size included, and cut its timestamps; INVALID_ARGUMENT beyond a limit."""
    name_size = 16 + sum(len(segment.encode()) + 1 for segment in path.split("/"))
    size = name_size + _settle_fields(fields) + 32
    if size > _MAX_DOCUMENT_BYTES:
        raise invalid(f"maximum entity size is {_MAX_DOCUMENT_BYTES} bytes")


def _field_name_size(name: str) -> int:
    size = len(name.encode())
    if not size:
        raise invalid("The property.name is the empty string.")
    if size > _MAX_FIELD_NAME_BYTES:
        raise invalid(f"The property.name is longer than {_MAX_FIELD_NAME_BYTES} bytes.")
    if _RESERVED_FIELD.fullmatch(name):
        raise invalid(f"field name {name} is reserved")
    return size + 1


def _settle_value(value: Any, depth: int) -> int:
    kind = value.WhichOneof("value_type")
    fixed = _FIXED_SIZES.get(kind)
    if fixed is not None:
        return fixed
    if kind is None:
        raise invalid("Cannot convert firestore.v1.Value with type unset.")
    if kind in _CONTAINERS and depth >= _MAX_DEPTH:
        raise invalid(f"A property contains an entity nested deeper than {_MAX_DEPTH} levels.")
    return _SETTLERS[kind](getattr(value, kind), depth + 1)


def _settle_string(text: str, _depth: int) -> int:
    return _settle_bytes(text.encode(), _depth)


def _settle_bytes(content: bytes, _depth: int) -> int:
    if len(content) > _MAX_STRING_BYTES:
        raise invalid(f"The value of a property is longer than {_MAX_STRING_BYTES} bytes.")
    return len(content) + 1


def _settle_timestamp(timestamp: Any, _depth: int) -> int:
    if not _YEAR_1 <= timestamp.seconds <= _YEAR_9999:
        raise invalid("Timestamp seconds exceeds limit for field.")
    if timestamp.nanos % 1000:
        timestamp.nanos -= timestamp.nanos % 1000
    return 8


def _settle_reference(name: str, _depth: int) -> int:
    return 16 + sum(len(segment.encode()) + 1 for segment in parse_document(name).path.split("/"))


def _settle_geo_point(point: Any, _depth: int) -> int:
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise invalid(f"Geo point '{point.latitude},{point.longitude}' outside the permitted range.")
    return 16


def _settle_array(array: Any, depth: int) -> int:
    for value in array.values:
        if value.HasField("array_value"):
            raise invalid("Cannot convert an array value in an array value.")
    return sum(_settle_value(value, depth) for value in array.values)


def _settle_map(map_value: Any, depth: int) -> int:
    if is_vector(map_value):
        return 8 * len(map_value.fields["value"].array_value.values)
    return _settle_fields(map_value.fields, depth)


_CONTAINERS = frozenset({"array_value", "map_value"})
_FIXED_SIZES: Mapping[str | None, int] = {
    "null_value": 1,
    "boolean_value": 1,
    "integer_value": 8,
    "double_value": 8,
}
_SETTLERS: dict[str, Callable[[Any, int], int]] = {
    "string_value": _settle_string,
    "bytes_value": _settle_bytes,
    "timestamp_value": _settle_timestamp,
    "reference_value": _settle_reference,
    "geo_point_value": _settle_geo_point,
    "array_value": _settle_array,
    "map_value": _settle_map,
}
