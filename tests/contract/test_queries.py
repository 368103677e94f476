"""Filters, orders, limits, projections and the places that queries search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import And, Client, CollectionReference, FieldFilter, Or, Query

F = FieldFilter


def label(case: Any) -> str | None:
    """A test id for filters: their own text is an address, different in every process."""
    if isinstance(case, FieldFilter):
        return f"{case.field_path} {case.op_string} {case.value}"[:40]
    if isinstance(case, And | Or):
        return f"{type(case).__name__}({label(case.filters)})"
    return "; ".join(str(label(one)) for one in case) if isinstance(case, list) else None


ORDERS: dict[str, dict[str, Any]] = {
    "a": {"due": 1, "status": "paid", "tags": [1, 2], "seen": 1},
    "b": {"due": 1, "status": "pending", "tags": [2]},
    "c": {"due": 2, "status": "paid", "tags": [3], "seen": 1},
    "d": {"due": 2, "status": "pending", "tags": []},
    "e": {"due": 3, "status": "paid", "tags": [1], "seen": 1, "make": {"tries": {"n": 2}}},
    "f": {"due": 3, "status": None, "tags": [1]},
    "g": {"due": None, "status": "pending", "tags": None, "make": {"tries": {"n": 1}}},
}


@pytest.fixture
def stored(client: Client, orders: CollectionReference) -> CollectionReference:
    """The collection with the seven orders above."""
    batch = client.batch()
    for order_id, fields in ORDERS.items():
        batch.set(orders.document(order_id), fields)
    batch.commit()
    return orders


def ids(query: Any) -> str:
    return "".join(snapshot.id for snapshot in query.stream())


def where(collection: CollectionReference, filters: Iterable[Any]) -> Any:
    query: Any = collection
    for one in filters:
        query = query.where(filter=one)
    return query


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], "abcdefg"),
        ([F("due", "==", 2)], "cd"),
        ([F("due", "==", 2.0)], "cd"),
        ([F("due", "==", "2")], ""),
        ([F("status", "==", None)], "f"),
        ([F("status", "!=", None)], "acebdg"),
        ([F("due", "!=", 2)], "abef"),
        ([F("due", "<", 2)], "ab"),
        ([F("due", "<=", 2)], "abcd"),
        ([F("due", ">", 2)], "ef"),
        ([F("due", ">=", 2)], "cdef"),
        ([F("due", ">", 1), F("due", "<", 3)], "cd"),
        ([F("due", "in", [1, 3, None])], "abef"),
        ([F("due", "not-in", [1, 9])], "cdef"),
        ([F("due", "not-in", [1, None])], ""),
        ([F("tags", "array_contains", 2)], "ab"),
        ([F("tags", "array_contains", 2), F("status", "==", "paid")], "a"),
        ([F("tags", "array_contains_any", [2, 3])], "abc"),
        ([F("tags", "==", [1])], "ef"),
        ([F("make.tries.n", ">=", 1)], "ge"),
        ([F("make", "==", {"tries": {"n": 2}})], "e"),
        ([F("due", "==", 1), F("status", "==", "pending")], "b"),
        ([F("due", ">", 1), F("status", ">", "p")], "cde"),
        ([F("due", "in", [1, 2]), F("status", "in", ["paid"])], "ac"),
        ([F("none", "==", 1)], ""),
        ([F("none", "!=", 1)], ""),
        ([Or([F("due", "==", 3), F("status", "==", "pending")])], "bdefg"),
        ([Or([F("due", ">", 2), F("status", "==", "pending")])], "gbdef"),
        ([Or([F("seen", ">", 0), F("due", "==", 2)])], "ace"),
        ([And([F("seen", "==", 1), Or([F("due", "==", 3), F("due", "==", 1)])])], "ae"),
    ],
    ids=label,
)
def test_a_filter_finds_its_documents_in_order(stored: CollectionReference, filters: list[Any], expected: str) -> None:
    assert ids(where(stored, filters)) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([("due", "ASCENDING")], "gabcdef"),
        ([("due", "DESCENDING")], "fedcbag"),
        ([("due", "ASCENDING"), ("status", "DESCENDING")], "gbadcef"),
        ([("due", "DESCENDING"), ("status", "ASCENDING")], "fecdabg"),
        ([("status", "ASCENDING"), ("due", "DESCENDING")], "fecadbg"),
        ([("status", "ASCENDING"), ("__name__", "DESCENDING")], "fecagdb"),
        ([("seen", "ASCENDING")], "ace"),
        ([("make.tries.n", "ASCENDING")], "ge"),
        ([("none", "ASCENDING")], ""),
    ],
)
def test_an_order_sorts_and_leaves_out_documents_without_the_field(
    stored: CollectionReference, keys: list[tuple[str, str]], expected: str
) -> None:
    query: Any = stored
    for field, direction in keys:
        query = query.order_by(field, direction=direction)
    assert ids(query) == expected


def test_an_explicit_order_goes_before_that_of_an_inequality(stored: CollectionReference) -> None:
    assert ids(where(stored, [F("due", ">", 1)]).order_by("status")) == "fced"
    by_due = where(stored, [F("status", ">", "p")]).order_by("due", direction=Query.DESCENDING)
    assert ids(by_due) == "edcbag"


def test_limits_and_offsets_cut_the_result(stored: CollectionReference) -> None:
    by_due = stored.order_by("due")
    assert ids(by_due.limit(2)) == "ga"
    assert ids(by_due.offset(2).limit(2)) == "bc"
    assert ids(by_due.offset(99)) == ""
    assert ids(by_due.limit(0)) == ""
    assert "".join(found.id for found in by_due.limit_to_last(2).get()) == "ef"


def test_a_projection_holds_only_the_selected_fields(stored: CollectionReference) -> None:
    (found,) = where(stored, [F("due", "==", 3), F("seen", "==", 1)]).select(["due", "make.tries"]).get()
    assert found.to_dict() == {"due": 3, "make": {"tries": {"n": 2}}}
    assert [found.to_dict() for found in stored.select([]).limit(2).get()] == [{}, {}]


def test_the_name_is_a_field_to_filter_by(stored: CollectionReference) -> None:
    def by_name(operation: str, *names: str) -> Any:
        references = [stored.document(name) for name in names]
        value = references if "in" in operation else references[0]
        return where(stored, [F("__name__", operation, value)])

    assert ids(by_name("==", "c")) == "c"
    assert ids(by_name(">", "e")) == "fg"
    assert ids(by_name("in", "c", "a", "zz")) == "ac"
    assert ids(by_name("!=", "c")) == "abdefg"


@pytest.mark.parametrize(
    "filters",
    [
        [F("due", "in", [])],
        [F("due", "not-in", [])],
        [F("tags", "array_contains_any", [])],
        [F("due", "in", list(range(31)))],
        [F("due", "not-in", list(range(11)))],
        [F("due", "in", 5)],
        [F("due", "!=", 1), F("status", "!=", "paid")],
        [F("due", "not-in", [1]), F("status", "in", ["paid"])],
        [Or([F("due", "not-in", [1]), F("status", "==", "paid")])],
        [F("tags", "array_contains", 1), F("tags", "array_contains", 2)],
        [F("__name__", "==", "a")],
    ],
    ids=label,
)
def test_a_filter_that_firestore_does_not_run_is_invalid(stored: CollectionReference, filters: list[Any]) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        ids(where(stored, filters))


def test_negative_and_contradictory_clauses_are_invalid(stored: CollectionReference) -> None:
    for query in (stored.limit(-1), stored.offset(-1), stored.order_by("due").order_by("due")):
        with pytest.raises(exceptions.InvalidArgument):
            ids(query)


def test_a_query_searches_its_own_collection_only(client: Client) -> None:
    paths = ["logs/1", "devices/1/logs/2", "devices/1/logs/2/logs/3", "devices/2/logs/4", "devices/1/notes/5"]
    for path in paths:
        client.document(path).set({"n": 5 - int(path[-1])})
    assert ids(client.collection("devices/1/logs")) == "2"
    assert ids(client.collection_group("logs")) == "2341"
    assert ids(client.collection_group("logs").order_by("n")) == "4321"
    assert ids(client.collection_group("logs").where(filter=F("n", ">", 2))) == "21"
    after = {"__name__": client.document("devices/1/logs/2")}
    assert ids(client.collection_group("logs").order_by("__name__").start_after(after)) == "341"
    assert ids(client.collection("none")) == ""


def test_the_results_carry_times_and_references(client: Client, stored: CollectionReference) -> None:
    (found,) = where(stored, [F("seen", "==", 1), F("due", "==", 1)]).get()
    alone = stored.document("a").get()
    assert found.reference == client.document("orders/a")
    assert (found.create_time, found.update_time) == (alone.create_time, alone.update_time)
    assert found.read_time >= found.update_time
