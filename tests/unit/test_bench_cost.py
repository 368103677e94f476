from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.cost import Step, billed_seconds, cpu_seconds, functions_cost, render, run_seconds, server_cost, steps_of

BENCH = Path(__file__).resolve().parents[2] / "bench"
PRICES: dict[str, Any] = {
    "as_of": "2026-11-22",
    "region": "somewhere",
    "firestore": {"reads_per_100k": 3, "writes_per_100k": 9, "deletes_per_100k": 1, "storage_gib_month": 2},
    "run": {"vcpu_second": 0.5, "gib_second": 0.25, "million_requests": 4, "granularity_ms": 100},
    "logging": {"gib": 1},
    "network": {"gib": 1},
    "scheduler": {"job_month": 0.1},
    "server": {"vm_hour": 0.01, "disk_gb_month": 0.1, "disk_gb": 20, "address_hour": 0.005},
}
USAGE: dict[str, Any] = {
    "purchases": 100_000,
    "requests_sharing_an_instance": 1,
    "vcpus": 1,
    "memory_gib": 0.5,
    "retention_days": 90,
    "document_kib": 0,
    "log_kib_per_purchase": 0,
    "answer_kib": 0,
    "reconcile_runs_per_month": 0,
}
SCAN = Step(per_purchase=1, reads=1, writes=1, cpu_ms=10, outside_ms=250)
POLL = Step(per_purchase=40, reads=1, writes=0, cpu_ms=3, outside_ms=0)
STEPS = {"scan": SCAN, "poll": POLL}


def test_operations_are_billed_as_they_were_counted() -> None:
    bill = functions_cost(USAGE, STEPS, PRICES)
    assert bill["Firestore: reads"] == pytest.approx(41 * 3)
    assert bill["Firestore: writes"] == pytest.approx(9)
    assert bill["Firestore: deletes by TTL"] == pytest.approx(1)


def test_reconcile_costs_a_read_a_run_also_when_nothing_is_sold() -> None:
    bill = functions_cost({**USAGE, "purchases": 0, "reconcile_runs_per_month": 50_000}, STEPS, PRICES)
    assert bill["Firestore: reads"] == pytest.approx(1.5)
    assert bill["Cloud Run: vCPU"] == pytest.approx(50_000 * 0.1 * 0.5)


@pytest.mark.parametrize(("step", "seconds"), [(POLL, 0.1), (SCAN, 0.3)])
def test_a_request_is_billed_in_steps_of_100_ms(step: Step, seconds: float) -> None:
    assert billed_seconds(step, 100) == pytest.approx(seconds)


def test_waiting_is_billed_and_is_no_cpu_time() -> None:
    assert cpu_seconds(USAGE, {"scan": SCAN}) == pytest.approx(1_000)
    assert run_seconds(USAGE, {"scan": SCAN}, 100) == pytest.approx(30_000)


def test_requests_that_share_an_instance_share_its_bill() -> None:
    alone = functions_cost(USAGE, STEPS, PRICES)
    shared = functions_cost({**USAGE, "requests_sharing_an_instance": 4}, STEPS, PRICES)
    assert shared["Cloud Run: vCPU"] == pytest.approx(alone["Cloud Run: vCPU"] / 4)
    assert shared["Firestore: reads"] == alone["Firestore: reads"]


def test_orders_are_stored_until_their_retention_is_over() -> None:
    bill = functions_cost({**USAGE, "purchases": 1 << 20, "document_kib": 1}, STEPS, PRICES)
    assert bill["Firestore: storage"] == pytest.approx(1 * 3 * 2)


def test_a_server_costs_the_same_however_little_is_sold() -> None:
    assert sum(server_cost(PRICES["server"]).values()) == pytest.approx(7.3 + 2 + 3.65)


def test_the_report_names_the_day_of_its_prices() -> None:
    report = render(USAGE, STEPS, PRICES)
    assert "2026-11-22" in report
    assert "100,000 purchases" in report


def test_a_step_takes_its_operations_from_the_counted_and_its_cpu_time_from_the_measured_ones() -> None:
    usage = {"steps": {"scan": {"function": "create_order", "per_purchase": 1, "outside_ms": 250}}}
    counted = {"scan": {"cached_reads": 1, "cached_writes": 1}}
    workers = {"create_order": {"cpu_ms_per_request": 10.0}}
    steps = steps_of(usage, {"sections": {"operations": counted, "workers": workers}})
    assert steps == {"scan": SCAN}


def test_every_price_that_is_kept_has_a_source_and_the_whole_a_date() -> None:
    prices = json.loads((BENCH / "prices.json").read_text())
    groups = [group for group in prices.values() if isinstance(group, dict)]
    assert prices["as_of"]
    assert groups
    assert all(group["source"] for group in groups)
