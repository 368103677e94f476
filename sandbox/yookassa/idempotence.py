"""Idempotence keys: the same request gives the same object for 24 hours."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.serving import Json
from sandbox.yookassa.errors import Refused, bad

KEPT_SECONDS = 24 * 3600
MAX_LENGTH = 64
HEADER = "Idempotence-Key"


@dataclass
class _Answered:
    at: float
    request: str
    current: Callable[[], Json]


class Idempotence:
    """Remembers the requests that had an effect; the caller holds the lock around every call."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answered: dict[tuple[str, str], _Answered] = {}

    def recall(self, shop_id: str, key: str, path: str, body: Json) -> Json | None:
        """The object made by this very request before, as it is now; raises Refused for a misused key."""
        if not key:
            raise bad(HEADER, "Idempotence key is empty")
        if len(key) > MAX_LENGTH:
            raise bad(HEADER, f"Idempotence key is longer than {MAX_LENGTH} characters")
        answered = self._answered.get((shop_id, key))
        if answered is None or self._clock() - answered.at > KEPT_SECONDS:
            return None
        if answered.request != _fingerprint(path, body):
            raise Refused(400, "Idempotence key duplicated", HEADER)
        return answered.current()

    def remember(self, shop_id: str, key: str, path: str, body: Json, current: Callable[[], Json]) -> None:
        self._answered[(shop_id, key)] = _Answered(self._clock(), _fingerprint(path, body), current)

    def clear(self) -> None:
        self._answered.clear()


def _fingerprint(path: str, body: Json) -> str:
    return path + "\n" + json.dumps(body, sort_keys=True)
