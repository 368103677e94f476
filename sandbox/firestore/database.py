"""One Firestore database in memory: reads, commits and transactions under one lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.firestore.documents import Documents, StoredDocument
from sandbox.firestore.errors import invalid
from sandbox.firestore.names import DocumentName
from sandbox.firestore.transactions import Look, Transaction, Transactions
from sandbox.firestore.writes import Outcome, apply_write, written_name

T = TypeVar("T")


@dataclass(frozen=True)
class Committed:
    """A commit that went through: when (microseconds), and each write's outcome in order."""

    at: int
    outcomes: list[Outcome]


class Database:
    """Documents with Firestore's guarantees: a commit is all or nothing, update times only grow."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._documents = Documents()
        self._transactions = Transactions()
        self._last_commit = 0

    def read(self, look: Look, transaction_id: bytes = b"") -> tuple[int, Sequence[StoredDocument | None]]:
        """Read one consistent state, in a transaction when an id is given; return its time with it."""
        with self._lock:
            read_time = max(_now(), self._last_commit)
            if not transaction_id:
                return read_time, look(self._documents)
            return read_time, self._transactions.get(transaction_id).read(self._documents, look)

    def look(self, look: Callable[[Documents], T]) -> T:
        """Read anything from one consistent state, outside of any transaction."""
        with self._lock:
            return look(self._documents)

    def begin(self, *, read_only: bool) -> bytes:
        """Begin a transaction; return its id."""
        with self._lock:
            return self._transactions.begin(self._documents.copy() if read_only else None)

    def rollback(self, transaction_id: bytes) -> None:
        """Give up a transaction."""
        with self._lock:
            self._transactions.close(transaction_id)

    def commit(self, writes: Sequence[Any], transaction_id: bytes = b"") -> Committed:
        """Apply all writes at one moment, or none; closes the transaction either way."""
        with self._lock:
            if transaction_id:
                self._check_transaction(self._transactions.get(transaction_id), transaction_id, writes)
            at = max(_now(), self._last_commit + 1)
            staged: dict[DocumentName, StoredDocument | None] = {}
            outcomes = [self._stage(write, staged, at) for write in writes]
            self._store(staged)
            self._last_commit = at
            return Committed(at, outcomes)

    def clear(self) -> None:
        """Remove every document."""
        with self._lock:
            self._documents.clear()

    def _check_transaction(self, transaction: Transaction, transaction_id: bytes, writes: Sequence[Any]) -> None:
        self._transactions.close(transaction_id)
        if transaction.read_only and writes:
            raise invalid("Cannot modify entities in a read-only transaction.")
        transaction.check(self._documents)

    def _stage(self, write: Any, staged: dict[DocumentName, StoredDocument | None], at: int) -> Outcome:
        name = written_name(write)
        current = staged[name] if name in staged else self._documents.find(name)
        outcome = apply_write(write, name, current, at)
        staged[name] = outcome.document
        return outcome

    def _store(self, staged: dict[DocumentName, StoredDocument | None]) -> None:
        for name, document in staged.items():
            if document is None:
                self._documents.remove(name)
            else:
                self._documents.put(name, document)


def _now() -> int:
    return time.time_ns() // 1000
