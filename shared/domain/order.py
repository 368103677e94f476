"""An order and everything that hangs on it, as immutable values; the status table is data (SPEC §3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

ORDER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")


def is_order_id(value: object) -> bool:
    """True for an id that may become a document path and a provider's order id (SPEC §4)."""
    return isinstance(value, str) and ORDER_ID.fullmatch(value) is not None


class Status(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    PAID = "paid"
    NOT_PAID = "not_paid"
    MAKE_PENDING = "make_pending"
    SUCCESSFUL = "successful"
    MAKE_FAILED = "make_failed"
    FAILED = "failed"


BEFORE_PAID = frozenset({Status.CREATED, Status.PENDING, Status.NOT_PAID})

TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.PENDING, Status.PAID, Status.FAILED}),
    Status.PENDING: frozenset({Status.PAID, Status.NOT_PAID, Status.FAILED}),
    Status.NOT_PAID: frozenset({Status.PENDING, Status.PAID, Status.FAILED}),
    Status.PAID: frozenset({Status.MAKE_PENDING, Status.MAKE_FAILED}),
    Status.MAKE_PENDING: frozenset({Status.SUCCESSFUL, Status.MAKE_FAILED}),
    Status.MAKE_FAILED: frozenset({Status.SUCCESSFUL}),
    Status.SUCCESSFUL: frozenset(),
    Status.FAILED: frozenset(),
}


class Reason(StrEnum):
    """Why an order stands where it does, why money goes back, or why an operator must look."""

    PAID_LATE = "paid_late"
    PAYMENT_MISMATCH = "payment_mismatch"
    WAITING_FOR_CAPTURE = "waiting_for_capture"
    TEST_PAYMENT = "test_payment"
    DUPLICATE_PAYMENT = "duplicate_payment"
    REFUNDED_BY_PROVIDER = "refunded_by_provider"
    MAKE_FAILED = "make_failed"
    MAKE_UNKNOWN = "make_unknown"
    MACHINE_FAILED = "machine_failed"
    MACHINE_FAILED_AFTER_SUCCESS = "machine_failed_after_success"
    BREW_TIME_OVER = "brew_time_over"
    REFUND_FAILED = "refund_failed"
    REFUND_IS_OFF = "refund_is_off"
    HOLD_NOT_CANCELED = "hold_not_canceled"
    PAYMENT_UNRESOLVED = "payment_unresolved"


class Scenario(StrEnum):
    """A device's `payment_scenario` (SPEC §4)."""

    YOOKASSA = "Yookassa"
    YOOKASSA_RECEIPT = "YookassaReceipt"
    TBANK = "TBank"
    CUSTOM = "Custom"


class EmailRule(StrEnum):
    """What the page does with the receipt's e-mail field (SPEC §6, `receipt.email`)."""

    HIDDEN = "hidden"
    OPTIONAL = "optional"
    REQUIRED = "required"


class AttemptStatus(StrEnum):
    STARTING = "starting"  # stored, the provider's answer is not known yet
    PENDING = "pending"
    HELD = "held"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    REFUSED = "refused"  # the provider would not create it: nothing exists there
    REFUNDED = "refunded"


LIVE_ATTEMPT = frozenset({AttemptStatus.STARTING, AttemptStatus.PENDING})


class MakeOutcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"  # certain: no drink comes of this command
    UNKNOWN = "unknown"


class Report(StrEnum):
    """What the machine says of the drink (`POST /tmetr`)."""

    SUCCESS = "success"
    FAILED = "failed"


class RefundKind(StrEnum):
    REFUND = "refund"
    RELEASE = "release"  # a hold that is cancelled: the money was never taken


class RefundStatus(StrEnum):
    DUE = "due"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


OPEN_REFUND = frozenset({RefundStatus.DUE, RefundStatus.PENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    status: Status
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at paying: exactly one payment at one provider, known by its idempotence key.

    `request` is stored before the provider is called and repeated unchanged while the outcome is unknown.
    `tries`: how often it was sent. `calling_until`: until then `caller` may be talking to the provider, and
    nobody else sends this request.
    """

    number: int
    provider: str
    idempotence_key: str
    amount: int
    created_at: datetime
    updated_at: datetime
    currency: str = "RUB"
    status: AttemptStatus = AttemptStatus.STARTING
    request: dict[str, Any] = field(default_factory=dict)
    payment_id: str | None = None
    confirmation_url: str | None = None
    billing_mode: str | None = None
    receipt: dict[str, Any] | None = None
    customer_id: str | None = None
    save_card: bool = False  # the customer agreed that the card is kept
    saved_card: bool = False  # a kept card is charged, without a redirect
    cancel_reason: str | None = None
    last_error: str | None = None
    tries: int = 0
    caller: str | None = None
    calling_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """The make command's record: who may send it until when, and what became of it.

    `claims` counts how often the right to send was granted (twice at most, SPEC §7.2), `tries` the HTTP calls.
    """

    claim_id: str
    claimed_at: datetime
    lapses_at: datetime
    attempt: int  # the number of the attempt that bought the drink
    claims: int = 1
    tries: int = 0
    outcome: MakeOutcome | None = None
    last_error: str | None = None
    sent_at: datetime | None = None
    brew_until: datetime | None = None
    report: Report | None = None
    report_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money on its way back: written with the decision, carried out afterwards, one per payment."""

    payment_id: str
    provider: str
    amount: int
    reason: str
    created_at: datetime
    updated_at: datetime
    currency: str = "RUB"
    kind: RefundKind = RefundKind.REFUND
    status: RefundStatus = RefundStatus.DUE
    refund_id: str | None = None
    receipt: dict[str, Any] | None = None
    tries: int = 0
    last_error: str | None = None

    @property
    def idempotence_key(self) -> str:
        """Derived from the payment, so that however often it is asked there is one (at most 64 characters)."""
        return f"{self.kind}-{self.payment_id}"[:64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One scanned QR code. Money in kopecks, times aware; changed only by the functions of this package."""

    order_id: str
    device_uuid: str
    merchant_id: str
    drink_no: str
    drink_name: str
    size: int
    price: int
    status: Status
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    purge_at: datetime
    payment_scenario: Scenario = Scenario.YOOKASSA
    receipt_email: EmailRule = EmailRule.HIDDEN
    brew_seconds: int = 90
    qr: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    history: tuple[HistoryEntry, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    make: Make | None = None
    refunds: tuple[Refund, ...] = ()
    needs_attention: bool = False
    attention_reason: str | None = None  # the first of the open ones
    attention_reasons: tuple[str, ...] = ()
    looked_at: datetime | None = None

    @property
    def current_attempt(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def open_reasons(self) -> tuple[str, ...]:
        """All that an operator must still see to; nothing once the flag was taken down by hand."""
        if not self.needs_attention:
            return ()
        return self.attention_reasons or tuple(filter(None, (self.attention_reason,)))

    @property
    def refund(self) -> Refund | None:
        """The refund that the customer is told of: the last one."""
        return self.refunds[-1] if self.refunds else None

    def expired(self, now: datetime) -> bool:
        return now > self.expires_at

    def refund_of(self, payment_id: str) -> Refund | None:
        return next((refund for refund in self.refunds if refund.payment_id == payment_id), None)

    def with_attempt(self, attempt: Attempt) -> Order:
        """The order with this attempt in place of the one of the same number."""
        attempts = tuple(attempt if old.number == attempt.number else old for old in self.attempts)
        return replace(self, attempts=attempts)

    def with_refund(self, refund: Refund) -> Order:
        """The order with this refund in place of the one of the same payment."""
        refunds = tuple(refund if old.payment_id == refund.payment_id else old for old in self.refunds)
        return replace(self, refunds=refunds)


def move(order: Order, status: Status, now: datetime, reason: str | None = None) -> Order:
    """The order one step further, with its history. Raises ValueError for a step that SPEC §3 does not know."""
    if status not in TRANSITIONS[order.status]:
        raise ValueError(f"no way from {order.status} to {status}")
    entry = HistoryEntry(status=status, at=now, reason=reason)
    return replace(order, status=status, reason=reason, history=(*order.history, entry), updated_at=now)


def flag(order: Order, reason: str) -> Order:
    """The order marked for the operator (SPEC §7.3), for one reason more."""
    return order if reason in order.open_reasons else _flagged(order, (*order.open_reasons, reason))


def unflag(order: Order, reason: str) -> Order:
    """The order once this reason is gone; any other one stays the operator's."""
    left = tuple(other for other in order.open_reasons if other != reason)
    return order if left == order.open_reasons else _flagged(order, left)


def _flagged(order: Order, reasons: tuple[str, ...]) -> Order:
    first = reasons[0] if reasons else None
    return replace(order, needs_attention=bool(reasons), attention_reason=first, attention_reasons=reasons)
