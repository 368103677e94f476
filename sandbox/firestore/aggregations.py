"""Aggregations over a query's documents: count, sum, average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.firestore.documents import StoredDocument
from sandbox.firestore.errors import invalid
from sandbox.firestore.fields import find
from sandbox.firestore.names import FieldPath, parse_field_path
from sandbox.firestore.protos import AggregationResult, Value

_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1


class Aggregation:
    """One checked `Aggregation` with the name under which its result is given."""

    def __init__(self, proto: Any, position: int) -> None:
        self.alias: str = proto.alias or f"field_{position}"
        self._kind = proto.WhichOneof("operator")
        if self._kind is None:
            raise invalid("Operator field in Aggregation is not set.")
        self._operator = getattr(proto, self._kind)

    @property
    def path(self) -> FieldPath | None:
        """The field that is summed up; a document without it is in no aggregation of the query."""
        return None if self._kind == "count" else parse_field_path(self._operator.field.field_path)

    def over(self, documents: Sequence[StoredDocument]) -> Any:
        """The result as a `Value`. The sum of nothing is 0, the average of nothing is null."""
        if self.path is None:
            return Value(integer_value=self._count(documents))
        numbers = _numbers(documents, self.path)
        if self._kind == "sum":
            return _number(sum(numbers))
        return Value(double_value=sum(numbers) / len(numbers)) if numbers else Value(null_value=0)

    def _count(self, documents: Sequence[StoredDocument]) -> int:
        if self._operator.HasField("up_to"):
            return min(len(documents), int(self._operator.up_to.value))
        return len(documents)


def parse_aggregations(proto: Any) -> list[Aggregation]:
    """The aggregations of a `StructuredAggregationQuery`; INVALID_ARGUMENT when there is none."""
    if not proto.aggregations:
        raise invalid("Aggregations can not be empty.")
    aggregations = [Aggregation(one, position) for position, one in enumerate(proto.aggregations, 1)]
    aliases = [aggregation.alias for aggregation in aggregations]
    for alias in aliases:
        if aliases.count(alias) > 1:
            raise invalid(f"Aggregation aliases contain duplicate alias: {alias}.")
    return aggregations


def aggregate(aggregations: Sequence[Aggregation], documents: Sequence[StoredDocument]) -> Any:
    """The `AggregationResult` over the documents that have every field that is summed up."""
    paths = [aggregation.path for aggregation in aggregations if aggregation.path is not None]
    complete = [one for one in documents if all(one.key(path) is not None for path in paths)]
    results = {aggregation.alias: aggregation.over(complete) for aggregation in aggregations}
    return AggregationResult(aggregate_fields=results)


def _numbers(documents: Sequence[StoredDocument], path: FieldPath) -> list[float]:
    found = (find(document.proto.fields, path) for document in documents)
    kinds = ((value, value.WhichOneof("value_type")) for value in found if value is not None)
    return [getattr(value, kind) for value, kind in kinds if kind in ("integer_value", "double_value")]


def _number(total: float) -> Any:
    if isinstance(total, int) and _MIN_INT <= total <= _MAX_INT:
        return Value(integer_value=total)
    return Value(double_value=float(total))
