"""Reading several documents, parts of documents, lists of documents and of collections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from google.cloud.firestore import Client, CollectionReference, GeoPoint
from google.cloud.firestore_v1.vector import Vector


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**63 - 1,
        1.5,
        float("-inf"),
        "",
        "Молочная пена 🍵",
        b"\x00\xff",
        GeoPoint(55.75, 37.62),
        [],
        [1, "a", None, {"b": [2]}],
        {},
        {"a": {"b": {"c": 1}}, "точка.x": "y"},
        Vector([1.0, 2.0]),
    ],
    ids=repr,
)
def test_a_value_of_each_type_comes_back_as_it_was(orders: CollectionReference, value: object) -> None:
    orders.document("1").set({"v": value})
    assert orders.document("1").get().to_dict() == {"v": value}


def test_times_come_back_in_utc_with_microseconds(orders: CollectionReference) -> None:
    moscow = datetime(2025, 3, 17, 14, 1, 22, 123456, tzinfo=timezone(timedelta(hours=3)))
    orders.document("1").set({"at": moscow})
    at = orders.document("1").get().get("at")
    assert at == moscow
    assert at.tzinfo is UTC


def test_a_reference_comes_back_as_a_reference(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({"device": client.document("devices/test")})
    assert orders.document("1").get().get("device") == client.document("devices/test")


def test_get_all_tells_found_from_missing(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({"n": 1})
    wanted = [orders.document("1"), orders.document("2"), orders.document("1")]
    assert sorted((found.id, found.exists) for found in client.get_all(wanted)) == [("1", True), ("2", False)]


def test_a_field_mask_cuts_the_document(orders: CollectionReference) -> None:
    orders.document("1").set({"a": {"b": 1, "c": 2}, "d": 3})
    assert orders.document("1").get(field_paths=["a.b", "none", "d.x"]).to_dict() == {"a": {"b": 1}}
    assert orders.document("1").get(field_paths=["__name__"]).to_dict() == {}


def test_listing_shows_missing_documents_that_hold_collections(client: Client, orders: CollectionReference) -> None:
    orders.document("b").set({})
    client.document("orders/a/attempts/1").set({})
    assert [reference.id for reference in orders.list_documents()] == ["a", "b"]
    assert [snapshot.id for snapshot in orders.stream()] == ["b"]


def test_listing_goes_through_pages(orders: CollectionReference) -> None:
    for number in range(5):
        orders.document(str(number)).set({})
    assert [reference.id for reference in orders.list_documents(page_size=2)] == list("01234")


def test_collections_are_listed_at_the_root_and_below_a_document(client: Client) -> None:
    for path in ("orders/1", "devices/1/logs/1", "devices/1/notes/1", "devices/100/tags/1", "merchants/1"):
        client.document(path).set({})
    assert sorted(found.id for found in client.collections()) == ["devices", "merchants", "orders"]
    assert sorted(found.id for found in client.document("devices/1").collections()) == ["logs", "notes"]
    assert list(client.document("merchants/1").collections()) == []


def test_a_collection_goes_with_its_last_document(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({})
    orders.document("1").delete()
    assert list(client.collections()) == []


def test_recursive_delete_takes_what_lies_below(client: Client, orders: CollectionReference) -> None:
    paths = ["orders/1", "orders/1/attempts/1", "orders/2/attempts/1/notes/1", "devices/1"]
    for path in paths:
        client.document(path).set({})
    assert client.recursive_delete(orders) == 3
    snapshots: list[Any] = list(client.get_all([client.document(path) for path in paths]))
    assert [found.reference.path for found in snapshots if found.exists] == ["devices/1"]
