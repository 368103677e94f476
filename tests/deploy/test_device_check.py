"""`make check-devices` names each problem of each document with its field, value and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.credentials import Credentials, MerchantAccounts, TBankTerminal, YooKassaShop
from shared.domain.device import read_device
from shared.domain.merchant import read_merchant
from shared.operations.check_devices import as_text, known_credentials
from shared.operations.device_check import Checked, Finding, Weight, check_documents

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
SHOP = MerchantAccounts(yookassa=YooKassaShop("100500", "live_x"))
DEVICE: dict[str, Any] = {"merchant_id": "demo", "location": "Холл", "payment_scenario": "Yookassa"}
MERCHANT: dict[str, Any] = {"name": "Кофе", "receipt": {"vat_code": 1}}


def _check(
    device: Mapping[str, Any] | None = None,
    merchant: Mapping[str, Any] | None = None,
    credentials: Credentials | None = None,
) -> list[Finding]:
    """The findings about one device and its merchant, each whole but for these changes (None removes a field)."""
    changed_device = {name: value for name, value in {**DEVICE, **(device or {})}.items() if value is not None}
    merchants = {"demo": {**MERCHANT, **(merchant or {})}}
    return check_documents({"test": changed_device}, merchants, Checked(now=NOW, credentials=credentials))


def _one(findings: list[Finding]) -> Finding:
    [found] = findings
    return found


def test_whole_documents_have_no_findings() -> None:
    assert _check(credentials=Credentials(default=SHOP)) == []


@pytest.mark.parametrize(
    ("device", "merchant", "field"),
    [
        ({"merchant_id": None}, {}, "merchant_id"),
        ({"merchant_id": 7}, {}, "merchant_id"),
        ({"merchant_id": "nobody"}, {}, "merchant_id"),
        ({"payment_scenario": "Custom"}, {}, "redirect_url"),
        ({}, {"valid_until": "2026-03-16"}, "valid_until"),
        ({"payment_scenario": "YookassaReceipt"}, {"receipt": {"is_mandatory": True}}, "receipt.vat_code"),
    ],
)
def test_what_stops_sales_is_found(device: dict[str, Any], merchant: dict[str, Any], field: str) -> None:
    findings = [found for found in _check(device, merchant) if found.weight is Weight.STOPS_SALES]
    assert _one(findings).problem.field == field
    assert as_text(findings).startswith("\n[НЕ ПРОДАЁТ] ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("logo_url", "http://x.example/logo.png"),
        ("payment_scenario", "yookassa"),
        ("enabled", "false"),
        ("brew_seconds", "90"),
        ("client_info_paid", 5),
        ("client_error_info", True),
    ],
)
def test_a_field_that_is_ignored_is_named_with_its_value_and_a_remedy(field: str, value: object) -> None:
    found = _one(_check({field: value}))
    assert (found.weight, found.problem.document) == (Weight.WARNING, "devices/test")
    assert (found.problem.field, found.problem.value) == (field, value)
    assert f"devices/test, поле {field}: {value!r}" in as_text([found]) and found.remedy in as_text([found])


def test_a_receipts_mistyped_settings_are_found_down_to_the_drink() -> None:
    receipt = {"vat_code": 20, "measure": "cup", "drinks": {"77": {"vat_code": "1"}, "78": 5}}
    found = {finding.problem.field: finding for finding in _check(merchant={"receipt": receipt})}
    assert set(found) == {"receipt.vat_code", "receipt.measure", "receipt.drinks.77.vat_code", "receipt.drinks.78"}
    assert "piece" in found["receipt.measure"].remedy


def test_a_misspelt_field_is_told_its_right_name() -> None:
    assert "redirect_url" in _one(_check({"redirect_uri": "https://x.example"})).remedy
    assert "receipt.vat_code" in _one(_check(merchant={"receipt": {"vat_cod": 1}})).remedy
    note = _one(_check({"serial": "A-17"}))
    assert note.weight is Weight.NOTE


def test_credentials_in_a_document_are_found_and_not_shown() -> None:
    found = _one(_check(merchant={"yookassa_secret_key": "live_abc"}))
    assert "live_abc" not in as_text([found]) and found.weight is Weight.WARNING


@pytest.mark.parametrize(
    ("scenario", "accounts", "missing"),
    [
        ("Yookassa", SHOP, False),
        ("YookassaReceipt", MerchantAccounts(), True),
        ("TBank", SHOP, True),
        ("TBank", MerchantAccounts(tbank=TBankTerminal("1", "p")), False),
    ],
)
def test_missing_credentials_stop_sales(scenario: str, accounts: MerchantAccounts, missing: bool) -> None:
    findings = _check({"payment_scenario": scenario}, credentials=Credentials(default=accounts))
    assert [found.weight for found in findings] == [Weight.STOPS_SALES] * missing


def test_credentials_that_this_computer_does_not_know_are_not_missed() -> None:
    assert known_credentials({"GOOGLE_CLOUD_PROJECT": "x"}) is None
    known = known_credentials({"YOOKASSA_SHOP_ID": "1", "YOOKASSA_SECRET_KEY": "live_x"})
    assert known is not None and known.shop("demo") == YooKassaShop("1", "live_x")
    assert _check({"payment_scenario": "TBank"}, credentials=None) == []


def test_a_device_that_is_switched_off_is_a_note_and_its_other_problems_do_not_alarm() -> None:
    weights = {found.problem.field: found.weight for found in _check({"enabled": False, "merchant_id": "nobody"})}
    assert weights["enabled"] is Weight.NOTE and weights["merchant_id"] is Weight.WARNING


class _Recorder(dict[str, Any]):
    """A document that notes which of its fields are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def get(self, name: str, default: Any = None) -> Any:
        self.read.append(name)
        return default


def test_every_field_that_the_functions_read_is_known() -> None:
    device, merchant = _Recorder(), _Recorder()
    read_device("test", device)
    read_merchant("demo", merchant)
    absent = {name: "" for name in device.read if name not in DEVICE}
    assert len(absent) > 10 and _check(absent) == []
    assert merchant.read and _check(merchant=dict.fromkeys(merchant.read, "")) == []
