"""The one place that builds what YooKassa is asked for (SPEC §8, §9; YooKassa API v3, `POST /payments`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from shared.domain.merchant import ReceiptSettings
from shared.domain.money import CURRENCY, rubles_text

log = logging.getLogger(__name__)

LONGEST_TEXT = 128  # description of a payment and of a receipt's item
LONGEST_METADATA_VALUE = 512


def build_yookassa_payment_payload(
    *,
    amount: int,
    description: str,
    return_url: str,
    save_payment_method: bool = True,
    metadata: Mapping[str, str] | None = None,
    receipt: Mapping[str, Any] | None = None,
    payment_method_id: str | None = None,
    recurring_enabled: bool = False,
) -> dict[str, Any]:
    """The body of `POST /payments`. `amount` in kopecks; `recurring_enabled`: BILLING_RECURRING_ENABLED.

    An account without recurring rights answers 403 to anything about saved methods, so ONE_TIME names none of it.
    `payment_method_id` (a saved card, RECURRING only) is charged at once: no confirmation, no redirect.
    """
    mode = "RECURRING" if recurring_enabled else "ONE_TIME"
    saving = recurring_enabled and save_payment_method and payment_method_id is None
    kept = {key: str(value)[:LONGEST_METADATA_VALUE] for key, value in (metadata or {}).items()}
    payload: dict[str, Any] = {
        "amount": {"value": rubles_text(amount), "currency": CURRENCY},
        "confirmation": {"type": "redirect", "return_url": return_url},
        "capture": True,
        "description": description[:LONGEST_TEXT],
        "metadata": {**kept, "billing_mode": mode},
    }
    if saving:
        payload["save_payment_method"] = True
    if recurring_enabled and payment_method_id is not None:
        payload["payment_method_id"] = payment_method_id
        del payload["confirmation"]
    if receipt is not None:
        payload["receipt"] = dict(receipt)
    log.info(
        "Built YooKassa payload: mode=%s, save_payment_method=%s, amount=%s",
        mode,
        saving,
        rubles_text(amount),
        extra={"event": "payment_prepared"},
    )
    return payload


def build_receipt(
    settings: ReceiptSettings, *, email: str, drink_no: str, drink_name: str, price: int
) -> dict[str, Any]:
    """The receipt of one drink (54-FZ): each setting is the drink's, else the merchant's, else left out."""
    item = settings.item_for(drink_no)
    optional = {
        "vat_code": item.vat_code,
        "measure": item.measure,
        "payment_subject": item.payment_subject,
        "payment_mode": item.payment_mode,
    }
    top = {"tax_system_code": settings.tax_system_code, "timezone": settings.timezone}
    return {
        "customer": {"email": email},
        "items": [
            {
                "description": drink_name[:LONGEST_TEXT],
                "quantity": 1,
                "amount": {"value": rubles_text(price), "currency": CURRENCY},
                **_given(optional),
            }
        ],
        "internet": False,
        **_given(top),
    }


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
