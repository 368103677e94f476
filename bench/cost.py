"""What purchases cost: counted operations × list prices, against one server that always runs.

`python -m bench.cost [--purchases N] [--sharing N]` reads `results.json` (operations and CPU time, as `make bench`
measured them), `usage.json` (how a purchase goes, and sizes) and `prices.json` (list prices, their date and source).
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DAYS_PER_MONTH = 30
HOURS_PER_MONTH = 730
KIB_PER_GIB = 1 << 20

Numbers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of request of a purchase. `cpu_ms` is the worker's, `outside_ms` its waiting for somebody else."""

    per_purchase: float
    reads: float
    writes: float
    cpu_ms: float
    outside_ms: float


def steps_of(usage: Numbers, results: Numbers) -> dict[str, Step]:
    """How a purchase goes, with what was counted and measured. Device and merchant are in the caches."""
    counted, workers = results["sections"]["operations"], results["sections"]["workers"]
    return {
        name: Step(
            per_purchase=told["per_purchase"],
            reads=counted[name]["cached_reads"],
            writes=counted[name]["cached_writes"],
            cpu_ms=workers[told["function"]]["cpu_ms_per_request"] or 0.0,
            outside_ms=told["outside_ms"],
        )
        for name, told in usage["steps"].items()
    }


def billed_seconds(step: Step, granularity_ms: float) -> float:
    """What one request is billed when it has the instance for itself; requests that share one cost less."""
    return math.ceil((step.cpu_ms + step.outside_ms) / granularity_ms) * granularity_ms / 1000


def functions_cost(usage: Numbers, steps: Mapping[str, Step], prices: Numbers) -> dict[str, float]:
    """USD by item for `usage.purchases` purchases made within a month, free tiers left aside."""
    purchases, run = usage["purchases"], prices["run"]
    requests = purchases * sum(step.per_purchase for step in steps.values()) + usage["reconcile_runs_per_month"]
    seconds = run_seconds(usage, steps, run["granularity_ms"])
    return {
        "Cloud Run: vCPU": seconds * usage["vcpus"] * run["vcpu_second"],
        "Cloud Run: memory": seconds * usage["memory_gib"] * run["gib_second"],
        "Cloud Run: requests": requests / 1_000_000 * run["million_requests"],
        **_firestore(usage, steps, prices["firestore"]),
        "Logs": purchases * usage["log_kib_per_purchase"] / KIB_PER_GIB * prices["logging"]["gib"],
        "Network": requests * usage["answer_kib"] / KIB_PER_GIB * prices["network"]["gib"],
        "Cloud Scheduler": prices["scheduler"]["job_month"],
    }


def server_cost(server: Numbers) -> dict[str, float]:
    """USD a month for a server that always runs, its database on its own disk, nobody's time counted."""
    return {
        "Virtual machine": server["vm_hour"] * HOURS_PER_MONTH,
        "Disk": server["disk_gb"] * server["disk_gb_month"],
        "Address": server["address_hour"] * HOURS_PER_MONTH,
    }


def cpu_seconds(usage: Numbers, steps: Mapping[str, Step]) -> float:
    """What the purchases keep processors busy for: the least that anybody could bill."""
    return float(usage["purchases"] * sum(step.per_purchase * step.cpu_ms for step in steps.values()) / 1000)


def run_seconds(usage: Numbers, steps: Mapping[str, Step], granularity_ms: float) -> float:
    """Billed seconds of instances, those of the scheduled runs included."""
    own = sum(step.per_purchase * billed_seconds(step, granularity_ms) for step in steps.values())
    shared = usage["purchases"] * own / usage["requests_sharing_an_instance"]
    return float(shared + usage["reconcile_runs_per_month"] * granularity_ms / 1000)


def _firestore(usage: Numbers, steps: Mapping[str, Step], prices: Numbers) -> dict[str, float]:
    purchases = usage["purchases"]
    # Every run of reconcile is a query: one read, also when nothing is due.
    reads = purchases * sum(s.per_purchase * s.reads for s in steps.values()) + usage["reconcile_runs_per_month"]
    writes = purchases * sum(s.per_purchase * s.writes for s in steps.values())
    kept_gib = purchases * usage["document_kib"] / KIB_PER_GIB * usage["retention_days"] / DAYS_PER_MONTH
    return {
        "Firestore: reads": reads / 100_000 * prices["reads_per_100k"],
        "Firestore: writes": writes / 100_000 * prices["writes_per_100k"],
        "Firestore: deletes by TTL": purchases / 100_000 * prices["deletes_per_100k"],
        "Firestore: storage": kept_gib * prices["storage_gib_month"],
    }


def render(usage: Numbers, steps: Mapping[str, Step], prices: Numbers) -> str:
    """The two bills as text."""
    billed = run_seconds(usage, steps, prices["run"]["granularity_ms"])
    heading = [
        f"{usage['purchases']:,} purchases in a month, {prices['region']}, {prices['as_of']}",
        f"CPU time {cpu_seconds(usage, steps):,.0f} s, billed instance time {billed:,.0f} s",
    ]
    bills = (("Functions", functions_cost(usage, steps, prices)), ("One small server", server_cost(prices["server"])))
    return "\n".join([*heading, *(line for title, items in bills for line in ("", *_bill(title, items)))])


def _bill(title: str, items: Mapping[str, float]) -> list[str]:
    lines = [f"  {name:<28}{amount:>9.2f}" for name, amount in items.items()]
    return [title, *lines, f"  {'in all, USD':<28}{sum(items.values()):>9.2f}"]


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cost")
    parser.add_argument("--purchases", type=int, help="in a month; default as in usage.json")
    parser.add_argument(
        "--sharing", type=float, help="requests that are in an instance at once; default as in usage.json"
    )
    parser.add_argument("--results", type=Path, default=HERE / "results.json", help="what make bench has written")
    options = parser.parse_args()
    prices, usage, results = _read(HERE / "prices.json"), _read(HERE / "usage.json"), _read(options.results)
    if options.purchases is not None:
        usage["purchases"] = options.purchases
    if options.sharing is not None:
        usage["requests_sharing_an_instance"] = options.sharing
    print(render(usage, steps_of(usage, results), prices))


if __name__ == "__main__":
    main()
