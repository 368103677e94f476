"""The run in tables: what was thrown, what became of every payment, how long answers took, which rules broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from sandbox.crowd import Stopwatch, quantile
from shared.domain.order import Order
from tests.chaos.books import Books
from tests.chaos.fates import fate
from tests.chaos.forger import NOBODY_ANSWERED
from tests.chaos.stage import OUTSIDE, Stage

# Each must have happened at least once for this many purchases, or the run proves nothing.
PURCHASES_PER_KILL = 25
PURCHASES_PER_FORGERY = 10
FAULTS_PER_PURCHASE = 0.5
_KINDS = (
    "answers",
    "kill -9",
    "connections refused",
    "machine",
    "refunds for a while",
    "reconcile",
    "tampered",
    "forged",
)


@dataclass(frozen=True)
class Thrown:
    """What a stand-in says that it has thrown on one call (or event), and how often."""

    system: str
    on: str
    fault: str
    times: int


def thrown(stage: Stage) -> list[Thrown]:
    return [
        Thrown(system, counted["on"], counted["fault"], int(counted["thrown"]))
        for system in OUTSIDE
        for counted in stage.control(system, "faults")
    ]


def injected(stage: Stage) -> Iterable[str]:
    """The table of everything that was done to the system."""
    for (system, on), faults in groupby(thrown(stage), key=lambda one: (one.system, one.on)):
        listed = list(faults)
        told = ", ".join(f"{one.fault} {one.times}" for one in listed)
        yield row(sum(one.times for one in listed), f"{system} {on}", told)
    for kind in _KINDS:
        for name, times in stage.counts(kind).items():
            yield row(times, kind, name)


def outcomes(books: Books) -> Iterable[str]:
    """What became of every payment, by provider."""
    counted = Counter((fate(books, charge), charge.provider) for charge in books.charges)
    yield f"  {'yookassa':>8}  {'tbank':>8}"
    for what in sorted({what for what, _ in counted}):
        yield f"  {counted[what, 'yookassa']:>8}  {counted[what, 'tbank']:>8}  {what}"


def commands(books: Books) -> Iterable[str]:
    """How the machine was commanded: once, again under a second claim, or again because it had answered an error."""
    counted: Counter[str] = Counter()
    for order in books.orders.values():
        calls = books.calls.get(order.order_id, ())
        counted["make commands that arrived"] += len(calls)
        counted["of them answered with an error"] += sum(call.refused for call in calls)
        counted["of them never answered"] += sum(call.status is None for call in calls)
        counted["orders with a second claim (the first holder was killed)"] += bool(
            order.make and order.make.claims > 1
        )
        counted["orders with two drinks, one of them behind an error or a kill"] += len(_drinks(books, order)) > 1
    return (row(times, "", name) for name, times in counted.items())


def _drinks(books: Books, order: Order) -> tuple[str, ...]:
    return books.drinks.get(order.order_id, ())


def latencies(stopwatch: Stopwatch) -> Iterable[str]:
    """Calls, median and 99th percentile of each endpoint in milliseconds, and what was not 2xx or 3xx."""
    yield f"  {'calls':>8}  {'p50 ms':>8}  {'p99 ms':>8}  endpoint"
    for endpoint, laps in stopwatch.by_endpoint().items():
        seconds = [lap.seconds for lap in laps]
        bad = Counter(lap.code or str(lap.status or "no answer") for lap in laps if (lap.status or 999) >= 400)
        told = ", ".join(f"{times} × {code}" for code, times in bad.most_common())
        p50, p99 = (round(quantile(seconds, share) * 1000) for share in (0.5, 0.99))
        yield f"  {len(laps):>8}  {p50:>8}  {p99:>8}  {endpoint}{f'  ({told})' if told else ''}"


def too_quiet(stage: Stage, purchases: int) -> list[str]:
    """What was not injected enough for this run to prove anything."""
    faults = thrown(stage)
    said = sum(one.times for one in faults if one.fault.startswith("notify_"))
    answered = sum(one.times for one in faults) - said
    happened: Mapping[str, tuple[int, float]] = {
        "answers spoiled": (answered, purchases * FAULTS_PER_PURCHASE),
        "notifications disturbed": (said, purchases / 20),
        "faults at YooKassa": (_at(faults, "yookassa"), purchases / 10),
        "faults at T-Bank": (_at(faults, "tbank"), purchases / 10),
        "faults at the machine": (_at(faults, "tmetr"), purchases / 10),
        "kill -9": (sum(stage.counts("kill -9").values()), purchases / PURCHASES_PER_KILL),
        "connections refused": (sum(stage.counts("connections refused").values()), 1),
        "forged notifications": (_answered_forgeries(stage), purchases / PURCHASES_PER_FORGERY),
        "kinds of customers": (len(stage.counts("habit")), 11 if purchases >= 20 else 5),
        "kinds of faults": (len({(one.on, one.fault) for one in faults}), min(60, purchases)),
    }
    return [
        f"{name}: {times}, at least {enough:.0f} expected"
        for name, (times, enough) in happened.items()
        if times < max(1, enough)
    ]


def _answered_forgeries(stage: Stage) -> int:
    return sum(times for name, times in stage.counts("forged").items() if not name.endswith(NOBODY_ANSWERED))


def _at(faults: list[Thrown], system: str) -> int:
    return sum(one.times for one in faults if one.system == system)


def row(times: int, kind: str, name: str) -> str:
    return f"  {times:>6}  {kind:<28} {name}"
