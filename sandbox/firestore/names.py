"""Resource names and field paths: `projects/p/databases/d/documents/orders/1`, `` attempts.`a b` ``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from sandbox.firestore.errors import invalid

FieldPath = tuple[str, ...]
NAME: FieldPath = ("__name__",)

_DATABASE = re.compile(r"projects/[^/]+/databases/[^/]+")
_SEGMENT = re.compile(r"([a-zA-Z_][a-zA-Z_0-9]*)|`((?:[^`\\]|\\.)+)`")
_RESERVED = re.compile(r"__.*__")
_MAX_ID_BYTES = 1500


class DocumentName(NamedTuple):
    """A document's place: `database` in full, `collection` as a path below `documents`, and its id."""

    database: str
    collection: str
    id: str

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.id}"

    def __str__(self) -> str:
        return f"{self.database}/documents/{self.path}"


def check_database(name: str) -> str:
    """The name of a database, as it came."""
    if not _DATABASE.fullmatch(name):
        raise invalid(f'Database name "{name}" is not of the form projects/*/databases/*.')
    return name


@lru_cache(maxsize=8192)
def parse_document(name: str) -> DocumentName:
    """Split a document's resource name; INVALID_ARGUMENT when it names no document."""
    database, path = parse_parent(name)
    collection, _, document_id = path.rpartition("/")
    if not collection:
        raise invalid(f'Document name "{name}" lacks a collection or a document id.')
    return DocumentName(database, collection, document_id)


def parse_parent(name: str) -> tuple[str, str]:
    """Split the name of a document, or of the root above all collections (path "")."""
    database, separator, path = name.partition("/documents")
    if not separator or not _DATABASE.fullmatch(database):
        raise invalid(f'Resource name "{name}" is not below projects/*/databases/*/documents.')
    if not path:
        return database, ""
    segments = path[1:].split("/")
    if path[0] != "/" or len(segments) % 2:
        raise invalid(f'Resource name "{name}" does not name a document.')
    for segment in segments:
        _check_id(segment)
    return database, path[1:]


def check_collection_id(collection_id: str) -> str:
    """The id of one collection, as it came."""
    if "/" in collection_id:
        raise invalid(f'Collection id "{collection_id}" is invalid because it contains "/".')
    _check_id(collection_id)
    return collection_id


def _check_id(segment: str) -> None:
    if not segment or segment in (".", ".."):
        raise invalid(f'Resource id "{segment}" is not allowed.')
    if _RESERVED.fullmatch(segment):
        raise invalid(f'Resource id "{segment}" is invalid because it is reserved.')
    if len(segment.encode()) > _MAX_ID_BYTES:
        raise invalid(f"A resource id is longer than {_MAX_ID_BYTES} bytes.")


@lru_cache(maxsize=8192)
def parse_field_path(path: str) -> FieldPath:
    """Split a dotted field path; a segment that is no plain word stands between backticks."""
    segments: list[str] = []
    position = 0
    while True:
        match = _SEGMENT.match(path, position)
        if match is None:
            raise invalid(f'Invalid property path "{path}".')
        segments.append(match[1] or re.sub(r"\\(.)", r"\1", match[2]))
        position = match.end()
        if position == len(path):
            return tuple(segments)
        if path[position] != ".":
            raise invalid(f'Invalid property path "{path}".')
        position += 1
