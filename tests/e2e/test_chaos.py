"""A small fault run: it holds with the code as it is, and notices a rule that was broken on purpose."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.supervisor.settings import ROOT
from tests.chaos.judge import RULES

# What breaks which rule: (file, what is written there, what is written instead).
COMMANDED_TWICE = (
    "services/dispense.py",
    "    sent = world.machine.make(order, ",
    "    world.machine.make(order, lambda: True)\n    sent = world.machine.make(order, ",
)
AMOUNT_BELIEVED = ("domain/settlement.py", "if mismatch(order, attempt, payment):", "if False:")


def chaos(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.chaos", "--hurry", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240
    )


def test_every_rule_holds_under_faults_of_every_kind() -> None:
    run = chaos("--purchases", "25", "--seed", "5")
    assert run.returncode == 0, run.stdout
    assert "Every rule of SPEC §7 held" in run.stdout
    for thrown in (
        r"yookassa (create_payment|get_payment) ",
        r"tbank (init|get_state) ",
        r"tmetr make ",
        r"notify_\w+ \d",
        r"spoiled before it",
        r"spoiled after the effect",
        r"kill -9 +webhook",
        r"connections refused ",
        r"forged .*: 403",
        r"forged .*: (200|503)",  # which of the two depends on what was broken at that moment
    ):
        assert re.search(thrown, run.stdout), (thrown, run.stdout)


@pytest.fixture
def broken_library(tmp_path: Path) -> Path:
    """A copy of `shared` in which two rules are broken."""
    copy = shutil.copytree(ROOT / "shared", tmp_path / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    for file, right, wrong in (COMMANDED_TWICE, AMOUNT_BELIEVED):
        text = (copy / file).read_text()
        assert text.count(right) == 1, f"{file} has changed: {right!r}"
        (copy / file).write_text(text.replace(right, wrong))
    return tmp_path


def test_a_rule_broken_on_purpose_is_noticed_and_named(broken_library: Path) -> None:
    run = chaos("--purchases", "20", "--seed", "5", "--library", str(broken_library))
    assert run.returncode == 1, run.stdout
    for rule in (1, 2):
        assert f"rule {rule} ({RULES[rule]})" in run.stdout, run.stdout
