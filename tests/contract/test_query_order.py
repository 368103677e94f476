"""The order over values of all types, and cursors into it."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import Client, CollectionReference, FieldFilter, GeoPoint, Query
from google.cloud.firestore_v1.vector import Vector

CLIENT_REFERENCES = {"ref device": "devices/1", "ref log": "devices/1/logs/1", "ref device 2": "devices/2"}

# In Firestore's order; values in one tuple are equal to each other.
IN_ORDER: list[tuple[Any, ...]] = [
    (None,),
    (False,),
    (True,),
    (math.nan,),
    (-math.inf,),
    (-(2**63),),
    (-1,),
    (0, -0.0),
    (0.5,),
    (1, 1.0),
    (2**53,),
    (2**53 + 1,),
    (math.inf,),
    (datetime(1970, 1, 1, tzinfo=UTC),),
    (datetime(2025, 3, 17, 11, 1, 22, 1, tzinfo=UTC),),
    ("",),
    ("A",),
    ("a",),
    ("aa",),
    ("я",),
    ("\uffee",),
    ("\U0001f375",),
    (b"",),
    (b"\x01",),
    (b"\xff",),
    ("ref device",),
    ("ref log",),
    ("ref device 2",),
    (GeoPoint(-1, 0),),
    (GeoPoint(0, -1),),
    (GeoPoint(0, 1),),
    ([],),
    ([None],),
    ([1],),
    ([1, 2],),
    ([2],),
    (["a"],),
    (Vector([9.0]),),
    (Vector([1.0, 5.0]),),
    ({},),
    ({"a": 1},),
    ({"a": 1, "b": 1},),
    ({"a": 2},),
    ({"b": 0},),
]
FLAT = [value for equal in IN_ORDER for value in equal]


def number_of(value: object) -> int:
    return next(number for number, one in enumerate(FLAT) if repr(one) == repr(value))


@pytest.fixture
def values(client: Client, orders: CollectionReference) -> CollectionReference:
    """A document for each value above, named by its place, and one without the field."""
    batch = client.batch()
    batch.set(orders.document("none"), {"other": 1})
    for number, value in enumerate(FLAT):
        reference = CLIENT_REFERENCES.get(value) if isinstance(value, str) else None
        stored = value if reference is None else client.document(reference)
        batch.set(orders.document(f"{number:02}"), {"v": stored})
    batch.commit()
    return orders


def places(query: Any) -> list[int]:
    return [int(snapshot.id) for snapshot in query.stream()]


def test_values_of_all_types_have_one_order(values: CollectionReference) -> None:
    everything = list(range(len(FLAT)))
    assert places(values.order_by("v")) == everything
    assert places(values.order_by("v", direction=Query.DESCENDING)) == everything[::-1]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (False, True),
        (-math.inf, math.inf),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(2025, 3, 17, 11, 1, 22, 1, tzinfo=UTC)),
        ("", "\U0001f375"),
        (b"", b"\xff"),
        (GeoPoint(-1, 0), GeoPoint(0, 1)),
        ([], ["a"]),
        (Vector([9.0]), Vector([1.0, 5.0])),
        ({}, {"b": 0}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_comparison_finds_only_values_of_its_own_type(
    values: CollectionReference, first: object, last: object
) -> None:
    inside = list(range(number_of(first), number_of(last) + 1))
    assert places(values.where(filter=FieldFilter("v", ">=", first))) == inside
    assert places(values.where(filter=FieldFilter("v", "<=", last))) == inside
    assert places(values.where(filter=FieldFilter("v", ">", last))) == []
    assert places(values.where(filter=FieldFilter("v", "<", first))) == []


def test_equal_numbers_of_two_types_are_found_together(values: CollectionReference) -> None:
    for value in (0, -0.0, 1, 1.0):
        found = places(values.where(filter=FieldFilter("v", "==", value)))
        assert [FLAT[place] for place in found] == [value, value]


def test_nan_is_found_by_its_own_filters_only(values: CollectionReference) -> None:
    nan = number_of(math.nan)
    everything = range(len(FLAT))
    assert places(values.where(filter=FieldFilter("v", "==", math.nan))) == [nan]
    assert places(values.where(filter=FieldFilter("v", "in", [math.nan, None]))) == []
    not_nan = places(values.where(filter=FieldFilter("v", "!=", math.nan)))
    assert not_nan == [place for place in everything if place not in (0, nan)]


def test_unequal_leaves_out_null(values: CollectionReference) -> None:
    true = number_of(True)
    found = places(values.where(filter=FieldFilter("v", "!=", True)))
    assert found == [place for place in range(1, len(FLAT)) if place != true]


def test_cursors_stand_before_or_after_equal_values(values: CollectionReference) -> None:
    zero, half, minus_one = number_of(0), number_of(0.5), number_of(-1)
    at: dict[str, Any] = {"v": 0}
    by_value = values.order_by("v")
    assert places(by_value.start_at(at))[0] == zero
    assert places(by_value.start_after(at))[0] == half
    assert places(by_value.end_at(at))[-1] == zero + 1
    assert places(by_value.end_before(at))[-1] == minus_one
    assert places(by_value.start_after(at).end_before({"v": 1})) == [half]


def test_cursors_follow_a_descending_order(values: CollectionReference) -> None:
    descending = values.order_by("v", direction=Query.DESCENDING)
    assert places(descending.start_at({"v": 0}))[0] == number_of(0) + 1
    assert places(descending.start_after({"v": 0}))[0] == number_of(-1)
    assert places(descending.end_at({"v": 0}))[-1] == number_of(0)
    assert places(descending.end_before({"v": 0}))[-1] == number_of(0.5)


def test_a_snapshot_as_cursor_tells_equal_values_apart(values: CollectionReference) -> None:
    one = number_of(1)
    snapshot = values.document(f"{one:02}").get()
    assert places(values.order_by("v").start_at(snapshot).limit(2)) == [one, one + 1]
    assert places(values.order_by("v").start_after(snapshot).limit(1)) == [one + 1]


def test_pages_by_snapshot_cover_everything_once(values: CollectionReference) -> None:
    seen: list[int] = []
    page = list(values.order_by("v").limit(7).stream())
    while page:
        seen += [int(snapshot.id) for snapshot in page]
        page = list(values.order_by("v").start_after(page[-1]).limit(7).stream())
    assert seen == list(range(len(FLAT)))


def test_a_cursor_of_fewer_values_than_orders_is_a_prefix(orders: CollectionReference) -> None:
    for order_id, due, drink in (("a", 1, "x"), ("b", 1, "y"), ("c", 2, "x"), ("d", 2, "y"), ("e", 3, "x")):
        orders.document(order_id).set({"due": due, "drink": drink})
    query = orders.order_by("due").order_by("drink")
    assert [found.id for found in query.start_after({"due": 1}).stream()] == ["c", "d", "e"]
    assert [found.id for found in query.end_at({"due": 2}).stream()] == ["a", "b", "c", "d"]
    assert [found.id for found in query.start_at({"due": 2, "drink": "y"}).stream()] == ["d", "e"]


def test_a_cursor_on_the_name_must_be_a_document(orders: CollectionReference) -> None:
    orders.document("1").set({})
    orders.document("2").set({})
    by_name = orders.order_by("__name__")
    assert [found.id for found in by_name.start_after({"__name__": orders.document("1")}).stream()] == ["2"]
    with pytest.raises(exceptions.InvalidArgument):
        list(orders.order_by("n").order_by("__name__").start_at([1, 5]).stream())
