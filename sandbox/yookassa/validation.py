"""Checks the body of `POST /payments` and `POST /refunds` as the API reference describes them."""

from __future__ import annotations

from urllib.parse import urlsplit

from sandbox.serving import Json
from sandbox.yookassa.amounts import parse_amount
from sandbox.yookassa.errors import bad
from sandbox.yookassa.receipts import check_receipt
from sandbox.yookassa.vocabulary import PAYMENT_FIELDS, REFUND_FIELDS


def check_payment(body: Json) -> int:
    """The amount in kopecks of a well-formed payment request; raises Refused for any other."""
    _known(body, PAYMENT_FIELDS)
    kopecks = parse_amount(body.get("amount"), "amount")
    _text(body, "description", 128)
    _text(body, "merchant_customer_id", 200)
    _metadata(body)
    for name in ("capture", "save_payment_method"):
        if not isinstance(body.get(name, False), bool):
            raise bad(name, "A boolean is expected")
    _way_to_pay(body)
    if "receipt" in body:
        check_receipt(body["receipt"], kopecks)
    return kopecks


def check_refund(body: Json, currency: str) -> int:
    """The amount in kopecks of a well-formed refund request in the payment's currency."""
    _known(body, REFUND_FIELDS)
    kopecks = parse_amount(body.get("amount"), "amount", currency)
    _text(body, "description", 250)
    _metadata(body)
    if "receipt" in body:
        check_receipt(body["receipt"], kopecks)
    return kopecks


def _way_to_pay(body: Json) -> None:
    """Either a page to confirm on, or a saved method that needs none."""
    if "payment_method_id" in body:
        if not isinstance(body["payment_method_id"], str):
            raise bad("payment_method_id", "A string is expected")
        if "payment_method_data" in body:
            raise bad("payment_method_data", "payment_method_id and payment_method_data exclude each other")
        if "confirmation" not in body:
            return
    confirmation = body.get("confirmation")
    if not isinstance(confirmation, dict):
        raise bad("confirmation", "confirmation is required")
    if confirmation.get("type") != "redirect":
        raise bad("confirmation.type", "Only redirect is supported here")
    url = confirmation.get("return_url")
    if not isinstance(url, str) or len(url) > 2048:
        raise bad("confirmation.return_url", "return_url of at most 2048 characters is required")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise bad("confirmation.return_url", "return_url must be a full address")


def _known(body: Json, known: frozenset[str]) -> None:
    for name in body:
        if name not in known:
            raise bad(name, "Unknown field")


def _text(body: Json, name: str, limit: int) -> None:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > limit:
        raise bad(name, f"A string of at most {limit} characters is expected")


def _metadata(body: Json) -> None:
    metadata = body.get("metadata", {})
    if not isinstance(metadata, dict) or len(metadata) > 16:
        raise bad("metadata", "At most 16 keys are expected")
    for key, value in metadata.items():
        if len(key) > 32 or not isinstance(value, str) or len(value) > 512:
            raise bad(f"metadata.{key}", "A key of at most 32 and a string of at most 512 characters")
