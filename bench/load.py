"""`make load`: many customers at once over the sandbox without faults, then SPEC §7's rules over every payment."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.crowd import GaveUp, Shopper, Stopwatch
from sandbox.supervisor import NotReady, Sandbox
from sandbox.supervisor.loopback import call
from sandbox.supervisor.settings import FUNCTIONS
from sandbox.tmetr.menu import MENU, SIZES
from tests.chaos.books import collect
from tests.chaos.judge import judge
from tests.chaos.report import latencies, outcomes

DEVICES = ("test", "test-receipt", "test-tbank")
BREW_SECONDS = 3.0
READS_THE_PAGE = (1.0, 3.0)  # seconds between the scan and the button
TYPES_THE_CARD = (3.0, 7.0)
WATCHES = 40.0
# Round trips of the real systems; our side must not be measured against neighbours that answer at once.
SLOWNESS = {"yookassa": 0.15, "tbank": 0.15, "tmetr": 0.1}


@dataclass(frozen=True)
class Drunk:
    """One customer's visit: when they had the drink (monotonic s), or why not."""

    at: float
    problem: str | None = None


def main() -> int:
    """0 when every customer got the drink, no answer was an error and every rule held; 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--purchases", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=80, help="customers at the same time")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(1))
    print(f"==> {given.purchases} purchases, {given.at_once} customers at once, one instance of each function")
    try:
        with Sandbox(reconcile_every=5.0, brew_seconds=BREW_SECONDS) as sandbox:
            return _measure(sandbox, given.purchases, given.at_once, random.Random(given.seed))
    except (KeyboardInterrupt, NotReady) as error:
        print(f"==> Nothing measured: {str(error) or 'stopped'}", file=sys.stderr)
        return 1


def _measure(sandbox: Sandbox, purchases: int, at_once: int, chance: random.Random) -> int:
    for system, seconds in SLOWNESS.items():
        slow = {"on": "*", "fault": "slow", "seconds": seconds}
        call("POST", f"{sandbox.url(system)}/_sandbox/faults", json={"rules": [slow]}).raise_for_status()
    stopwatch, seeds = Stopwatch(), [chance.randrange(2**32) for _ in range(purchases)]
    before = {name: cpu_seconds(sandbox.pid(name)) for name in FUNCTIONS}
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        visits = list(pool.map(lambda seed: _buy(sandbox, stopwatch, seed), seeds))
    used = {name: cpu_seconds(sandbox.pid(name)) - before[name] for name in FUNCTIONS}
    _show("How long answers took", latencies(stopwatch))
    _show("How much one instance of each function can take", _capacity(visits, used))
    return _verdict(sandbox, stopwatch, visits)


def _buy(sandbox: Sandbox, stopwatch: Stopwatch, seed: int) -> Drunk:
    chance = random.Random(seed)
    drink, size = chance.choice(MENU).no, chance.choice(SIZES)
    shopper = Shopper(sandbox.url, stopwatch, chance.choice(DEVICES), drink, size)
    try:
        # So that those who come first do not all come at the same moment.
        time.sleep(chance.uniform(0, READS_THE_PAGE[1]))
        shopper.scan()
        shopper.order()
        time.sleep(chance.uniform(*READS_THE_PAGE))
        form = shopper.tap_pay() or ""
        shopper.open_form(form)
        time.sleep(chance.uniform(*TYPES_THE_CARD))
        shopper.press(form, "pay")
        status = shopper.watch(WATCHES)
    except GaveUp as reason:
        return Drunk(time.monotonic(), str(reason))
    finally:
        shopper.phone.close()
    return Drunk(time.monotonic(), None if status == "successful" else f"ended as {status}")


def cpu_seconds(group: int) -> float:
    """Processor time that a process group has used, user and system (Linux: proc(5), stat)."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = process.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _capacity(visits: list[Drunk], used: Mapping[str, float]) -> Iterable[str]:
    moments = sorted(visit.at for visit in visits if visit.problem is None)
    inner = moments[len(moments) // 10 : len(moments) * 9 // 10 + 1]
    if len(inner) < 2 or inner[-1] == inner[0]:
        yield "  too few purchases to tell"
        return
    yield f"  {(len(inner) - 1) / (inner[-1] - inner[0]):.1f} purchases a second sustained, everything on this machine"
    for name, seconds in used.items():
        per_purchase = seconds / len(visits)
        bound = f"{1 / per_purchase:.0f} a second on one vCPU" if per_purchase > 0 else "too little to measure"
        yield f"  {name:<13} {per_purchase * 1000:6.1f} ms of processor per purchase: {bound}"


def _verdict(sandbox: Sandbox, stopwatch: Stopwatch, visits: list[Drunk]) -> int:
    def control(system: str, path: str) -> Any:
        return call("GET", f"{sandbox.url(system)}/_sandbox/{path}", timeout=60).json()

    with closing(sandbox.database()) as database:
        books = collect(database, control, interrupted=False)
    _show("What became of every payment", outcomes(books))
    errors = [lap for lap in stopwatch.laps() if lap.status is None or lap.status >= 400]
    problems = [f"  {lap.endpoint}: {lap.code or lap.status or 'no answer'}" for lap in errors]
    problems += [f"  a customer without a drink: {visit.problem}" for visit in visits if visit.problem]
    problems += [f"  {violation}" for violation in judge(books)]
    if problems:
        _show("BROKEN", problems)
        return 1
    print(f"==> No error answer; every rule of SPEC §7 held over {len(books.charges)} payments")
    return 0


def _show(title: str, lines: Iterable[str]) -> None:
    print(f"==> {title}")
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
