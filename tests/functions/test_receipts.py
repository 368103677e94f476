"""Receipts (54-FZ): who must give an address, what is sent, and what a refund carries (SPEC §9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.stand import Stand, answered
from tests.functions.texts import refusal, told

EMAIL = "customer.of.ours@example.com"


def _receipts(stand: Stand, **settings: Any) -> str:
    stand.device(payment_scenario="YookassaReceipt")
    stand.merchant(receipt={"vat_code": 1} | settings)
    return stand.order()


def test_a_mandatory_receipt_needs_an_address(stand: Stand) -> None:
    order_id = _receipts(stand, is_mandatory=True)
    assert stand.shown(order_id)["receipt"] == {"email": "required"}
    for email in (None, "", "   "):
        assert told(stand.tap(order_id, email=email)) == refusal("EMAIL_REQUIRED")
    assert stand.yookassa.get("payments") == []


@pytest.mark.parametrize(
    "email",
    [
        "nobody",
        "a@b",
        "a b@example.com",
        "a@example..com",
        "@example.com",
        "я@пример.рф",
        "a@b.com\nBcc: c@d.ru",
        "a" * 250 + "@b.ru",
        "a..b@example.com",
        ".a@example.com",
        "a@example.xn--",
    ],
)
def test_an_address_that_is_none_is_refused(stand: Stand, email: str) -> None:
    order_id = _receipts(stand)
    assert told(stand.tap(order_id, email=email)) == refusal("INVALID_EMAIL")
    assert stand.yookassa.get("payments") == []


def test_a_receipt_goes_to_the_address_with_the_drinks_own_settings(stand: Stand) -> None:
    own = {"vat_code": 4, "payment_subject": "commodity"}
    settings = {"tax_system_code": 2, "timezone": 3, "measure": "piece", "payment_mode": "full_payment"}
    order_id = _receipts(stand, **settings, drinks={stand.scan()["drinkNo"]: own})
    assert stand.shown(order_id)["receipt"] == {"email": "optional"}
    answered(stand.tap(order_id, email=f"  {EMAIL} "))
    (call,) = stand.yookassa.calls("create_payment")
    receipt = {
        "customer": {"email": EMAIL},
        "items": [
            {
                "description": "Молочная пена",
                "quantity": 1,
                "amount": {"value": "150.00", "currency": "RUB"},
                "vat_code": 4,
                "measure": "piece",
                "payment_subject": "commodity",
                "payment_mode": "full_payment",
            }
        ],
        "internet": False,
        "tax_system_code": 2,
        "timezone": 3,
    }
    assert call["body"]["receipt"] == receipt == stand.document(order_id)["attempts"][0]["receipt"]


def test_an_optional_receipt_may_be_declined(stand: Stand) -> None:
    answered(stand.tap(_receipts(stand)))
    (call,) = stand.yookassa.calls("create_payment")
    assert "receipt" not in call["body"]


def test_an_address_is_ignored_where_no_receipt_is_made(stand: Stand) -> None:
    order_id = stand.order()
    assert stand.shown(order_id)["receipt"] == {"email": "hidden"}
    answered(stand.tap(order_id, email="not an address"))
    (call,) = stand.yookassa.calls("create_payment")
    assert "receipt" not in call["body"]


def test_mandatory_receipts_without_a_vat_code_are_not_sold(stand: Stand) -> None:
    stand.device(payment_scenario="YookassaReceipt")
    stand.merchant(receipt={"is_mandatory": True, "vat_code": 99})
    assert told(stand.post("create_order", "/", stand.scan())) == refusal("PAYMENT_NOT_CONFIGURED")


def test_a_refund_carries_the_receipt_that_was_sent(stand: Stand) -> None:
    order_id = _receipts(stand)
    payment_id = stand.start(order_id, email=EMAIL)
    stand.yookassa.post(f"payments/{payment_id}/pay")
    stand.tmetr.fail("make", "http_400")
    stand.notify(payment_id)
    (paid,), (refunded,) = stand.yookassa.calls("create_payment"), stand.yookassa.calls("create_refund")
    assert refunded["answered"] == 200
    assert refunded["body"]["receipt"] == paid["body"]["receipt"]
