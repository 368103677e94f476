"""Orders, attempts, payments, devices and merchants to start a test from: whole by default, one thing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.config import Settings, load_settings
from shared.domain.device import Device
from shared.domain.dispensing import Moment
from shared.domain.merchant import Merchant
from shared.domain.order import (
    Attempt,
    AttemptStatus,
    HistoryEntry,
    Make,
    MakeOutcome,
    Order,
    Refund,
    RefundStatus,
    Status,
)
from shared.domain.payment import Payment, PaymentState
from shared.domain.qr import Scan, Size
from shared.domain.refunds import Policy

NOON = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)  # noon in Moscow
ORDER_ID = "20250317110122659ba6d7-9ace-cndn"
DEVICE = "test"
MERCHANT = "coffee-llc"
DRINK = "9b900a2e63042d350f45b6675ef26ced"
PRICE = 15000

_WAYS: dict[Status, tuple[Status, ...]] = {
    Status.CREATED: (),
    Status.PENDING: (Status.PENDING,),
    Status.NOT_PAID: (Status.PENDING, Status.NOT_PAID),
    Status.PAID: (Status.PENDING, Status.PAID),
    Status.MAKE_PENDING: (Status.PENDING, Status.PAID, Status.MAKE_PENDING),
    Status.SUCCESSFUL: (Status.PENDING, Status.PAID, Status.MAKE_PENDING, Status.SUCCESSFUL),
    Status.MAKE_FAILED: (Status.PENDING, Status.PAID, Status.MAKE_FAILED),
    Status.FAILED: (Status.PENDING, Status.FAILED),
}
_ATTEMPT_THEN = {
    Status.PENDING: AttemptStatus.PENDING,
    Status.NOT_PAID: AttemptStatus.CANCELED,
    Status.FAILED: AttemptStatus.PENDING,
}
_OUTCOME_THEN = {
    Status.MAKE_PENDING: MakeOutcome.ACCEPTED,
    Status.SUCCESSFUL: MakeOutcome.ACCEPTED,
    Status.MAKE_FAILED: MakeOutcome.UNKNOWN,
}


def later(seconds: float = 0, **units: float) -> datetime:
    """So much after `NOON`."""
    return NOON + timedelta(seconds=seconds, **units)


def an_attempt(number: int = 1, **changes: Any) -> Attempt:
    """A payment that is under way at YooKassa; its id is `payment-<number>`."""
    values: dict[str, Any] = {
        "number": number,
        "provider": "yookassa",
        "idempotence_key": f"key-{number}",
        "amount": PRICE,
        "created_at": NOON,
        "updated_at": NOON,
        "status": AttemptStatus.PENDING,
        "request": {"order_id": ORDER_ID},
        "payment_id": f"payment-{number}",
        "confirmation_url": f"https://checkout.example/{number}",
        "tries": 1,
    }
    return Attempt(**{**values, **changes})


def a_starting_attempt(number: int = 1, **changes: Any) -> Attempt:
    """An attempt that is stored while the provider's answer is not known."""
    unknown = {"status": AttemptStatus.STARTING, "payment_id": None, "confirmation_url": None}
    return an_attempt(number, **{**unknown, **changes})


def a_make(**changes: Any) -> Make:
    """A claim taken at noon by `claim-1`, unspent."""
    values: dict[str, Any] = {
        "claim_id": "claim-1",
        "claimed_at": NOON,
        "lapses_at": later(60),
        "attempt": 1,
    }
    return Make(**{**values, **changes})


def an_order(status: Status = Status.CREATED, **changes: Any) -> Order:
    """An order as it stands once it has come to `status` on the ordinary way, all of it at noon."""
    values: dict[str, Any] = {
        "order_id": ORDER_ID,
        "device_uuid": DEVICE,
        "merchant_id": MERCHANT,
        "drink_no": DRINK,
        "drink_name": "Молочная пена",
        "size": 1,
        "price": PRICE,
        "status": status,
        "created_at": NOON,
        "updated_at": NOON,
        "expires_at": later(minutes=15),
        "purge_at": later(days=90),
        "history": tuple(HistoryEntry(status=step, at=NOON) for step in (Status.CREATED, *_WAYS[status])),
    }
    if status is not Status.CREATED:
        values["attempts"] = (an_attempt(status=_ATTEMPT_THEN.get(status, AttemptStatus.SUCCEEDED)),)
    if status in (Status.PAID, *_OUTCOME_THEN):
        values["make"] = _make_at(status)
    return Order(**{**values, **changes})


def _make_at(status: Status) -> Make:
    outcome = _OUTCOME_THEN.get(status)
    brew_until = later(90) if outcome is MakeOutcome.ACCEPTED else None
    return a_make(outcome=outcome, brew_until=brew_until)


def a_payment(state: PaymentState = PaymentState.SUCCEEDED, number: int = 1, **changes: Any) -> Payment:
    """What the provider says of the payment of attempt `number`."""
    values: dict[str, Any] = {
        "payment_id": f"payment-{number}",
        "state": state,
        "amount": PRICE,
        "order_id": ORDER_ID,
        "attempt_key": f"key-{number}",
        "refunded_amount": PRICE if state is PaymentState.REFUNDED else 0,
    }
    return Payment(**{**values, **changes})


def a_refund(status: RefundStatus = RefundStatus.DUE, number: int = 1, **changes: Any) -> Refund:
    values: dict[str, Any] = {
        "payment_id": f"payment-{number}",
        "provider": "yookassa",
        "amount": PRICE,
        "reason": "make_failed",
        "status": status,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Refund(**{**values, **changes})


def a_moment(now: datetime = NOON, claim_id: str = "claim-1", **policy: Any) -> Moment:
    return Moment(now=now, claim_id=claim_id, policy=Policy(**policy))


def a_device(**changes: Any) -> Device:
    return replace(Device(device_uuid=DEVICE, merchant_id=MERCHANT, location="Лобби, 1 этаж"), **changes)


def a_merchant(**changes: Any) -> Merchant:
    return replace(Merchant(merchant_id=MERCHANT, name="ООО «Кофе»"), **changes)


def a_scan(**changes: Any) -> Scan:
    scan = Scan(order_id=ORDER_ID, device_uuid=DEVICE, drink_no=DRINK, drink_name="Молочная пена", size=Size.MEDIUM)
    return replace(scan, **changes)


def settings(**environment: str) -> Settings:
    """The settings of an environment that has what is needed, changed by these variables."""
    usual = {
        "STATUS_PAGE_URL": "https://pay.example/",
        "TMETR_BASE_URL": "https://tmetr.example",
        "TMETR_TOKEN": "tmetr-token",
        "YOOKASSA_SHOP_ID": "100500",
        "YOOKASSA_SECRET_KEY": "live_secret",
    }
    return load_settings({**usual, **environment})
