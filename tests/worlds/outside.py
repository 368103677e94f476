"""Everything outside our processes as one immutable value: the store, the providers, the machine, the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.domain.device import Device
from shared.domain.merchant import Merchant
from shared.domain.order import MakeOutcome, Order, RefundStatus
from shared.domain.payment import Payment, PaymentState, SavedCard
from shared.ports import Stored
from tests.worlds.builders import NOON


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A make command as it was sent, under a claim taken at `claimed_at`."""

    order_id: str
    at: datetime
    claimed_at: datetime
    outcome: MakeOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBack:
    """Money that a provider has sent back, or a hold that it has let go."""

    payment_id: str
    amount: int
    status: RefundStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Changed only by calls (`tests.worlds.calls`) and by what the test lets happen; maps are never written to."""

    now: datetime = NOON
    orders: Mapping[str, Stored] = field(default_factory=dict)
    payments: Mapping[str, Payment] = field(default_factory=dict)
    payment_keys: Mapping[str, str] = field(default_factory=dict)
    refunds: Mapping[str, MoneyBack] = field(default_factory=dict)
    refund_answer: RefundStatus = RefundStatus.SUCCEEDED
    charge_answer: PaymentState = PaymentState.SUCCEEDED
    commands: tuple[Command, ...] = ()
    devices: Mapping[str, Device] = field(default_factory=dict)
    merchants: Mapping[str, Merchant] = field(default_factory=dict)
    cards: Mapping[tuple[str, str], SavedCard] = field(default_factory=dict)
    price: int = 15000
    heartbeat: datetime | None = NOON

    def with_order(self, order: Order) -> Outside:
        """The order written, under the next version."""
        old = self.orders.get(order.order_id)
        stored = Stored(order, old.version + 1 if old is not None else 1)
        return replace(self, orders={**self.orders, order.order_id: stored})

    def with_payment(self, payment: Payment) -> Outside:
        """The payment as it is at its provider now."""
        keys = dict(self.payment_keys)
        if payment.attempt_key is not None:
            keys[payment.attempt_key] = payment.payment_id
        payments = {**self.payments, payment.payment_id: payment}
        return replace(self, payments=payments, payment_keys=keys)

    def customer_pays(self, payment_id: str) -> Outside:
        return self.with_payment(replace(self.payments[payment_id], state=PaymentState.SUCCEEDED))
