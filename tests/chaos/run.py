"""One fault run from beginning to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import report
from tests.chaos.books import Books, collect
from tests.chaos.customers import visit
from tests.chaos.judge import Violation, judge
from tests.chaos.plan import Plan, draw_plans
from tests.chaos.quiet import settle_down
from tests.chaos.stage import Stage, raised
from tests.chaos.weather import Weather

TELL_EVERY = 10.0
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Options:
    """`at_once`: customers at the same time. `hurry`: claims are moved back in time instead of waited for.

    `library`: the folder that the functions import `shared` from, None for this repository.
    """

    purchases: int
    seed: int
    at_once: int = 20
    hurry: bool = False
    library: Path | None = None


def run(options: Options, say: Say) -> int:
    """0 when every rule held and enough was thrown; 1 otherwise. `say` prints a line."""
    began = time.monotonic()
    say(f"==> {options.purchases} purchases, seed {options.seed}, {options.at_once} customers at once")
    plans = draw_plans(options.purchases, options.seed)
    with raised(options.seed, options.library) as stage:
        say(f"==> Noise: faults, kills, forgeries ({time.monotonic() - began:.0f} s since the start)")
        _noise(stage, plans, options, say)
        say(f"==> Quiet: no more faults, reconcile until nothing is due ({time.monotonic() - began:.0f} s)")
        if not options.hurry:
            say("    claims are waited for, 60 s each")
        moved = settle_down(stage, hurry=options.hurry, say=say)
        say(f"    moved back in time: {len(moved.claims)} claims, {len(moved.refunds)} refunds")
        books = collect(stage.database, stage.control, aged=moved.claims, strangers=stage.strangers)
        violations = judge(books)
        status = _verdict(stage, books, violations, options, say)
    say(f"==> {time.monotonic() - began:.0f} s in all")
    return status


def _noise(stage: Stage, plans: list[Plan], options: Options, say: Say) -> None:
    weather = Weather(stage, options.seed)
    weather.begin()
    pool = ThreadPoolExecutor(max_workers=options.at_once)
    try:
        _await_all(stage, [pool.submit(visit, stage, plan) for plan in plans], say)
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl-C: who has not come yet stays at home
        weather.end()


def _await_all(stage: Stage, visits: list[Future[None]], say: Say) -> None:
    """Return once every customer has left; raises what went wrong in a visit itself."""
    told = time.monotonic()
    for one in visits:
        one.result()
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            left, kills = sum(other.done() for other in visits), sum(stage.counts("kill -9").values())
            say(f"    {left} of {len(visits)} customers have left, {kills} kills")


def _verdict(stage: Stage, books: Books, violations: list[Violation], options: Options, say: Say) -> int:
    _table(say, "What was thrown", report.injected(stage))
    _table(say, "What the customers did", (report.row(n, "", name) for name, n in stage.counts("habit").items()))
    _table(say, "What became of every payment", report.outcomes(books))
    _table(say, "How the machine was commanded", report.commands(books))
    _table(say, "How long answers took", report.latencies(stage.stopwatch))
    _table(say, "Customers who gave up", (report.row(n, "", name) for name, n in stage.counts("gave up").items()))
    problems = [*(f"  {text}" for text in stage.complaints), *(f"  a bug: {line}" for line in stage.ears.bugs[:20])]
    problems += [f"  {violation}" for violation in violations]
    quiet = report.too_quiet(stage, options.purchases)
    if problems:
        _table(say, "BROKEN", problems)
    if quiet:
        _table(say, "TOO QUIET: this run proves nothing", (f"  {text}" for text in quiet))
    if not problems and not quiet:
        say(f"==> Every rule of SPEC §7 held over {len(books.charges)} payments of {len(books.orders)} orders")
    return 1 if problems or quiet else 0


def _table(say: Say, title: str, lines: Iterable[str]) -> None:
    say(f"==> {title}")
    for line in lines:
        say(line)
