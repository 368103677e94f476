"""The operators' commands as they are run, against the embedded Firestore."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud.firestore import Client

from sandbox.firestore import EmbeddedFirestore
from shared.adapters.documents import order_document
from shared.domain.order import Order, Status
from shared.operations import check_devices, report, seed, store
from tests.worlds.builders import an_order

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def firestore() -> Iterator[EmbeddedFirestore]:
    server = EmbeddedFirestore().start()
    yield server
    server.stop()


@pytest.fixture
def client(firestore: EmbeddedFirestore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Client]:
    """An empty project, which the commands find by the environment; no `.env` of this checkout interferes."""
    project = f"operators-{uuid.uuid4().hex[:8]}"
    environment = {"GOOGLE_CLOUD_PROJECT": project, "FIRESTORE_EMULATOR_HOST": firestore.host}
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore.host)
    monkeypatch.setattr(store, "settings", lambda: environment)
    with store.opened(environment) as opened:
        yield opened


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["command", *arguments])


def _keep(client: Client, order: Order) -> None:
    client.document(f"orders/{order.order_id}").set(order_document(order))


def test_seed_fills_an_empty_project_with_documents_that_have_no_problem(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(monkeypatch, "--device", "machine-17", "--merchant", "owner-1")
    assert seed.main() == 0
    device = client.document("devices/machine-17").get().to_dict() or {}
    assert device["merchant_id"] == "owner-1"
    assert check_devices.main() == 0
    assert "Кофемашин: 1, владельцев: 1, замечаний: 0." in capsys.readouterr().out


@pytest.mark.parametrize("existing", ["devices/other", "merchants/other"])
def test_seed_writes_nothing_where_documents_exist(
    client: Client, monkeypatch: pytest.MonkeyPatch, existing: str
) -> None:
    client.document(existing).set({"location": "Холл"})
    _run(monkeypatch)
    assert seed.main() == 1
    assert not client.document("devices/test").get().exists and not client.document("merchants/demo").get().exists


def test_the_check_ends_with_1_when_a_machine_cannot_sell(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.document("devices/lobby").set({"merchant_id": "gone", "brew_seconds": "сто"})
    assert check_devices.main() == 1
    told = capsys.readouterr().out
    assert "[НЕ ПРОДАЁТ] devices/lobby, поле merchant_id: 'gone'" in told
    assert "[Исправьте] devices/lobby, поле brew_seconds: 'сто'" in told


def test_the_report_covers_the_period_and_writes_its_files(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sold = replace(an_order(Status.SUCCESSFUL), created_at=NOW)
    _keep(client, sold)
    old = replace(sold, order_id="order-of-last-month", created_at=NOW - timedelta(days=31))
    _keep(client, replace(old, needs_attention=True, attention_reason="refund_failed"))
    client.document("orders/broken-order-1").set({"created_at": NOW})
    client.document("devices/test").set({"location": "Лобби"})
    page, table = tmp_path / "report.html", tmp_path / "report.csv"
    _run(monkeypatch, "--html", str(page), "--csv", str(table))
    assert report.main() == 0
    told = capsys.readouterr()
    assert "broken-order-1" in told.err
    assert "order-of-last-month  test  Не удалось вернуть деньги." in told.out
    assert [line.split()[1:3] for line in told.out.splitlines() if line.startswith("test ")] == [["1", "1"]]
    assert "test · Лобби" in page.read_text("utf-8") and len(table.read_text("utf-8").splitlines()) == 3


def test_a_missing_project_is_said_in_one_line() -> None:
    with pytest.raises(SystemExit, match="GOOGLE_CLOUD_PROJECT"), store.opened({}):
        raise AssertionError("nothing may be opened")


def test_settings_come_from_the_file_unless_the_shell_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    path.write_text("# a comment\nGOOGLE_CLOUD_PROJECT=of-the-file\nexport TMETR_TOKEN='a=b c'\n", encoding="utf-8")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    assert store.settings(path)["GOOGLE_CLOUD_PROJECT"] == "of-the-file"
    assert store.settings(path)["TMETR_TOKEN"] == "a=b c"
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "of-the-shell")
    assert store.settings(path)["GOOGLE_CLOUD_PROJECT"] == "of-the-shell"
