"""Reading and changing one field of a document by its path, and cutting a document to a mask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.firestore.names import NAME, FieldPath, parse_field_path
from sandbox.firestore.protos import Document


def find(fields: Any, path: FieldPath) -> Any | None:
    """The `Value` at a path, or None. Asking a protobuf map for a missing key would create it."""
    *parents, last = path
    for segment in parents:
        if segment not in fields or not fields[segment].HasField("map_value"):
            return None
        fields = fields[segment].map_value.fields
    return fields.get(last)


def put(fields: Any, path: FieldPath, value: Any) -> None:
    """Set the value at a path; a parent that is no map becomes one."""
    *parents, last = path
    for segment in parents:
        fields = fields[segment].map_value.fields
    fields[last].CopyFrom(value)


def remove(fields: Any, path: FieldPath) -> None:
    """Delete the field at a path, if it is there; a parent left empty stays as an empty map."""
    *parents, last = path
    holder = find(fields, tuple(parents)) if parents else None
    if parents and (holder is None or not holder.HasField("map_value")):
        return
    inner = fields if holder is None else holder.map_value.fields
    if last in inner:
        del inner[last]


def masked(document: Any, paths: Iterable[FieldPath]) -> Any:
    """A copy of a document that holds only the fields at the paths; the name and times are always there."""
    cut = Document(name=document.name, create_time=document.create_time, update_time=document.update_time)
    for path in paths:
        value = None if path == NAME else find(document.fields, path)
        if value is not None:
            put(cut.fields, path, value)
    return cut


def mask_paths(mask: Any) -> list[FieldPath]:
    """The parsed paths of a `DocumentMask`."""
    return [parse_field_path(path) for path in mask.field_paths]
