"""The guides name everything that an operator or engineer can meet."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared.domain.device import read_device
from shared.domain.merchant import read_merchant
from shared.domain.order import Reason, Scenario
from shared.operations.environment import DEPLOY_DEFAULTS
from tests.deploy.dry_run import ROOT

OPERATORS = (ROOT / "docs/operators.ru.md").read_text("utf-8")
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
DEPLOY = (ROOT / "docs/deploy.md").read_text("utf-8")


class _Recorder(dict[str, Any]):
    """A document that notes which of its fields are read, also inside a receipt."""

    def __init__(self, known: list[str]) -> None:
        super().__init__()
        self._known = known

    def get(self, name: str, default: Any = None) -> Any:
        self._known.append(name)
        return {"drinks": {"77": {}}} if name == "receipt" else default


def test_the_operators_guide_has_a_row_for_every_field_of_a_document() -> None:
    read: list[str] = []
    read_device("test", _Recorder(read))
    read_merchant("demo", _Recorder(read))
    read += [
        "is_mandatory",
        "vat_code",
        "tax_system_code",
        "timezone",
        "measure",
        "payment_subject",
        "payment_mode",
        "drinks",
    ]
    assert len(read) > 20
    assert [name for name in read if f"\n| `{name}` |" not in OPERATORS] == []
    assert all(f"`{scenario}`" in OPERATORS for scenario in Scenario)


@pytest.mark.parametrize("reason", Reason)
def test_the_operators_guide_explains_every_reason(reason: Reason) -> None:
    assert OPERATORS.count(f"\n| `{reason}` |") == 1


def test_the_runbook_explains_every_event_that_is_logged() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "shared").rglob("*.py"))
    events = set(re.findall(r'"event": "(\w+)"', code)) - {"order_status_changed", "order_created", "needs_attention"}
    assert len(events) > 10
    assert [event for event in sorted(events) if event not in RUNBOOK] == []


def test_the_deployment_guide_explains_every_setting_of_deploy_sh() -> None:
    settings = set(DEPLOY_DEFAULTS) - {"DEPLOY_PROJECT_NUMBER"}
    assert [name for name in settings if f"\n| `{name}` |" not in DEPLOY] == []


@pytest.mark.parametrize("text", [OPERATORS, RUNBOOK, DEPLOY], ids=["operators", "runbook", "deploy"])
def test_links_and_commands_lead_somewhere(text: str) -> None:
    for name in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / "docs" / name).exists(), name
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE):
        assert f"\n{target}:" in makefile, target
