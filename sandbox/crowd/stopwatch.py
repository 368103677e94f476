"""How long each answer took, and what it was."""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lap:
    """One call: `endpoint` as people name it, seconds, the status (None: no answer) and the error's code."""

    endpoint: str
    seconds: float
    status: int | None
    code: str | None = None


class Stopwatch:
    """Collects the laps of many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._laps: list[Lap] = []

    def add(self, lap: Lap) -> None:
        with self._lock:
            self._laps.append(lap)

    def laps(self) -> list[Lap]:
        with self._lock:
            return list(self._laps)

    def by_endpoint(self) -> Mapping[str, list[Lap]]:
        """The laps of each endpoint, by name."""
        found: defaultdict[str, list[Lap]] = defaultdict(list)
        for lap in self.laps():
            found[lap.endpoint].append(lap)
        return dict(sorted(found.items()))


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed (nearest rank); raises ValueError without values."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
