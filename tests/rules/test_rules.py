"""`firestore.rules` in Google's emulator: who is not one of our functions reads and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.firestore import GoogleFirestore

RULES = Path(__file__).resolve().parents[2] / "firestore.rules"
PROJECT = "rules-test"
SECONDS = 60  # Java's first answers are slow on a busy machine
# The emulator's word for "as the functions do": past the rules, by IAM.
OWNER = {"Authorization": "Bearer owner"}
# A customer of some Firebase app, signed in (the emulator takes unsigned tokens: alg none, sub "visitor").
VISITOR = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ2aXNpdG9yIiwidXNlcl9pZCI6InZpc2l0b3IifQ."}
DOCUMENTS = [
    "orders/20250317110122659ba6d7",
    "devices/test",
    "merchants/demo",
    "customers/0a1b2c",
    "anything/at/all/else",
]
FIELDS = {"fields": {"status": {"stringValue": "paid"}}}


@pytest.fixture(scope="module")
def documents() -> Iterator[str]:
    """The REST address of the documents of an emulator with our rules; each of DOCUMENTS exists."""
    if GoogleFirestore.find() is None:
        pytest.skip("Google's Firestore emulator is not installed: firestore.rules were NOT tested")
    with GoogleFirestore(rules=RULES) as emulator:
        address = f"http://{emulator.host}/v1/projects/{PROJECT}/databases/(default)/documents"
        for name in DOCUMENTS:
            requests.patch(f"{address}/{name}", json=FIELDS, headers=OWNER, timeout=SECONDS).raise_for_status()
        yield address


@pytest.mark.parametrize("caller", [{}, VISITOR], ids=["a stranger", "somebody signed in"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_nobody_reads_or_writes_a_document(documents: str, name: str, caller: dict[str, str]) -> None:
    document = f"{documents}/{name}"
    collection = document.rpartition("/")[0]
    asked = {
        "get": requests.get(document, headers=caller, timeout=SECONDS),
        "list": requests.get(collection, headers=caller, timeout=SECONDS),
        "update": requests.patch(document, json=FIELDS, headers=caller, timeout=SECONDS),
        "create": requests.post(f"{collection}?documentId=new", json=FIELDS, headers=caller, timeout=SECONDS),
        "delete": requests.delete(document, headers=caller, timeout=SECONDS),
    }
    assert {what: answer.status_code for what, answer in asked.items()} == dict.fromkeys(asked, 403)
    assert requests.get(document, headers=OWNER, timeout=SECONDS).json()["fields"] == FIELDS["fields"]


def test_nobody_queries_across_collections(documents: str) -> None:
    query = {"structuredQuery": {"from": [{"collectionId": "orders", "allDescendants": True}]}}
    assert requests.post(f"{documents}:runQuery", json=query, timeout=SECONDS).status_code == 403
    allowed = requests.post(f"{documents}:runQuery", json=query, headers=OWNER, timeout=SECONDS)
    assert allowed.status_code == 200 and "document" in allowed.json()[0]
