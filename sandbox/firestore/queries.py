"""Structured queries: source, filter, order, cursors, offset and limit, projection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import grpc

from sandbox.firestore.documents import Documents, StoredDocument
from sandbox.firestore.errors import FirestoreError, invalid, unimplemented
from sandbox.firestore.fields import masked
from sandbox.firestore.filters import compile_filter, inequality_fields
from sandbox.firestore.names import NAME, FieldPath, check_collection_id, parse_field_path
from sandbox.firestore.protos import StructuredQuery
from sandbox.firestore.values import REFERENCE, Key, order_key

_DESCENDING = StructuredQuery.DESCENDING


class Order(NamedTuple):
    """One sort key of a query."""

    path: FieldPath
    descending: bool

    def key(self, document: StoredDocument) -> Key:
        """What a document is sorted by, here."""
        return document.key_here(self.path)


class Query:
    """A `StructuredQuery` below a parent path, checked once and then run on any state of the documents."""

    def __init__(self, parent: str, proto: Any) -> None:
        self._proto = proto
        self._parent = parent
        self._collection_id, self._descend = _source(proto)
        self._matches = compile_filter(proto.where) if proto.HasField("where") else None
        self._orders = _orders(proto)
        self._start = _cursor(proto, "start_at", self._orders)
        self._end = _cursor(proto, "end_at", self._orders)
        self._limit = _limit(proto)

    @property
    def offset(self) -> int:
        """How many matching documents are passed over (and billed)."""
        return int(self._proto.offset)

    def run(self, documents: Documents) -> list[StoredDocument]:
        """The matching documents in the query's order."""
        found = documents.below(self._parent, self._collection_id, descend=self._descend)
        matching = self._sorted(document for document in found if self._takes(document))
        within = [document for document in matching if self._between_cursors(document)]
        end = None if self._limit is None else self.offset + self._limit
        return within[self.offset : end]

    def project(self, document: StoredDocument) -> Any:
        """The protocol document as the query's `select` wants it."""
        if not self._proto.HasField("select"):
            return document.proto
        paths = [parse_field_path(field.field_path) for field in self._proto.select.fields]
        return masked(document.proto, paths)

    def _takes(self, document: StoredDocument) -> bool:
        if self._matches is not None and not self._matches(document):
            return False
        # An index has no entry for a document without the field: such a document is not in the result.
        return all(document.key(order.path) is not None for order in self._orders)

    def _sorted(self, documents: Iterable[StoredDocument]) -> list[StoredDocument]:
        result = list(documents)
        for order in reversed(self._orders):
            result.sort(key=order.key, reverse=order.descending)
        return result

    def _between_cursors(self, document: StoredDocument) -> bool:
        if self._start is not None:
            side = self._side(document, self._start)
            if side < 0 or (side == 0 and not self._proto.start_at.before):
                return False
        if self._end is not None:
            side = self._side(document, self._end)
            return side < 0 or (side == 0 and not self._proto.end_at.before)
        return True

    def _side(self, document: StoredDocument, cursor: list[Key]) -> int:
        """-1, 0 or 1: before, at or behind the cursor. A cursor of fewer values than orders is a prefix."""
        for order, limit in zip(self._orders, cursor, strict=False):
            key = order.key(document)
            if key != limit:
                return 1 if (key > limit) != order.descending else -1
        return 0


def _source(proto: Any) -> tuple[str, bool]:
    if proto.HasField("find_nearest"):
        raise unimplemented("search by vector")
    if len(proto.from_) > 1:
        raise invalid("StructuredQuery.from cannot have more than one collection selector.")
    for selector in proto.from_:
        if selector.collection_id:
            check_collection_id(selector.collection_id)
        return selector.collection_id, selector.all_descendants
    return "", False


def _orders(proto: Any) -> list[Order]:
    """The sort keys: those asked for, then the fields of inequalities, then the name, which decides ties."""
    orders = [
        Order(parse_field_path(order.field.field_path), order.direction == _DESCENDING) for order in proto.order_by
    ]
    named = [order.path for order in orders]
    for path in named:
        if named.count(path) > 1:
            raise invalid(f"order by clause cannot contain duplicate fields {'.'.join(path)}")
    if orders == [Order(NAME, True)] and not proto.HasField("where"):
        raise FirestoreError(grpc.StatusCode.FAILED_PRECONDITION, "Firestore does not support descending key scans")
    descending = orders[-1].descending if orders else False
    compared = inequality_fields(proto.where) if proto.HasField("where") else set()
    for path in [*sorted(compared - {NAME}), NAME]:
        if path not in named:
            orders.append(Order(path, descending))
    return orders


def _cursor(proto: Any, which: str, orders: list[Order]) -> list[Key] | None:
    if not proto.HasField(which):
        return None
    cursor = [order_key(value) for value in getattr(proto, which).values]
    if len(cursor) > len(proto.order_by):
        raise invalid("Cursor has too many values.")
    for order, key in zip(orders, cursor, strict=False):
        if order.path == NAME and key[0] != REFERENCE:
            raise invalid("Cursor __key__ value is not a document reference.")
    # A cursor without values stands before everything, whichever end it is.
    return cursor or None


def _limit(proto: Any) -> int | None:
    if proto.offset < 0:
        raise invalid("offset is negative")
    if not proto.HasField("limit"):
        return None
    if proto.limit.value < 0:
        raise invalid("limit is negative")
    return int(proto.limit.value)
