"""Changes that Firestore works out from the present value of a field."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import (
    SERVER_TIMESTAMP,
    ArrayRemove,
    ArrayUnion,
    CollectionReference,
    Increment,
    Maximum,
    Minimum,
)

MAX_INT = 2**63 - 1


@pytest.mark.parametrize(
    ("before", "transform", "after"),
    [
        ({}, Increment(5), 5),
        ({"n": 5}, Increment(-7), -2),
        ({"n": 5}, Increment(1.5), 6.5),
        ({"n": "text"}, Increment(2), 2),
        ({"n": MAX_INT}, Increment(5), MAX_INT),
        ({"n": -MAX_INT}, Increment(-5), -MAX_INT - 1),
        ({}, Maximum(3), 3),
        ({"n": 1}, Maximum(7), 7),
        ({"n": 1}, Maximum(0.5), 1),
        ({"n": "text"}, Maximum(7), 7),
        ({"n": 7}, Minimum(3.5), 3.5),
        ({"n": 3}, Minimum(7), 3),
        ({}, ArrayUnion([1, 1]), [1]),
        ({"n": [1, 2]}, ArrayUnion([2.0, 3]), [1, 2, 3]),
        ({"n": 5}, ArrayUnion(["a"]), ["a"]),
        ({"n": [None]}, ArrayUnion([None, {"a": 1}]), [None, {"a": 1}]),
        ({"n": [1, 2, 1, 1.0]}, ArrayRemove([1]), [2]),
        ({"n": 5}, ArrayRemove([1]), []),
        ({}, ArrayRemove([1]), []),
    ],
)
def test_a_transform_changes_the_field(
    orders: CollectionReference, before: dict[str, Any], transform: object, after: object
) -> None:
    orders.document("1").set({"kept": True, **before})
    orders.document("1").update({"n": transform})
    snapshot = orders.document("1").get()
    assert snapshot.to_dict() == {"kept": True, "n": after}
    assert type(snapshot.get("n")) is type(after)


def test_equal_numbers_of_two_types_leave_the_stored_one(orders: CollectionReference) -> None:
    orders.document("1").set({"high": 1, "low": 3})
    orders.document("1").update({"high": Maximum(1.0), "low": Minimum(3.0)})
    snapshot = orders.document("1").get()
    assert (repr(snapshot.get("high")), repr(snapshot.get("low"))) == ("1", "3")


@pytest.mark.parametrize("transform", [Maximum, Minimum])
def test_nan_wins_over_every_number(orders: CollectionReference, transform: Any) -> None:
    orders.document("1").set({"stored": math.nan, "offered": 3})
    orders.document("1").update({"stored": transform(5), "offered": transform(math.nan)})
    snapshot = orders.document("1").get()
    assert math.isnan(snapshot.get("stored"))
    assert math.isnan(snapshot.get("offered"))


def test_the_server_timestamp_is_the_time_of_the_write_in_milliseconds(orders: CollectionReference) -> None:
    orders.document("1").set({"at": SERVER_TIMESTAMP, "history": {"created": SERVER_TIMESTAMP}})
    snapshot = orders.document("1").get()
    at = snapshot.get("at")
    assert at == snapshot.get("history.created") <= snapshot.update_time
    assert at.microsecond % 1000 == 0
    assert (snapshot.update_time - at).total_seconds() < 30


def test_the_write_tells_the_values_that_the_transforms_made(orders: CollectionReference) -> None:
    orders.document("1").set({"n": 4})
    result = orders.document("1").update({"n": Increment(3)})
    assert result.transform_results[0].integer_value == 7


def test_transforms_of_nested_fields_go_with_plain_ones(orders: CollectionReference) -> None:
    orders.document("1").set({"make": {"tries": 1, "error": "x"}})
    orders.document("1").update({"make.tries": Increment(1), "status": "paid"})
    assert orders.document("1").get().to_dict() == {"make": {"tries": 2, "error": "x"}, "status": "paid"}


def test_a_transform_creates_a_document_only_when_set(orders: CollectionReference) -> None:
    with pytest.raises(exceptions.NotFound):
        orders.document("1").update({"n": Increment(1)})
    orders.document("1").set({"n": Increment(1)}, merge=True)
    assert orders.document("1").get().to_dict() == {"n": 1}


def test_a_union_that_adds_nothing_keeps_the_update_time(orders: CollectionReference) -> None:
    first = orders.document("1").set({"n": [1, 2]}).update_time
    assert orders.document("1").update({"n": ArrayUnion([2])}).update_time == first
