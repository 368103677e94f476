"""Optimistic transactions: what was read must still be so at the commit.

Google's emulator locks instead, and a conflict there shows as ABORTED after a lock timeout of two
seconds. A client that retries ABORTED sees the same with either.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import grpc

from sandbox.firestore.documents import Documents, StoredDocument
from sandbox.firestore.errors import FirestoreError, invalid

Look = Callable[[Documents], Sequence[StoredDocument | None]]
"""A read of documents, repeatable: the same state gives the same document objects."""

_ID = struct.Struct(">Q")


class Transaction:
    """One open transaction. Only under its database's lock."""

    def __init__(self, snapshot: Documents | None) -> None:
        self._snapshot = snapshot
        self._reads: list[tuple[Look, Sequence[StoredDocument | None]]] = []

    @property
    def read_only(self) -> bool:
        """Whether it reads one snapshot and writes nothing."""
        return self._snapshot is not None

    def read(self, live: Documents, look: Look) -> Sequence[StoredDocument | None]:
        """Read, and remember what was seen for the commit."""
        if self._snapshot is not None:
            return look(self._snapshot)
        seen = look(live)
        self._reads.append((look, seen))
        return seen

    def check(self, live: Documents) -> None:
        """ABORTED when something that was read has changed since."""
        if any(list(look(live)) != list(seen) for look, seen in self._reads):
            raise FirestoreError(grpc.StatusCode.ABORTED, "The transaction was aborted: what it read has changed.")


class Transactions:
    """The open transactions of one database, by the ids that clients hold."""

    def __init__(self) -> None:
        self._open: dict[bytes, Transaction] = {}
        self._begun = 0

    def begin(self, snapshot: Documents | None) -> bytes:
        """Open a transaction, read-only on a snapshot when one is given; return its id."""
        self._begun += 1
        transaction_id = _ID.pack(self._begun)
        self._open[transaction_id] = Transaction(snapshot)
        return transaction_id

    def get(self, transaction_id: bytes) -> Transaction:
        """The open transaction of an id; INVALID_ARGUMENT when it is closed or was never begun."""
        self._check_id(transaction_id)
        if transaction_id not in self._open:
            raise invalid("Transaction is invalid or closed.")
        return self._open[transaction_id]

    def close(self, transaction_id: bytes) -> None:
        """Forget a transaction; closing one twice is harmless."""
        self._check_id(transaction_id)
        self._open.pop(transaction_id, None)

    def _check_id(self, transaction_id: bytes) -> None:
        known = len(transaction_id) == _ID.size and 0 < _ID.unpack(transaction_id)[0] <= self._begun
        if not known:
            raise invalid("Invalid transaction.")
