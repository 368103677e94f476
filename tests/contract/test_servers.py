"""The two servers as things to start, stop, count with and clear."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import Client, FieldFilter

from sandbox.firestore import EmbeddedFirestore, GoogleFirestore

Connect = Callable[[str], Client]

DENY_ALL = """
rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /{document=**} { allow read, write: if false; }
  }
}
"""


@pytest.fixture
def embedded() -> Iterator[EmbeddedFirestore]:
    with EmbeddedFirestore(http_port=0) as server:
        yield server


@pytest.fixture
def customer(embedded: EmbeddedFirestore, connect: Connect) -> Client:
    return connect(embedded.host)


def http(method: str, url: str) -> Any:
    request = urllib.request.Request(url, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def listens(host: str) -> bool:
    address, port = host.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((address, int(port))) == 0


def test_operations_are_counted_as_they_are_billed(embedded: EmbeddedFirestore, customer: Client) -> None:
    orders = customer.collection("orders")
    for order_id in "abc":
        orders.document(order_id).set({"n": 1})
    list(customer.get_all([orders.document("a"), orders.document("missing")]))
    list(orders.stream())
    list(orders.where(filter=FieldFilter("n", "==", 5)).stream())
    orders.document("c").delete()
    expected = {"reads": 2 + 3 + 1, "writes": 3, "deletes": 1, "queries": 2}
    assert embedded.counts == {customer.project: expected}
    assert http("GET", f"http://{embedded.http_host}/_sandbox/counts") == {customer.project: expected}
    http("POST", f"http://{embedded.http_host}/_sandbox/counts/reset")
    assert embedded.counts == {}


def test_a_refused_write_is_not_counted(embedded: EmbeddedFirestore, customer: Client) -> None:
    customer.document("orders/a").create({})
    with pytest.raises(Exception, match="already exists"):
        customer.document("orders/a").create({})
    assert embedded.counts[customer.project]["writes"] == 1


def test_projects_are_apart_and_cleared_apart(embedded: EmbeddedFirestore, customer: Client, connect: Connect) -> None:
    other = connect(embedded.host)
    for client in (customer, other):
        client.document("orders/1").set({"of": client.project})
    path = f"/emulator/v1/projects/{customer.project}/databases/(default)/documents"
    http("DELETE", f"http://{embedded.http_host}{path}")
    assert not customer.document("orders/1").get().exists
    assert other.document("orders/1").get().to_dict() == {"of": other.project}
    embedded.clear(str(other.project))
    assert not other.document("orders/1").get().exists


def test_the_embedded_server_refuses_a_taken_port(embedded: EmbeddedFirestore) -> None:
    port = int(embedded.host.split(":")[1])
    second = EmbeddedFirestore(port, http_port=0)
    with pytest.raises(RuntimeError):
        second.start()
    assert not listens(str(second.http_host))


def test_stopping_closes_the_ports_and_can_be_repeated() -> None:
    server = EmbeddedFirestore(http_port=0).start()
    hosts = [server.host, str(server.http_host)]
    assert all(listens(host) for host in hosts)
    server.stop()
    server.stop()
    assert not any(listens(host) for host in hosts)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_serves_until_it_is_told_to_stop(signal_number: signal.Signals, connect: Connect) -> None:
    command = [sys.executable, "-m", "sandbox.firestore", "--port", "0", "--http-port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        match = re.fullmatch(r"Firestore \(embedded\) on (127\.0\.0\.1:\d+)\n", said)
        assert match is not None, said
        connect(match[1]).document("orders/1").set({"n": 1})
        process.send_signal(signal_number)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(GoogleFirestore.find() is None, reason="Google's emulator is not installed")
def test_googles_emulator_keeps_the_rules_it_is_given_and_stops(tmp_path: Path) -> None:
    rules = tmp_path / "firestore.rules"
    rules.write_text(DENY_ALL)
    with GoogleFirestore(rules) as server:
        host = server.host
        document = f"http://{host}/v1/projects/p/databases/(default)/documents/orders/1"
        with pytest.raises(urllib.error.HTTPError) as refused:
            http("GET", document)
        refused.value.close()
        assert refused.value.code == 403
    assert not listens(host)


def test_without_java_googles_emulator_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert GoogleFirestore.find() is None
    with pytest.raises(RuntimeError, match="not installed"):
        GoogleFirestore().start()
