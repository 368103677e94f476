"""The one payload builder: billing modes, the saved-card switch, limits, receipts (SPEC §8, §9)."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from shared.adapters.yookassa.payload import build_receipt, build_yookassa_payment_payload
from shared.domain.merchant import ItemSettings, ReceiptSettings

SAVING = {"save_payment_method", "payment_method_data", "payment_method_id", "merchant_customer_id"}
REQUIRED = {"amount", "confirmation", "capture", "description", "metadata"}


def built(**changes: Any) -> dict[str, Any]:
    usual = {"amount": 15000, "description": "Молочная пена, средний", "return_url": "https://pay.example/?order_id=1"}
    return build_yookassa_payment_payload(**{**usual, **changes})


def receipt(settings: ReceiptSettings, **changes: Any) -> dict[str, Any]:
    usual = {"email": "anna@example.ru", "drink_no": "latte", "drink_name": "Латте", "price": 15050}
    return build_receipt(settings, **{**usual, **changes})


def test_one_time_is_the_default_and_names_nothing_that_is_saved() -> None:
    payload = built()
    assert payload["metadata"]["billing_mode"] == "ONE_TIME"
    assert not SAVING & set(payload)


def test_recurring_saves_the_card() -> None:
    payload = built(recurring_enabled=True)
    assert payload["metadata"]["billing_mode"] == "RECURRING"
    assert payload["save_payment_method"] is True


def test_recurring_without_saving_is_still_recurring() -> None:
    payload = built(recurring_enabled=True, save_payment_method=False)
    assert payload["metadata"]["billing_mode"] == "RECURRING"
    assert not SAVING & set(payload)


@pytest.mark.parametrize("recurring_enabled", [True, False])
def test_the_callers_metadata_survives(recurring_enabled: bool) -> None:
    given = {"order_id": "1", "device_uuid": "test"}
    mode = "RECURRING" if recurring_enabled else "ONE_TIME"
    payload = built(metadata=given, recurring_enabled=recurring_enabled)
    assert payload["metadata"] == {"order_id": "1", "device_uuid": "test", "billing_mode": mode}
    assert given == {"order_id": "1", "device_uuid": "test"}


@pytest.mark.parametrize("recurring_enabled", [True, False])
@pytest.mark.parametrize("save_payment_method", [True, False])
def test_the_required_fields_are_always_there(recurring_enabled: bool, save_payment_method: bool) -> None:
    payload = built(recurring_enabled=recurring_enabled, save_payment_method=save_payment_method)
    assert set(payload) - SAVING == REQUIRED
    assert payload["amount"] == {"value": "150.00", "currency": "RUB"}
    assert payload["confirmation"] == {"type": "redirect", "return_url": "https://pay.example/?order_id=1"}
    assert payload["capture"] is True
    assert payload["description"] == "Молочная пена, средний"


def test_the_caller_cannot_name_another_billing_mode() -> None:
    assert built(metadata={"billing_mode": "RECURRING"})["metadata"]["billing_mode"] == "ONE_TIME"


def test_a_saved_card_is_charged_without_a_redirect_and_not_saved_again() -> None:
    payload = built(recurring_enabled=True, payment_method_id="method-1")
    assert payload["payment_method_id"] == "method-1"
    assert set(payload) & (SAVING | {"confirmation"}) == {"payment_method_id"}


def test_a_saved_card_is_not_named_while_recurring_is_off() -> None:
    payload = built(payment_method_id="method-1")
    assert not SAVING & set(payload)
    assert "confirmation" in payload


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"amount": 99000}, "mode=ONE_TIME, save_payment_method=False, amount=990.00"),
        ({"recurring_enabled": True}, "mode=RECURRING, save_payment_method=True, amount=150.00"),
        (
            {"recurring_enabled": True, "save_payment_method": False},
            "mode=RECURRING, save_payment_method=False, amount=150.00",
        ),
    ],
)
def test_the_log_line_says_what_was_built(caplog: pytest.LogCaptureFixture, changes: dict[str, Any], line: str) -> None:
    with caplog.at_level(logging.INFO, "shared"):
        built(**changes)
    assert caplog.messages == [f"Built YooKassa payload: {line}"]


def test_texts_are_cut_to_what_yookassa_takes() -> None:
    payload = built(description="я" * 129, metadata={"order_id": "я" * 513})
    assert payload["description"] == "я" * 128
    assert payload["metadata"]["order_id"] == "я" * 512


def test_a_receipt_goes_along_where_there_is_one() -> None:
    made = receipt(ReceiptSettings())
    assert built(receipt=made)["receipt"] == made
    assert "receipt" not in built()


def test_a_receipt_without_settings_leaves_them_out() -> None:
    assert receipt(ReceiptSettings()) == {
        "customer": {"email": "anna@example.ru"},
        "items": [
            {"description": "Латте", "quantity": 1, "amount": {"value": "150.50", "currency": "RUB"}},
        ],
        "internet": False,
    }


def test_a_receipt_has_every_setting_in_its_place() -> None:
    item = ItemSettings(vat_code=11, measure="piece", payment_subject="commodity", payment_mode="full_payment")
    made = receipt(ReceiptSettings(tax_system_code=2, timezone=3, item=item))
    assert (made["tax_system_code"], made["timezone"], made["internet"]) == (2, 3, False)
    (only,) = made["items"]
    assert (only["vat_code"], only["measure"]) == (11, "piece")
    assert (only["payment_subject"], only["payment_mode"]) == ("commodity", "full_payment")


def test_a_receipt_takes_the_drinks_settings_before_the_merchants() -> None:
    drinks = {"latte": ItemSettings(vat_code=4)}
    made = receipt(ReceiptSettings(item=ItemSettings(vat_code=1, measure="piece"), drinks=drinks))
    (only,) = made["items"]
    assert (only["vat_code"], only["measure"]) == (4, "piece")


def test_a_long_drink_name_is_cut_on_the_receipt() -> None:
    (only,) = receipt(ReceiptSettings(), drink_name="я" * 129)["items"]
    assert only["description"] == "я" * 128
