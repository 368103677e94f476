"""Create, set, update, delete, and their preconditions."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import DELETE_FIELD, Client, CollectionReference

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def test_a_created_document_is_read_back_with_its_times(orders: CollectionReference) -> None:
    result = orders.document("1").create({"price": 15000, "name": "Молочная пена", "paid": False, "note": None})
    snapshot = orders.document("1").get()
    assert snapshot.to_dict() == {"price": 15000, "name": "Молочная пена", "paid": False, "note": None}
    assert snapshot.create_time == snapshot.update_time == result.update_time
    assert snapshot.read_time >= snapshot.update_time


def test_creating_a_document_twice_is_refused_and_changes_nothing(orders: CollectionReference) -> None:
    orders.document("1").create({"price": 1})
    with pytest.raises(exceptions.AlreadyExists):
        orders.document("1").create({"price": 2})
    assert orders.document("1").get().to_dict() == {"price": 1}


def test_a_missing_document_is_a_snapshot_that_does_not_exist(orders: CollectionReference) -> None:
    snapshot = orders.document("none").get()
    assert not snapshot.exists
    assert snapshot.to_dict() is None
    assert snapshot.read_time is not None


def test_set_replaces_the_whole_document(orders: CollectionReference) -> None:
    orders.document("1").set({"a": 1, "b": 2})
    orders.document("1").set({"c": 3})
    assert orders.document("1").get().to_dict() == {"c": 3}


def test_merging_keeps_the_fields_that_are_not_named(orders: CollectionReference) -> None:
    orders.document("1").set({"make": {"tries": 1, "error": "x"}, "price": 3})
    orders.document("1").set({"make": {"tries": 9}}, merge=True)
    assert orders.document("1").get().to_dict() == {"make": {"tries": 9, "error": "x"}, "price": 3}


def test_merging_named_fields_ignores_the_others(orders: CollectionReference) -> None:
    orders.document("1").set({"make": {"tries": 1, "error": "x"}, "price": 3})
    paths: Any = ["make.tries"]
    orders.document("1").set({"make": {"tries": 9, "error": "y"}, "price": 9}, merge=paths)
    assert orders.document("1").get().to_dict() == {"make": {"tries": 9, "error": "x"}, "price": 3}


def test_merging_into_a_missing_document_creates_it(orders: CollectionReference) -> None:
    orders.document("1").set({}, merge=True)
    assert orders.document("1").get().to_dict() == {}


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        (
            {"make.tries": 2, "refund.id": "r"},
            {"make": {"tries": 2, "e": 1}, "price": 3, "refund": {"id": "r"}},
        ),
        ({"make": {"tries": 2}}, {"make": {"tries": 2}, "price": 3}),
        ({"price.value": 1}, {"make": {"tries": 1, "e": 1}, "price": {"value": 1}}),
        ({"make.tries": DELETE_FIELD}, {"make": {"e": 1}, "price": 3}),
        ({"make.tries": DELETE_FIELD, "make.e": DELETE_FIELD}, {"make": {}, "price": 3}),
        ({"none.at.all": DELETE_FIELD, "price.x": DELETE_FIELD}, {"make": {"tries": 1, "e": 1}, "price": 3}),
        ({"`a.b`.`c d`": 1}, {"make": {"tries": 1, "e": 1}, "price": 3, "a.b": {"c d": 1}}),
    ],
)
def test_update_changes_fields_by_dotted_path(
    orders: CollectionReference, update: dict[str, object], expected: dict[str, object]
) -> None:
    orders.document("1").set({"make": {"tries": 1, "e": 1}, "price": 3})
    orders.document("1").update(update)
    assert orders.document("1").get().to_dict() == expected


def test_updating_a_missing_document_is_not_found(orders: CollectionReference) -> None:
    with pytest.raises(exceptions.NotFound):
        orders.document("1").update({"price": 1})
    assert not orders.document("1").get().exists


def test_deleting_is_repeatable_unless_the_document_must_exist(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({})
    orders.document("1").delete()
    orders.document("1").delete()
    assert not orders.document("1").get().exists
    with pytest.raises(exceptions.NotFound):
        orders.document("1").delete(option=client.write_option(exists=True))


def test_a_write_on_the_version_that_was_read_goes_through(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({"price": 1})
    read = orders.document("1").get()
    option = client.write_option(last_update_time=read.update_time)
    written = orders.document("1").update({"price": 2}, option=option)
    assert orders.document("1").get().update_time == written.update_time > read.update_time
    orders.document("1").delete(option=client.write_option(last_update_time=written.update_time))
    assert not orders.document("1").get().exists


def test_a_write_on_another_version_is_refused(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({"price": 1})
    read = orders.document("1").get()
    orders.document("1").update({"price": 2})
    option = client.write_option(last_update_time=read.update_time)
    with pytest.raises(exceptions.FailedPrecondition):
        orders.document("1").update({"price": 3}, option=option)
    with pytest.raises(exceptions.FailedPrecondition):
        orders.document("1").delete(option=option)
    assert orders.document("1").get().to_dict() == {"price": 2}


def test_a_version_of_a_missing_document_is_a_failed_precondition(client: Client, orders: CollectionReference) -> None:
    option = client.write_option(last_update_time=LONG_AGO)
    with pytest.raises(exceptions.FailedPrecondition):
        orders.document("1").update({"price": 3}, option=option)
    with pytest.raises(exceptions.FailedPrecondition):
        orders.document("1").delete(option=option)


def test_update_times_of_a_document_strictly_grow(orders: CollectionReference) -> None:
    times = [orders.document("1").set({"n": number}).update_time for number in range(30)]
    assert all(earlier < later for earlier, later in itertools.pairwise(times))


def test_a_write_that_changes_nothing_keeps_the_update_time(orders: CollectionReference) -> None:
    first = orders.document("1").set({"n": 1, "x": float("nan")})
    again = orders.document("1").set({"n": 1, "x": float("nan")})
    other_type = orders.document("1").set({"n": 1.0, "x": float("nan")})
    assert again.update_time == first.update_time < other_type.update_time


def test_a_rewritten_document_keeps_its_create_time(orders: CollectionReference) -> None:
    created = orders.document("1").set({"n": 1}).update_time
    orders.document("1").set({"n": 2})
    assert orders.document("1").get().create_time == created


def test_a_batch_has_one_time_and_later_writes_see_earlier_ones(client: Client, orders: CollectionReference) -> None:
    batch = client.batch()
    batch.create(orders.document("1"), {"a": 1})
    batch.update(orders.document("1"), {"b": 2})
    batch.set(orders.document("2"), {"c": 3})
    results = batch.commit()
    assert all(result.update_time == batch.commit_time for result in results)
    assert orders.document("1").get().to_dict() == {"a": 1, "b": 2}
    assert orders.document("2").get().to_dict() == {"c": 3}


def test_a_batch_is_all_or_nothing(client: Client, orders: CollectionReference) -> None:
    orders.document("2").set({"b": 1})
    batch = client.batch()
    batch.set(orders.document("1"), {"a": 1})
    batch.delete(orders.document("2"))
    batch.update(orders.document("missing"), {"c": 1})
    with pytest.raises(exceptions.NotFound):
        batch.commit()
    assert [snapshot.id for snapshot in orders.stream()] == ["2"]


def test_a_bulk_writer_writes_each_document_on_its_own(client: Client, orders: CollectionReference) -> None:
    orders.document("2").set({"old": True})
    refused: list[str] = []

    def note(failure: Any, _writer: object) -> bool:
        refused.append(failure.operation.reference.id)
        return False

    writer: Any = client.bulk_writer()
    writer.on_write_error(note)
    for number in (1, 2, 3):
        writer.create(orders.document(str(number)), {"n": number})
    writer.close()
    assert refused == ["2"]
    assert [snapshot.to_dict() for snapshot in orders.stream()] == [{"n": 1}, {"old": True}, {"n": 3}]
