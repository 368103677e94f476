"""The Firestores that the contract suite runs against, and a line in pytest's output that says which."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from google.cloud.firestore import Client, CollectionReference

from sandbox.firestore import EmbeddedFirestore, GoogleFirestore

_SERVERS: dict[str, type[EmbeddedFirestore] | type[GoogleFirestore]] = {"embedded": EmbeddedFirestore}
if GoogleFirestore.find() is not None:
    _SERVERS["google"] = GoogleFirestore

Connect = Callable[[str], Client]

_PROPERTY = "firestore"
_MISSING = "" if "google" in _SERVERS else " (Google's emulator is not installed here)"


def pytest_report_header() -> str:
    return f"Firestore contract: {' and '.join(_SERVERS)}{_MISSING}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.stats.get("passed", [])
    ran = Counter(name for report in passed for key, name in report.user_properties if key == _PROPERTY)
    if ran:
        counted = ", ".join(f"{name} ({number} tests passed)" for name, number in sorted(ran.items()))
        terminalreporter.write_line(f"Firestore contract ran against: {counted}{_MISSING}")


@pytest.fixture(scope="session", params=list(_SERVERS))
def firestore(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """One running Firestore: its name and its host."""
    with _SERVERS[request.param]() as server:
        yield request.param, server.host


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes clients of a Firestore at a host, each with a project that no other test uses."""
    clients: list[Client] = []

    def connect(host: str) -> Client:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FIRESTORE_EMULATOR_HOST", host)
            clients.append(Client(project=f"contract-{uuid.uuid4().hex[:12]}"))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()  # type: ignore[no-untyped-call]  # the library left it without annotations


@pytest.fixture
def client(firestore: tuple[str, str], connect: Connect, request: pytest.FixtureRequest) -> Client:
    """A client of the Firestore that the test runs against."""
    name, host = firestore
    request.node.user_properties.append((_PROPERTY, name))
    return connect(host)


@pytest.fixture
def orders(client: Client) -> CollectionReference:
    """An empty collection."""
    return client.collection("orders")
