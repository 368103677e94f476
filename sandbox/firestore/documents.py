"""The documents of one database at one moment, by collection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.firestore.fields import find
from sandbox.firestore.names import NAME, DocumentName, FieldPath
from sandbox.firestore.protos import to_micros
from sandbox.firestore.values import Key, order_key, reference_key


class StoredDocument:
    """One version of a document. It never changes, so it is shared between snapshots and threads."""

    __slots__ = ("_keys", "proto", "version")

    def __init__(self, proto: Any) -> None:
        self.proto = proto
        self.version = to_micros(proto.update_time)
        self._keys: dict[FieldPath, Key | None] = {NAME: reference_key(proto.name)}

    def key(self, path: FieldPath) -> Key | None:
        """The order key of the field at a path (None: no such field), worked out once per version."""
        if path not in self._keys:
            value = find(self.proto.fields, path)
            self._keys[path] = None if value is None else order_key(value)
        return self._keys[path]

    def key_here(self, path: FieldPath) -> Key:
        """The order key of a field that is known to be there."""
        key = self.key(path)
        if key is None:
            raise KeyError(path)
        return key


class Documents:
    """Documents by collection path and id. A collection exists while it holds a document."""

    def __init__(self, collections: dict[str, dict[str, StoredDocument]] | None = None) -> None:
        self._collections = collections or {}

    def find(self, name: DocumentName) -> StoredDocument | None:
        """The document of a name, or None."""
        return self._collections.get(name.collection, {}).get(name.id)

    def put(self, name: DocumentName, document: StoredDocument) -> None:
        """Store or replace a document."""
        self._collections.setdefault(name.collection, {})[name.id] = document

    def remove(self, name: DocumentName) -> None:
        """Remove a document, if it is there."""
        collection = self._collections.get(name.collection, {})
        collection.pop(name.id, None)
        if not collection:
            self._collections.pop(name.collection, None)

    def clear(self) -> None:
        """Remove every document."""
        self._collections.clear()

    def copy(self) -> Documents:
        """A snapshot; the documents themselves are shared."""
        return Documents({path: dict(held) for path, held in self._collections.items()})

    def below(self, parent: str, collection_id: str, *, descend: bool) -> Iterator[StoredDocument]:
        """The documents of the collections below a parent path; an empty collection id means any."""
        if collection_id and not descend:
            yield from self._collections.get(_join(parent, collection_id), {}).values()
            return
        for path, held in self._collections.items():
            inner = _inside(path, parent)
            if inner and (descend or "/" not in inner) and collection_id in ("", inner.rpartition("/")[2]):
                yield from held.values()

    def collection_ids(self, parent: str) -> list[str]:
        """The ids of the collections directly below a parent path, those of missing documents included."""
        inner_paths = (_inside(path, parent) for path in self._collections)
        return sorted({inner.split("/")[0] for inner in inner_paths if inner})

    def document_ids(self, parent: str, collection_id: str) -> list[str]:
        """The ids in a collection, those of missing documents with collections of their own included."""
        path = _join(parent, collection_id)
        deeper = (_inside(other, path) for other in self._collections)
        return sorted({*self._collections.get(path, {}), *(inner.split("/")[0] for inner in deeper if inner)})


def _join(parent: str, child: str) -> str:
    return f"{parent}/{child}" if parent else child


def _inside(path: str, parent: str) -> str:
    """What of a path lies below a parent; "" when it does not lie there."""
    if not parent:
        return path
    return path[len(parent) + 1 :] if path.startswith(parent + "/") else ""
