"""The ways in which the orders store leans on Firestore when many callers meet, or none answers."""

from __future__ import annotations

import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.cloud.firestore import Client, CollectionReference, DocumentReference

CALLERS = 20


@pytest.fixture(autouse=True)
def _threads_change_often() -> Iterator[None]:
    """Let the embedded server's threads interrupt each other at every turn."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def at_once(call: Callable[[int], bool]) -> list[bool]:
    """The answers of all callers, who set out together."""
    start = threading.Barrier(CALLERS)

    def one(number: int) -> bool:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(one, range(CALLERS)))


def add_one(client: Client, order: DocumentReference) -> bool:
    """Read, then write on that version only; retried with jitter until it goes through."""
    for _ in range(1000):
        read = order.get()
        option = client.write_option(last_update_time=read.update_time)
        try:
            order.update({"n": read.get("n") + 1}, option=option)
        except (exceptions.FailedPrecondition, exceptions.Aborted):
            time.sleep(random.uniform(0, 0.05))
        else:
            return True
    return False


def test_every_optimistic_update_arrives(client: Client, orders: CollectionReference) -> None:
    order = orders.document("1")
    order.set({"n": 0})
    assert all(at_once(lambda _: add_one(client, order)))
    assert order.get().get("n") == CALLERS


def test_one_of_many_creates_wins(orders: CollectionReference) -> None:
    def create(number: int) -> bool:
        try:
            orders.document("1").create({"by": number})
        except exceptions.AlreadyExists:
            return False
        return True

    answers = at_once(create)
    assert answers.count(True) == 1
    assert orders.document("1").get().get("by") == answers.index(True)


@pytest.fixture(params=["refused", "silent"])
def unreachable(request: pytest.FixtureRequest, connect: Callable[[str], Client]) -> Iterator[Client]:
    """A client whose Firestore refuses connections, or takes them and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen()
        yield connect(f"127.0.0.1:{listener.getsockname()[1]}")


@pytest.mark.parametrize(
    "call",
    [
        lambda client, **limits: client.document("orders/1").get(**limits),
        lambda client, **limits: client.document("orders/1").create({}, **limits),
        lambda client, **limits: client.document("orders/1").update({"n": 1}, **limits),
        lambda client, **limits: list(client.collection("orders").limit(1).stream(**limits)),
    ],
    ids=["get", "create", "update", "query"],
)
def test_an_unreachable_firestore_fails_within_the_limits_given(
    unreachable: Client, call: Callable[..., object]
) -> None:
    retry = Retry(predicate=if_exception_type(exceptions.ServiceUnavailable), initial=0.05, maximum=0.1, timeout=0.4)
    began = time.monotonic()
    with pytest.raises((exceptions.ServiceUnavailable, exceptions.DeadlineExceeded, exceptions.RetryError)):
        call(unreachable, retry=retry, timeout=0.5)
    assert time.monotonic() - began < 20
