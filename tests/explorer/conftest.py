"""A line per scenario in pytest's output: what was covered, so that a small run cannot pass for a whole one."""

from __future__ import annotations

import pytest

PROPERTY = "explored"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.stats.get("passed", [])
    lines = [value for report in passed for key, value in report.user_properties if key == PROPERTY]
    if lines:
        terminalreporter.section("Explored interleavings")
    for line in lines:
        terminalreporter.write_line(str(line))
