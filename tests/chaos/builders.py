"""Books of one order that went well, for tests that break one thing in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

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
from tests.chaos.books import Books, Charge, MakeCall

NOON = datetime(2025, 11, 18, 12, tzinfo=UTC)
ORDER_ID = "20251118120000abcdef-0001-test"
PRICE = 15000
PAID_AT = NOON + timedelta(seconds=30)


def after(seconds: float) -> datetime:
    """So many seconds after the order was paid."""
    return PAID_AT + timedelta(seconds=seconds)


def an_attempt(number: int = 1, **changes: Any) -> Attempt:
    attempt = Attempt(
        number=number,
        provider="yookassa",
        idempotence_key=f"key-{number}",
        amount=PRICE,
        created_at=NOON,
        updated_at=NOON,
        status=AttemptStatus.SUCCEEDED,
        payment_id=f"payment-{number}",
    )
    return replace(attempt, **changes)


def an_order(*statuses: Status, **changes: Any) -> Order:
    """Of one paid attempt; `statuses` come a second apart, `paid` at `PAID_AT`."""
    steps = statuses or (Status.CREATED, Status.PENDING, Status.PAID, Status.MAKE_PENDING, Status.SUCCESSFUL)
    before = steps.index(Status.PAID) if Status.PAID in steps else 0
    history = tuple(HistoryEntry(status=status, at=after(place - before)) for place, status in enumerate(steps))
    order = Order(
        order_id=ORDER_ID,
        device_uuid="test",
        merchant_id="demo",
        drink_no="9b900a2e63042d350f45b6675ef26ced",
        drink_name="Молочная пена",
        size=1,
        price=PRICE,
        status=steps[-1],
        created_at=NOON,
        updated_at=NOON,
        expires_at=NOON + timedelta(minutes=15),
        purge_at=NOON + timedelta(days=90),
        history=history,
        attempts=(an_attempt(),),
        make=a_claim() if Status.PAID in steps else None,
    )
    return replace(order, **changes)


def a_claim(**changes: Any) -> Make:
    claim = Make(claim_id="claim", claimed_at=PAID_AT, lapses_at=after(60), attempt=1, outcome=MakeOutcome.ACCEPTED)
    return replace(claim, **changes)


def a_refund(reason: str, **changes: Any) -> Refund:
    refund = Refund(
        payment_id="payment-1",
        provider="yookassa",
        amount=PRICE,
        reason=reason,
        created_at=PAID_AT,
        updated_at=PAID_AT,
        status=RefundStatus.SUCCEEDED,
    )
    return replace(refund, **changes)


def a_charge(number: int = 1, **changes: Any) -> Charge:
    charge = Charge(
        provider="yookassa",
        payment_id=f"payment-{number}",
        state="succeeded",
        amount=PRICE,
        ours=True,
        attempt_key=f"key-{number}",
        order_id=ORDER_ID,
        taken=True,
        taken_at=PAID_AT - timedelta(seconds=1),
    )
    return replace(charge, **changes)


def a_call(seconds: float = 0.1, status: int | None = 202, **changes: Any) -> MakeCall:
    """A make command so many seconds after the order was paid."""
    body = {
        "deviceId": "test",
        "orderUuid": ORDER_ID,
        "drinkUuid": "9b900a2e63042d350f45b6675ef26ced",
        "size": "medium",
        "price": PRICE,
    }
    return replace(MakeCall(order_id=ORDER_ID, at=after(seconds), body=body, status=status), **changes)


def books_of(
    order: Order, *, charges: tuple[Charge, ...] = (), calls: tuple[MakeCall, ...] = (), **others: Any
) -> Books:
    drinks = {ORDER_ID: tuple("success" for _ in calls)}
    return Books(orders={ORDER_ID: order}, charges=charges, calls={ORDER_ID: calls}, **{"drinks": drinks, **others})
