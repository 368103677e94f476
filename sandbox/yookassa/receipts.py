"""Checks receipt data (54-FZ) as strictly as YooKassa does (yookassa.ru, receipts/54fz)."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal, InvalidOperation

from sandbox.serving import Json
from sandbox.yookassa.amounts import parse_amount
from sandbox.yookassa.errors import bad
from sandbox.yookassa.vocabulary import (
    ITEM_FIELDS,
    MEASURES,
    PAYMENT_MODES,
    PAYMENT_SUBJECTS,
    RECEIPT_FIELDS,
    TAX_SYSTEM_CODES,
    TIMEZONES,
    VAT_CODES,
)

MAX_ITEMS = 6
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
_PHONE = re.compile(r"\+?\d{10,15}")


def check_receipt(receipt: object, total: int) -> None:
    """Raise Refused unless the receipt is complete and its items add up to `total` kopecks."""
    if not isinstance(receipt, dict):
        raise bad("receipt", "The receipt is not an object")
    _known_fields(receipt, RECEIPT_FIELDS, "receipt")
    _check_customer(receipt)
    _code(receipt, "tax_system_code", TAX_SYSTEM_CODES, "receipt")
    _code(receipt, "timezone", TIMEZONES, "receipt")
    if not isinstance(receipt.get("internet", True), bool):
        raise bad("receipt.internet", "A boolean is expected")
    items = receipt.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        raise bad("receipt.items", f"From 1 to {MAX_ITEMS} items are expected")
    if sum(_check_item(item, f"receipt.items[{number}]") for number, item in enumerate(items)) != total:
        raise bad("receipt.items", "The sum of the items differs from the amount of the payment")


def _check_customer(receipt: Json) -> None:
    customer = receipt.get("customer", {})
    if not isinstance(customer, dict):
        raise bad("receipt.customer", "The customer is not an object")
    email = customer.get("email", receipt.get("email"))
    phone = customer.get("phone", receipt.get("phone"))
    if email is None and phone is None:
        raise bad("receipt.customer", "The customer's email or phone is required")
    if email is not None and not (isinstance(email, str) and _EMAIL.fullmatch(email)):
        raise bad("receipt.customer.email", "Incorrect email")
    if phone is not None and not (isinstance(phone, str) and _PHONE.fullmatch(phone)):
        raise bad("receipt.customer.phone", "Incorrect phone")


def _check_item(item: object, where: str) -> int:
    """Check one item; its sum in kopecks."""
    if not isinstance(item, dict):
        raise bad(where, "The item is not an object")
    _known_fields(item, ITEM_FIELDS, where)
    description = item.get("description")
    if not isinstance(description, str) or not 1 <= len(description) <= 128:
        raise bad(f"{where}.description", "From 1 to 128 characters are expected")
    if "vat_code" not in item:
        raise bad(f"{where}.vat_code", "vat_code is required")
    _code(item, "vat_code", VAT_CODES, where)
    _one_of(item, "measure", MEASURES, where)
    _one_of(item, "payment_subject", PAYMENT_SUBJECTS, where)
    _one_of(item, "payment_mode", PAYMENT_MODES, where)
    price = parse_amount(item.get("amount"), f"{where}.amount")
    return int(price * _quantity(item.get("quantity"), f"{where}.quantity"))


def _quantity(raw: object, parameter: str) -> Decimal:
    try:
        quantity = Decimal(str(raw))
    except InvalidOperation:
        quantity = Decimal(0)
    if isinstance(raw, bool) or not quantity.is_finite() or not 0 < quantity < 100_000:
        raise bad(parameter, "Incorrect quantity")
    return quantity


def _known_fields(given: Json, known: Collection[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise bad(f"{where}.{name}", "Unknown field")


def _code(given: Json, name: str, allowed: range, where: str) -> None:
    value = given.get(name, allowed[0])
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise bad(f"{where}.{name}", f"A number from {allowed[0]} to {allowed[-1]} is expected")


def _one_of(given: Json, name: str, allowed: Collection[str], where: str) -> None:
    if name in given and given[name] not in allowed:
        raise bad(f"{where}.{name}", f"Unknown value of {name}")
