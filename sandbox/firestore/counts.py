"""Operations counted as Firestore bills them, per project.

Source: https://firebase.google.com/docs/firestore/pricing#operations
"""

from __future__ import annotations

import threading
from collections import Counter

KINDS = ("reads", "writes", "deletes", "queries")


class Counts:
    """Billed reads, writes and deletes, and the number of queries, of each project."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_project: dict[str, Counter[str]] = {}

    def looked_up(self, database: str, documents: int) -> None:
        """Documents were got by name; a missing one is billed as well."""
        self._add(database, reads=documents)

    def queried(self, database: str, reads: int) -> None:
        """A query was run; one that finds nothing is billed as one read."""
        self._add(database, reads=max(1, reads), queries=1)

    def committed(self, database: str, *, writes: int, deletes: int) -> None:
        """A commit went through."""
        self._add(database, writes=writes, deletes=deletes)

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Every project's counts, zeros included."""
        with self._lock:
            return {project: {kind: counter[kind] for kind in KINDS} for project, counter in self._by_project.items()}

    def reset(self) -> None:
        """Start again from nothing."""
        with self._lock:
            self._by_project.clear()

    def _add(self, database: str, **amounts: int) -> None:
        project = database.split("/")[1]
        with self._lock:
            self._by_project.setdefault(project, Counter()).update(amounts)
