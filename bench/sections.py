"""Measurements as the sections of a report: `section → row → column → number`, the floor first."""

from __future__ import annotations

from collections.abc import Mapping

from bench.bars import Row
from bench.figures import median, paired_ratio, percentile
from bench.make_latency import MakeLatency
from bench.operations import PURCHASE, Counted, Operations, purchase_total
from bench.stage import FLOOR
from bench.warm import Load, Warm

Section = dict[str, Row]


def cold(starts: Mapping[str, list[float]]) -> Section:
    """From the milliseconds of every start."""
    return {
        name: {
            "median_ms": median(values),
            "fastest_ms": min(values),
            "ratio": paired_ratio(values, starts[FLOOR]),
        }
        for name, values in starts.items()
    }


def warm(measured: Mapping[str, Warm], callers: int) -> Section:
    """Latency and throughput at this number of callers."""
    base = measured[FLOOR].loads[callers]
    return {name: _load(each.loads[callers], base) for name, each in measured.items()}


def workers(measured: Mapping[str, Warm]) -> Section:
    """What a worker holds and uses; columns that the system does not tell are None."""
    return {name: {"memory_mib": each.memory_mib, "cpu_ms_per_request": each.cpu_ms} for name, each in measured.items()}


def make(measured: MakeLatency) -> Section:
    """The notification's way, each stage against the two unavoidable calls of the same repetition."""
    two_calls = measured.two_calls()
    rows = {"two_calls": two_calls, "made": measured.made(), "answered": measured.answer}
    return {
        name: {"median_ms": median(values), "ratio": paired_ratio(values, two_calls)} for name, values in rows.items()
    }


def operations(counted: Counted) -> Section:
    """Billed reads and writes of each step; `purchase` is the sum of the steps that every purchase has."""
    rows = {name: (counted.cold[name], counted.cached[name]) for name in counted.cold}
    ordered = {name: rows[name] for name in (*PURCHASE, *(rows.keys() - set(PURCHASE)))}
    total = (purchase_total(counted.cold), purchase_total(counted.cached))
    return {name: _operations(*pair) for name, pair in {**ordered, "purchase": total}.items()}


def polls(counted: Mapping[str, dict[str, int] | None]) -> Section:
    """The page's questions by status; a status without a count is left out."""
    return {
        status: {**numbers, "questions": sum(numbers.values())}
        for status, numbers in counted.items()
        if numbers is not None
    }


def _load(load: Load, base: Load) -> Row:
    medians = [median(latencies) for latencies in load.latencies_ms]
    every = [latency for latencies in load.latencies_ms for latency in latencies]
    return {
        "p50_ms": median(medians),
        "p99_ms": percentile(every, 99),
        "ratio": paired_ratio(medians, [median(latencies) for latencies in base.latencies_ms]),
        "rps": median(load.throughput),
        "rps_ratio": paired_ratio(load.throughput, base.throughput),
    }


def _operations(cold: Operations, cached: Operations) -> Row:
    return {
        "cold_reads": cold.reads,
        "cold_writes": cold.writes,
        "cached_reads": cached.reads,
        "cached_writes": cached.writes,
    }
