"""Transactions, as far as an optimistic and a locking Firestore agree.

They differ in when a conflict shows: Google's emulator locks what was read and gives up after two
seconds, the embedded one lets both go on and refuses the later commit. With retries both end the same.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import Client, CollectionReference, transactional


def test_a_transaction_writes_all_at_its_commit(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({"n": 1})

    @transactional
    def move(transaction: Any) -> int:
        read = int(orders.document("1").get(transaction=transaction).get("n"))
        transaction.update(orders.document("1"), {"n": read - 1})
        transaction.create(orders.document("2"), {"n": read})
        return read

    assert move(client.transaction()) == 1
    assert [found.to_dict() for found in orders.stream()] == [{"n": 0}, {"n": 1}]


def test_an_exception_rolls_a_transaction_back(client: Client, orders: CollectionReference) -> None:
    @transactional
    def broken(transaction: Any) -> None:
        transaction.create(orders.document("1"), {})
        raise LookupError("no such drink")

    with pytest.raises(LookupError):
        broken(client.transaction())
    assert list(orders.stream()) == []


def test_a_refused_write_refuses_the_whole_transaction(client: Client, orders: CollectionReference) -> None:
    orders.document("2").set({})

    @transactional
    def clash(transaction: Any) -> None:
        transaction.set(orders.document("1"), {})
        transaction.create(orders.document("2"), {})

    with pytest.raises(exceptions.AlreadyExists):
        clash(client.transaction())
    assert [found.id for found in orders.stream()] == ["2"]


def test_queries_run_inside_a_transaction(client: Client, orders: CollectionReference) -> None:
    for order_id in "abc":
        orders.document(order_id).set({"status": "pending"})

    @transactional
    def finish(transaction: Any) -> int:
        found = list(orders.limit(2).stream(transaction=transaction))
        for snapshot in found:
            transaction.update(snapshot.reference, {"status": "done"})
        return len(found)

    assert finish(client.transaction()) == 2
    assert [found.get("status") for found in orders.stream()] == ["done", "done", "pending"]


def test_a_read_only_transaction_reads_and_refuses_writes(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({"n": 1})

    @transactional
    def look(transaction: Any) -> int:
        return int(orders.document("1").get(transaction=transaction).get("n"))

    assert look(client.transaction(read_only=True)) == 1
    with pytest.raises(ValueError, match="read-only"):
        client.transaction(read_only=True).set(orders.document("1"), {})


def test_concurrent_transactions_on_one_document_all_arrive(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({"n": 0})

    @transactional
    def add(transaction: Any, amount: int) -> None:
        read = orders.document("1").get(transaction=transaction).get("n")
        transaction.update(orders.document("1"), {"n": read + amount})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda amount: add(client.transaction(max_attempts=30), amount), (1, 10)))
    assert orders.document("1").get().get("n") == 11


def test_no_write_between_read_and_commit_is_lost(client: Client, orders: CollectionReference) -> None:
    orders.document("1").set({"n": 0})
    outside: list[bool] = []

    @transactional
    def overtaken(transaction: Any) -> None:
        orders.document("1").get(transaction=transaction)
        transaction.update(orders.document("1"), {"n": 1})
        outside.append(succeeds(lambda: orders.document("1").update({"n": 100}, retry=None, timeout=30)))

    inside = succeeds(lambda: overtaken(client.transaction(max_attempts=1)))
    ended = (inside, outside, orders.document("1").get().get("n"))
    assert ended in [(True, [False], 1), (False, [True], 100), (False, [False], 0)]


def succeeds(call: Callable[[], object]) -> bool:
    """Whether a call goes through; a refused single attempt of a transaction is a ValueError."""
    try:
        call()
    except (exceptions.Aborted, ValueError):
        return False
    return True
