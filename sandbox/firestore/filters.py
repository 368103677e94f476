"""A query's `where`: checked as Firestore checks it, then compiled to a predicate over documents."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.firestore import values
from sandbox.firestore.documents import StoredDocument
from sandbox.firestore.errors import invalid
from sandbox.firestore.names import NAME, FieldPath, parse_field_path
from sandbox.firestore.protos import StructuredQuery
from sandbox.firestore.values import ARRAY, EQUAL_TO_NOTHING, NAN, NULL, REFERENCE, Key, order_key

Predicate = Callable[[StoredDocument], bool]
KeyTest = Callable[[Key], bool]

_CompositeOperator = StructuredQuery.CompositeFilter.Operator
_FieldOperator = StructuredQuery.FieldFilter.Operator
_UnaryOperator = StructuredQuery.UnaryFilter.Operator

_MAX_VALUES = {"IN": 30, "ARRAY_CONTAINS_ANY": 30, "NOT_IN": 10}
_NEGATIONS = frozenset({"NOT_EQUAL", "NOT_IN", "IS_NOT_NAN", "IS_NOT_NULL"})
_BESIDE_NOT_IN = frozenset({"IN", "ARRAY_CONTAINS_ANY", "OR"})
_INEQUALITIES = _NEGATIONS | {"LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"}


def compile_filter(where: Any) -> Predicate:
    """The predicate of a `Filter`; INVALID_ARGUMENT when Firestore would not run it."""
    _check_combination([name for name, _ in _operators(where)])
    return _compile(where)


def inequality_fields(where: Any) -> set[FieldPath]:
    """The fields that a filter compares by anything but equality: results are sorted by them."""
    return {path for name, path in _operators(where) if name in _INEQUALITIES}


def _operators(where: Any) -> Iterator[tuple[str, FieldPath]]:
    kind = where.WhichOneof("filter_type")
    if kind == "composite_filter":
        yield _CompositeOperator.Name(where.composite_filter.op), ()
        for inner in where.composite_filter.filters:
            yield from _operators(inner)
    elif kind == "field_filter":
        yield _FieldOperator.Name(where.field_filter.op), _path(where.field_filter)
    elif kind == "unary_filter":
        yield _UnaryOperator.Name(where.unary_filter.op), _path(where.unary_filter)
    else:
        raise invalid("Unknown Filter type.")


def _path(filter_: Any) -> FieldPath:
    return parse_field_path(filter_.field.field_path)


def _check_combination(names: list[str]) -> None:
    if sum(name in _NEGATIONS for name in names) > 1:
        raise invalid("Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query.")
    if "NOT_IN" in names and _BESIDE_NOT_IN.intersection(names):
        raise invalid("'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'.")


def _compile(where: Any) -> Predicate:
    kind = where.WhichOneof("filter_type")
    if kind == "composite_filter":
        return _compile_composite(where.composite_filter)
    if kind == "field_filter":
        return _on_field(_path(where.field_filter), _field_test(where.field_filter))
    return _on_field(_path(where.unary_filter), _unary_test(where.unary_filter))


def _compile_composite(composite: Any) -> Predicate:
    name = _CompositeOperator.Name(composite.op)
    inner = [_compile(one) for one in composite.filters]
    if name == "OR":
        return lambda document: any(test(document) for test in inner)
    if name != "AND":
        raise invalid("Unsupported CompositeFilter operator.")
    if sum(one.field_filter.op == _FieldOperator.Value("ARRAY_CONTAINS") for one in composite.filters) > 1:
        raise invalid("A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.")
    return lambda document: all(test(document) for test in inner)


def _on_field(path: FieldPath, test: KeyTest) -> Predicate:
    def predicate(document: StoredDocument) -> bool:
        key = document.key(path)
        return key is not None and test(key)

    return predicate


def _unary_test(unary: Any) -> KeyTest:
    tests: dict[str, KeyTest] = {
        "IS_NULL": lambda key: key[0] == NULL,
        "IS_NAN": lambda key: key[0] == NAN,
        "IS_NOT_NULL": lambda key: key[0] != NULL,
        "IS_NOT_NAN": lambda key: key[0] not in EQUAL_TO_NOTHING,
    }
    name = _UnaryOperator.Name(unary.op)
    if name not in tests:
        raise invalid("Unknown UnaryFilter operator.")
    return tests[name]


def _field_test(field_filter: Any) -> KeyTest:
    name = _FieldOperator.Name(field_filter.op)
    if name in _MAX_VALUES:
        return _list_test(name, _operands(name, field_filter))
    operand = order_key(field_filter.value)
    _check_name_operand(field_filter, [operand])
    if name in _COMPARISONS:
        return _comparison(_COMPARISONS[name], operand)
    if name == "EQUAL":
        return lambda key: key == operand and key[0] not in EQUAL_TO_NOTHING
    if name == "NOT_EQUAL":
        return lambda key: key != operand and NULL not in (key[0], operand[0])
    if name == "ARRAY_CONTAINS":
        return _contains_any([operand])
    raise invalid("Unknown FieldFilter operator.")


_COMPARISONS: dict[str, Callable[[Key, Key], bool]] = {
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL": operator.le,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
}


def _comparison(compare: Callable[[Key, Key], bool], operand: Key) -> KeyTest:
    # A comparison finds values of its operand's own type only, though an order has them all in one row.
    rank = operand[0]
    return lambda key: key[0] == rank and rank not in EQUAL_TO_NOTHING and compare(key, operand)


def _operands(name: str, field_filter: Any) -> list[Key]:
    if not field_filter.value.HasField("array_value"):
        raise invalid(f"'{name}' requires an ArrayValue.")
    operands = [order_key(value) for value in field_filter.value.array_value.values]
    if not operands:
        raise invalid(f"'{name}' requires an non-empty ArrayValue.")
    if len(operands) > _MAX_VALUES[name]:
        raise invalid(f"'{name}' supports up to {_MAX_VALUES[name]} comparison values.")
    _check_name_operand(field_filter, operands)
    return operands


def _check_name_operand(field_filter: Any, operands: list[Key]) -> None:
    if _path(field_filter) == NAME and any(operand[0] != REFERENCE for operand in operands):
        raise invalid("__key__ filter value must be a Key")


def _list_test(name: str, operands: list[Key]) -> KeyTest:
    if name == "ARRAY_CONTAINS_ANY":
        return _contains_any(operands)
    found = _findable(operands)
    if name == "IN":
        return lambda key: key in found
    if (values.NULL,) in operands:
        return lambda _: False
    return lambda key: key[0] != NULL and key not in found


def _contains_any(operands: list[Key]) -> KeyTest:
    found = _findable(operands)
    return lambda key: key[0] == ARRAY and not found.isdisjoint(key[1])


def _findable(operands: list[Key]) -> frozenset[Key]:
    return frozenset(operand for operand in operands if operand[0] not in EQUAL_TO_NOTHING)
