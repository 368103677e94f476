"""Warm latency, throughput, memory and CPU time: contenders side by side, round by round."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field

from bench import worker
from bench.calls import WrongAnswer
from bench.stage import ROOT, Contender, Stage

MOST_REQUESTS = 20_000
CALLERS = (1, 8)


@dataclass(slots=True)
class Load:
    """What some number of callers met: every latency (ms), by round, and requests per second, by round."""

    latencies_ms: list[list[float]] = field(default_factory=list)
    throughput: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Warm:
    """One contender; `cpu_ms` is the worker's CPU time per request. None where the system does not tell."""

    loads: dict[int, Load] = field(default_factory=lambda: {callers: Load() for callers in CALLERS})
    memory_mib: float | None = None
    cpu_ms: float | None = None


def measure(stage: Stage, contenders: list[Contender], rounds: int, seconds: float) -> dict[str, Warm]:
    """`seconds` of load per contender, number of callers and round. Raises WrongAnswer."""
    found = {contender.name: Warm() for contender in contenders}
    for contender in contenders:
        call_for(contender, callers=max(CALLERS), seconds=seconds / 2)  # imports, connections, caches
    before = {name: worker.cpu_seconds(stage.master(name)) for name in found}
    for number in range(rounds):
        for callers in CALLERS:
            for contender in contenders if number % 2 == 0 else reversed(contenders):
                latencies, took = call_for(contender, callers, seconds)
                load = found[contender.name].loads[callers]
                load.latencies_ms.append(latencies)
                load.throughput.append(len(latencies) / took)
    for name, warm in found.items():
        warm.memory_mib = worker.memory_mib(stage.master(name))
        warm.cpu_ms = _cpu_ms(before[name], worker.cpu_seconds(stage.master(name)), warm)
    return found


def call_for(contender: Contender, callers: int, seconds: float) -> tuple[list[float], float]:
    """Load from a process of its own, so that the callers' work and the bench's are not one interpreter's."""
    order = {"call": contender.call.as_json(), "callers": callers, "seconds": seconds, "most": MOST_REQUESTS}
    done = subprocess.run(
        [sys.executable, "-m", "bench.callers"],
        cwd=ROOT,
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    if done.returncode != 0:
        raise WrongAnswer(f"{contender.name}: {done.stderr.strip()[-500:]}")
    answer = json.loads(done.stdout)
    return answer["latencies_ms"], answer["seconds"]


def _cpu_ms(before: float | None, after: float | None, warm: Warm) -> float | None:
    if before is None or after is None:
        return None
    # Each round's first request on a connection is not among the latencies, yet costs as much.
    counted = sum(len(latencies) + callers for callers, load in warm.loads.items() for latencies in load.latencies_ms)
    return (after - before) * 1000 / counted
