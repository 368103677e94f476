"""What many timings come down to: medians, percentiles, and ratios of what was measured side by side."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    """Raises ValueError when there are none."""
    if not values:
        raise ValueError("nothing was measured")
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all values do not exceed (nearest rank). ValueError when there are none."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def paired_ratio(values: Sequence[float], base: Sequence[float]) -> float:
    """The median of `value / base` over rounds that were measured one right after the other.

    Other work on the machine slows a whole round: the ratio within a round stays, that of two medians does not.
    Raises ValueError when the rounds do not match.
    """
    return median([value / floor for value, floor in zip(values, base, strict=True)])
