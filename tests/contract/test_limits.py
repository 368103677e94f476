"""What Firestore refuses to store."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import Client, CollectionReference, GeoPoint


def nested(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {"end": 1}
    for _ in range(levels):
        document = {"m": document}
    return document


@pytest.mark.parametrize("path", ["orders/.", "orders/..", "orders/__x__", "__x__/1", "orders/" + "x" * 1501])
def test_a_forbidden_id_is_invalid(client: Client, path: str) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        client.document(path).set({})


@pytest.mark.parametrize("document_id", ["x" * 1500, "Пена с пробелом", "_", "a.b", "20250317110122659ba6d7-9ace-cndn"])
def test_other_ids_are_kept(orders: CollectionReference, document_id: str) -> None:
    orders.document(document_id).set({"n": 1})
    assert [snapshot.id for snapshot in orders.stream()] == [document_id]


@pytest.mark.parametrize(
    "fields",
    [
        {"__x__": 1},
        {"m": {"__x__": 1}},
        {"f" * 1501: 1},
        {"place": GeoPoint(90.5, 0)},
        {"list": [[1]]},
        {"text": "x" * 1_048_488},
        {"text": "x" * 600_000, "more": "x" * 600_000},
        nested(21),
    ],
    ids=["reserved", "reserved inside", "long name", "no place", "list in list", "text", "size", "depth"],
)
def test_a_document_beyond_the_limits_is_invalid(orders: CollectionReference, fields: dict[str, Any]) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        orders.document("1").set(fields)
    assert not orders.document("1").get().exists


@pytest.mark.parametrize(
    "fields",
    [
        {"f" * 1500: 1},
        {"list": [{"inner": [1]}]},
        {"text": "x" * 1_048_000},
        {"text": "x" * 500_000, "more": "x" * 548_480},
        nested(20),
    ],
    ids=["long name", "list in map in list", "text", "size", "depth"],
)
def test_a_document_within_the_limits_is_kept(orders: CollectionReference, fields: dict[str, Any]) -> None:
    orders.document("1").set(fields)
    assert orders.document("1").get().to_dict() == fields


def test_an_update_cannot_grow_a_document_beyond_the_limit(orders: CollectionReference) -> None:
    orders.document("1").set({"text": "x" * 600_000})
    with pytest.raises(exceptions.InvalidArgument):
        orders.document("1").update({"more": "x" * 600_000})
    assert orders.document("1").get(["text"]).exists
    assert orders.document("1").get(["more"]).to_dict() == {}
