"""The files that a deployment sends to the cloud are what the cloud expects."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.operations import environment
from shared.operations.deployment import index_commands
from tests.deploy.dry_run import ROOT

MONITORING = ROOT / "docs/monitoring"
METRICS = sorted(MONITORING.glob("metrics/*.json"))
POLICIES = sorted(MONITORING.glob("policies/*.json"))


def _load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("script", ["deploy.sh", "tests/deploy/fake_cloud.sh"])
def test_shellcheck_finds_nothing(script: str) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip(f"shellcheck is not installed: {script} was NOT checked")
    done = subprocess.run(["shellcheck", str(ROOT / script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", METRICS, ids=lambda path: path.stem)
def test_a_metric_extracts_each_of_its_labels(path: Path) -> None:
    metric = _load(path)
    labels = {label["key"] for label in metric["metricDescriptor"]["labels"]}
    assert labels == set(metric["labelExtractors"])
    assert metric["metricDescriptor"]["metricKind"] == "DELTA"


@pytest.mark.parametrize("path", METRICS, ids=lambda path: path.stem)
def test_a_metric_counts_lines_that_the_code_logs(path: Path) -> None:
    code = "".join(source.read_text("utf-8") for source in (ROOT / "shared").rglob("*.py"))
    counted = _load(path)["filter"]
    looked_for = [f'"event": "{event}"' for event in re.findall(r'jsonPayload\.event="(\w+)"', counted)]
    looked_for += [f'"{text}%s"' for text in re.findall(r'message=~"\^([^"]+)"', counted)]
    assert looked_for
    for text in looked_for:
        assert text in code


@pytest.mark.parametrize("path", [*POLICIES, MONITORING / "dashboard.json"], ids=lambda path: path.stem)
def test_an_alert_or_chart_reads_metrics_that_exist(path: Path) -> None:
    used = set(re.findall(r"(?:com/user/|com:user_)(\w+)", path.read_text("utf-8")))
    assert used <= {metric.stem for metric in METRICS}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_an_alert_is_explained_in_the_runbook(path: Path) -> None:
    policy = _load(path)
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/runbook.md").read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    linked = re.findall(r"docs/runbook\.md#([\w-]+)", policy["documentation"]["content"])
    assert linked and set(linked) <= anchors
    assert policy["displayName"].removeprefix("Coffee payments: ").lower() in {h.lower() for h in headings}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_an_alert_on_log_lines_limits_its_notifications(path: Path) -> None:
    policy = _load(path)
    on_logs = any("conditionMatchedLog" in condition for condition in policy["conditions"])
    assert ("notificationRateLimit" in policy["alertStrategy"]) is on_logs


def test_the_dashboards_tiles_do_not_overlap() -> None:
    layout = _load(MONITORING / "dashboard.json")["mosaicLayout"]
    cells = [
        (x, y)
        for tile in layout["tiles"]
        for x in range(tile["xPos"], tile["xPos"] + tile["width"])
        for y in range(tile["yPos"], tile["yPos"] + tile["height"])
    ]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < layout["columns"]


def test_indexes_become_commands_and_what_queries_need_stays_indexed() -> None:
    lines = list(index_commands(_load(ROOT / "firestore.indexes.json")))
    assert "fields ttls update purge_at --collection-group=orders --enable-ttl --async" in lines
    exempt = {line.split()[3] for line in lines if "--disable-indexes" in line}
    assert exempt and not exempt & {"due_at", "payment_refs", "created_at", "needs_attention", "device_uuid"}


def test_every_secret_is_marked_as_one_in_the_example() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    marked = set(re.findall(r"^# Secret:.*\n(?:#.*\n)*(\w+)=", text, re.MULTILINE))
    assert marked == set(environment.SECRETS)
