"""`make bench`: the four functions against the floor and against Django, in one run, side by side."""

from __future__ import annotations

import argparse
import compileall
import importlib.metadata
import json
import os
import platform
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import cold, make_latency, operations, polls, sections, warm
from bench.bars import Row, Verdict, judge
from bench.calls import WrongAnswer
from bench.stage import ROOT, Stage, django_installed
from bench.table import render
from sandbox.supervisor import NotReady
from shared.domain.order import Status

RESULTS = ROOT / "bench/results.json"
LIBRARIES = ("functions-framework", "google-cloud-firestore", "grpcio", "gunicorn", "flask", "pydantic")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: rounds of cold starts, rounds of load and their seconds, notifications."""

    starts: int
    rounds: int
    seconds: float
    notifications: int


FULL = Plan(starts=15, rounds=7, seconds=1.5, notifications=25)
QUICK = Plan(starts=1, rounds=1, seconds=0.3, notifications=2)


def main() -> int:
    """0 when everything that must hold holds; 1 when not, or when nothing could be measured.

    A quick run judges only what is counted: a few timings say nothing.
    """
    options = _parser().parse_args()
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _leave)
    try:
        measured = run(QUICK if options.quick else FULL)
    except (NotReady, WrongAnswer) as error:
        print(f"==> Nothing measured: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("==> Stopped", file=sys.stderr)
        return 1
    verdicts = judge(measured)
    print(render(measured, verdicts))
    out = options.out or (None if options.quick else RESULTS)
    if out is not None:
        out.write_text(json.dumps(document(measured, verdicts), ensure_ascii=False, indent=2) + "\n")
        print(f"\n==> Written to {out}")
    judged = [verdict for verdict in verdicts if verdict.bar.counted or not options.quick]
    return 1 if any(verdict.held is False for verdict in judged) else 0


def run(plan: Plan) -> dict[str, Mapping[str, Row]]:
    """Every section of the report. Raises NotReady or WrongAnswer."""
    if not django_installed():
        _say("Django is not installed in build/django: its rows are left out")
    _say("Compiling, and starting the sandbox, the floor and Django")
    for folder in ("shared", "functions", "bench"):
        compileall.compile_dir(ROOT / folder, quiet=1)
    with Stage() as stage:
        _say("Counting the operations of two purchases")
        counted = operations.count(stage)
        contenders = stage.contenders()
        stage.compare_answers()
        _say(f"Cold starts: {plan.starts} rounds of {len(contenders)}")
        starts = cold.measure(contenders, stage.environment(), plan.starts)
        _say(f"Notifications: {plan.notifications}")
        latency = make_latency.measure(stage, plan.notifications)
        _say(f"Load: {plan.rounds} rounds of {len(contenders)} at {len(warm.CALLERS)} numbers of callers")
        load = warm.measure(stage, contenders, plan.rounds, plan.seconds)
    return {
        "cold": sections.cold(starts),
        **{f"warm_{callers}": sections.warm(load, callers) for callers in warm.CALLERS},
        "workers": sections.workers(load),
        "make": sections.make(latency),
        "operations": sections.operations(counted),
        "polls": sections.polls(
            {status.value: polls.count(status) for status in (Status.MAKE_PENDING, Status.PENDING)}
        ),
    }


def document(measured: Mapping[str, Mapping[str, Row]], verdicts: Iterable[Verdict]) -> dict[str, object]:
    """What is kept of a run."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "command": "make bench",
        "sections": {
            name: {row: _rounded(columns) for row, columns in rows.items()} for name, rows in measured.items()
        },
        "bars": [
            {
                "text": v.bar.text,
                "value": _round(v.value),
                "limit": v.bar.limit,
                "at_least": v.bar.at_least,
                "held": v.held,
            }
            for v in verdicts
        ],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few repetitions, to see that it runs")
    parser.add_argument("--out", type=Path, help="where the JSON goes (default: bench/results.json, not with --quick)")
    return parser


def _rounded(row: Row) -> dict[str, float | None]:
    return {column: _round(value) for column, value in row.items()}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _say(text: str) -> None:
    print(f"==> {text}", flush=True)


def _leave(signum: int, frame: object) -> None:
    # As Ctrl-C does: what was started is stopped on the way out.
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
