"""Count, sum and average over a query."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.cloud.firestore import CollectionReference, FieldFilter


def results(query: Any) -> dict[str, Any]:
    return {one.alias: one.value for row in query.get() for one in row}


@pytest.fixture
def sold(orders: CollectionReference) -> Any:
    """Four orders: two prices, one price that is no number, one without a price."""
    orders.document("a").set({"paid": True, "price": 100})
    orders.document("b").set({"paid": False, "price": 50})
    orders.document("c").set({"paid": True, "price": "?"})
    orders.document("d").set({"paid": True})
    return orders


def test_count_follows_the_query(sold: Any) -> None:
    paid = sold.where(filter=FieldFilter("paid", "==", True))
    assert results(sold.count(alias="n")) == {"n": 4}
    assert results(paid.count(alias="n")) == {"n": 3}
    assert results(sold.limit(2).count(alias="n")) == {"n": 2}
    assert results(sold.order_by("price").count(alias="n")) == {"n": 3}
    assert results(sold.where(filter=FieldFilter("paid", "==", 5)).count(alias="n")) == {"n": 0}


def test_sum_and_average_take_the_numbers(sold: Any) -> None:
    assert results(sold.sum("price", alias="s").avg("price", alias="a")) == {"s": 150, "a": 75.0}
    assert results(sold.sum("none", alias="s")) == {"s": 0}


def test_aggregations_of_one_query_share_the_documents_that_have_every_field(
    sold: Any,
) -> None:
    assert results(sold.count(alias="n").sum("price", alias="s")) == {"n": 3, "s": 150}


def test_a_sum_beyond_64_bits_becomes_a_double(orders: CollectionReference) -> None:
    orders.document("1").set({"n": 2**63 - 1})
    orders.document("2").set({"n": 10})
    assert results(orders.sum("n", alias="s")) == {"s": float(2**63)}


def test_a_sum_with_nan_is_nan(orders: CollectionReference) -> None:
    orders.document("1").set({"n": math.inf})
    orders.document("2").set({"n": 1})
    assert results(orders.sum("n", alias="s")) == {"s": math.inf}
    orders.document("3").set({"n": math.nan})
    assert math.isnan(results(orders.sum("n", alias="s"))["s"])
