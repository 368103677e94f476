"""The payment object of API v3 in each of its states (yookassa.ru, API reference, payment object)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sandbox.serving import Json
from sandbox.yookassa.amounts import amount_of
from sandbox.yookassa.shops import Shop

HOLD_SECONDS = 7 * 24 * 3600
COMMISSION_PER_MILLE = 35
CARD = {
    "first6": "555555",
    "last4": "4444",
    "expiry_year": "2030",
    "expiry_month": "12",
    "card_type": "MasterCard",
    "issuer_country": "RU",
}
# Who takes the decision, by reason (yookassa.ru, declined payments); for all others: the card network.
PARTIES = {
    "permission_revoked": "yoo_money",
    "expired_on_confirmation": "yoo_money",
    "expired_on_capture": "yoo_money",
    "fraud_suspected": "yoo_money",
    "canceled_by_merchant": "merchant",
}


def iso(moment: float) -> str:
    """A Unix time as the API writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id(moment: float) -> str:
    """An id of the shape that YooKassa gives to payments and refunds."""
    return f"{int(moment) & 0xFFFFFFFF:08x}-000f-5000-8000-{uuid.uuid4().hex[:12]}"


def new_payment(shop: Shop, request: Json, kopecks: int, moment: float) -> Json:
    """The object of a payment that nobody has paid yet, still without a confirmation."""
    payment: Json = {
        "id": new_id(moment),
        "status": "pending",
        "amount": amount_of(kopecks),
        "recipient": {"account_id": shop.shop_id, "gateway_id": f"7{shop.shop_id}"},
        "created_at": iso(moment),
        "test": shop.test,
        "paid": False,
        "refundable": False,
        "metadata": dict(request.get("metadata", {})),
    }
    for name in ("description", "merchant_customer_id"):
        if name in request:
            payment[name] = request[name]
    if "receipt" in request:
        payment["receipt_registration"] = "pending"
    return payment


def new_method(payment_id: str, saved: bool) -> Json:
    """The card that the customer pays with; a saved one is known by the id of its first payment."""
    return {
        "type": "bank_card",
        "id": payment_id,
        "saved": saved,
        "status": "active" if saved else "inactive",
        "title": f"Bank card *{CARD['last4']}",
        "card": dict(CARD),
    }


def authorize(payment: Json, method: Json) -> None:
    """Pending → the card's bank has agreed; `hold` or `succeed` must follow."""
    payment.pop("confirmation", None)
    payment["payment_method"] = method
    payment["paid"] = True
    payment["authorization_details"] = {
        "rrn": str(uuid.uuid4().int)[:12],
        "auth_code": str(uuid.uuid4().int)[:6],
        "three_d_secure": {"applied": True},
    }


def hold(payment: Json, moment: float) -> None:
    """Authorized → waiting_for_capture."""
    payment["status"] = "waiting_for_capture"
    payment["expires_at"] = iso(moment + HOLD_SECONDS)


def succeed(payment: Json, kopecks: int, moment: float) -> None:
    """Authorized or held → succeeded."""
    payment.pop("expires_at", None)
    payment |= {
        "status": "succeeded",
        "captured_at": iso(moment),
        "income_amount": amount_of(kopecks - kopecks * COMMISSION_PER_MILLE // 1000),
        "refundable": True,
        "refunded_amount": amount_of(0),
    }
    if "receipt_registration" in payment:
        payment["receipt_registration"] = "succeeded"


def cancel(payment: Json, reason: str) -> None:
    """Pending or held → canceled."""
    payment.pop("confirmation", None)
    payment.pop("expires_at", None)
    payment |= {
        "status": "canceled",
        "paid": False,
        "cancellation_details": {"party": PARTIES.get(reason, "payment_network"), "reason": reason},
    }
