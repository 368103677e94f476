"""An order survives its document; what is no order is refused instead of half read."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.documents import order_document, read_order
from shared.domain.order import Order, RefundStatus, Status
from tests.unit.steady import STEADY
from tests.worlds.builders import NOON, ORDER_ID, a_make, a_refund, an_attempt, an_order, later

TEXTS = st.text(max_size=12)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    bool: st.booleans(),
    int: st.integers(0, 2**62),
    datetime: MOMENTS,
    NoneType: st.none(),
}
MAPS = st.dictionaries(
    TEXTS, st.one_of(TEXTS, st.integers(0, 9), st.booleans(), st.none(), st.lists(TEXTS, max_size=2))
)


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Values of this type hint: a field that is added to the domain is tested without a word here."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: anything(hints[field.name]) for field in dataclasses.fields(kind)})
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return st.one_of([anything(one) for one in inside])
    if origin is tuple:
        return st.lists(anything(inside[0]), max_size=2).map(tuple)
    if origin is dict:
        return MAPS
    return st.sampled_from(kind) if issubclass(kind, Enum) else SCALARS[kind]


def garbled(**changes: Any) -> dict[str, Any]:
    return {**order_document(an_order(Status.PAID, refunds=(a_refund(),))), **changes}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in order_document(an_order(Status.PENDING)).items() if name not in names}


@settings(STEADY, max_examples=60)
@given(anything(Order))
def test_every_order_survives_its_document(order: Order) -> None:
    assert read_order(order.order_id, order_document(order)) == order


@pytest.mark.parametrize("status", Status)
def test_a_document_holds_nothing_but_what_firestore_stores(status: Status) -> None:
    def plain(value: Any) -> bool:
        if type(value) is dict:
            return all(type(key) is str and plain(item) for key, item in value.items())
        if type(value) is list:
            return all(plain(item) for item in value)
        return value is None or type(value) in (str, int, bool, datetime)

    assert plain(order_document(an_order(status, refunds=(a_refund(),))))


def test_a_document_says_when_it_is_due() -> None:
    assert order_document(an_order(Status.PAID))["due_at"] == later(60)
    assert order_document(an_order())["due_at"] is None


def test_a_document_is_found_by_every_payment_and_key() -> None:
    attempts = (an_attempt(1), an_attempt(2, payment_id=None))
    assert order_document(an_order(attempts=attempts))["payment_refs"] == ["key-1", "key-2", "payment-1"]
    assert order_document(an_order())["payment_refs"] == []


@pytest.mark.parametrize(
    "name",
    [
        *("payment_scenario", "receipt_email", "brew_seconds", "qr", "reason", "history", "refunds", "make"),
        *("needs_attention", "attention_reason", "attention_reasons", "looked_at", "due_at", "payment_refs"),
    ],
)
def test_an_optional_field_may_be_missing(name: str) -> None:
    assert read_order(ORDER_ID, without(name)).status is Status.PENDING


def test_a_missing_optional_field_has_its_default() -> None:
    order = read_order(ORDER_ID, without("brew_seconds", "history", "attempts", "looked_at"))
    assert (order.brew_seconds, order.history, order.attempts, order.looked_at) == (90, (), (), None)


@pytest.mark.parametrize(
    "name", ["device_uuid", "merchant_id", "drink_no", "price", "status", "expires_at", "purge_at"]
)
def test_a_required_field_may_not_be_missing(name: str) -> None:
    with pytest.raises(ValueError, match=f"^orders/{ORDER_ID} is not an order"):
        read_order(ORDER_ID, without(name))


def test_the_id_is_the_documents_and_not_what_is_written_in_it() -> None:
    assert read_order(ORDER_ID, {**without(), "order_id": "another"}).order_id == ORDER_ID


def test_a_field_that_we_do_not_know_is_left_alone() -> None:
    assert read_order(ORDER_ID, {**without(), "comment": {"by": "operator"}}) == an_order(Status.PENDING)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", "15000"),
        ("price", 150.0),
        ("price", True),
        ("price", None),
        ("status", "brewing"),
        ("status", None),
        ("status", ["paid"]),
        ("payment_scenario", "yokassa"),
        ("drink_name", 5),
        ("created_at", "2026-03-17T09:00:00Z"),
        ("expires_at", NOON.replace(tzinfo=None)),
        ("expires_at", 1742198482),
        ("needs_attention", "yes"),
        ("history", None),
        ("history", {"status": "paid"}),
        ("history", ["paid"]),
        ("attempts", [None]),
        ("attempts", [{"number": 1}]),
        ("attempts", 5),
        ("refunds", [[]]),
        ("make", "claim-1"),
        ("make", {}),
        ("make", {"claim_id": 5}),
        ("qr", 5),
        ("qr", None),
    ],
)
def test_a_document_that_is_no_order_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^orders/{ORDER_ID} is not an order"):
        read_order(ORDER_ID, garbled(**{name: value}))


def test_a_bad_value_deep_inside_is_refused_too() -> None:
    document = garbled()
    document["refunds"][0]["status"] = "somewhere"
    with pytest.raises(ValueError, match="somewhere"):
        read_order(ORDER_ID, document)
    assert read_order(ORDER_ID, garbled()).refunds[0].status is RefundStatus.DUE


def test_what_is_written_later_does_not_change_what_was_read() -> None:
    document = order_document(an_order(Status.PAID, make=a_make()))
    order = read_order(ORDER_ID, document)
    document["attempts"][0]["request"]["order_id"] = "another"
    document["history"].clear()
    assert order == an_order(Status.PAID, make=a_make())
