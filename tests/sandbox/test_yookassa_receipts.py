"""The stand-in YooKassa checks receipts as strictly as the real one."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.yookassa.amounts import amount_of
from sandbox.yookassa.errors import Refused
from sandbox.yookassa.receipts import check_receipt


def receipt_item(**changes: object) -> dict[str, Any]:
    item: dict[str, Any] = {
        "description": "Молочная пена",
        "quantity": 1,
        "amount": {"value": "150.00", "currency": "RUB"},
        "vat_code": 12,
        "measure": "piece",
        "payment_subject": "commodity",
        "payment_mode": "full_payment",
    } | changes
    return {name: value for name, value in item.items() if value is not None}


def receipt(*items: dict[str, Any], **changes: object) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "customer": {"email": "customer@example.com"},
        "items": list(items) or [receipt_item()],
        "internet": False,
        "tax_system_code": 2,
        "timezone": 2,
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


@pytest.mark.parametrize(
    "good",
    [
        receipt(),
        receipt(customer={"phone": "79000000000"}),
        receipt(tax_system_code=None, timezone=None, internet=None),
        receipt(receipt_item(measure=None, payment_subject=None, payment_mode=None)),
        receipt(receipt_item(quantity="2.000", amount=amount_of(7500))),
        receipt(receipt_item(amount=amount_of(10000)), receipt_item(amount=amount_of(5000))),
    ],
)
def test_a_complete_receipt_is_accepted(good: dict[str, Any]) -> None:
    check_receipt(good, 15000)


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        ([], "receipt"),
        (receipt(customer={}), "receipt.customer"),
        (receipt(customer=None), "receipt.customer"),
        (receipt(customer={"email": "not an address"}), "receipt.customer.email"),
        (receipt(customer={"phone": "call me"}), "receipt.customer.phone"),
        (receipt(items=[]), "receipt.items"),
        (receipt(items=[receipt_item()] * 7), "receipt.items"),
        (receipt(receipt_item(amount=amount_of(14999))), "receipt.items"),
        (receipt(receipt_item(description="")), "receipt.items[0].description"),
        (receipt(receipt_item(description="п" * 129)), "receipt.items[0].description"),
        (receipt(receipt_item(vat_code=None)), "receipt.items[0].vat_code"),
        (receipt(receipt_item(vat_code=13)), "receipt.items[0].vat_code"),
        (receipt(receipt_item(vat_code="1")), "receipt.items[0].vat_code"),
        (receipt(receipt_item(quantity=None)), "receipt.items[0].quantity"),
        (receipt(receipt_item(quantity=0)), "receipt.items[0].quantity"),
        (receipt(receipt_item(amount=None)), "receipt.items[0].amount"),
        (receipt(receipt_item(measure="cup")), "receipt.items[0].measure"),
        (receipt(receipt_item(payment_subject="coffee")), "receipt.items[0].payment_subject"),
        (receipt(receipt_item(payment_mode="later")), "receipt.items[0].payment_mode"),
        (receipt(receipt_item(name="Латте")), "receipt.items[0].name"),
        (receipt(tax_system_code=7), "receipt.tax_system_code"),
        (receipt(timezone=12), "receipt.timezone"),
        (receipt(internet="no"), "receipt.internet"),
        (receipt(tax=1), "receipt.tax"),
    ],
)
def test_a_wrong_receipt_names_the_field_at_fault(wrong: object, parameter: str) -> None:
    with pytest.raises(Refused) as refused:
        check_receipt(wrong, 15000)
    assert (refused.value.status, refused.value.parameter) == (400, parameter)
