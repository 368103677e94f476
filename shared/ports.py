"""What the services need of the world. Adapters implement these; tests use in-memory ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.domain.device import Device
from shared.domain.dispensing import Sent
from shared.domain.merchant import Merchant
from shared.domain.order import Attempt, Order, Refund, RefundStatus
from shared.domain.payment import Payment, SavedCard

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Stored:
    """An order as it was read or written, with the version that a conditional write names."""

    order: Order
    version: Any


class OrderStore(Protocol):
    """Orders; every method raises StoreUnavailable when the store does not answer within about 5 s."""

    def get(self, order_id: str) -> Stored | None: ...

    def create(self, order: Order) -> Stored | None:
        """Write a new order; None when one of this id exists already."""

    def replace(self, stored: Stored, order: Order) -> Stored:
        """Write `order` if the document is still `stored`; else raise ChangedMeanwhile."""

    def due(self, now: datetime, limit: int) -> list[Stored]:
        """Orders that reconcile must look at, the longest waiting first."""

    def by_payment(self, *references: str) -> Stored | None:
        """The order that has one of these payment ids or idempotence keys."""


class Directory(Protocol):
    """Devices and merchants. `fresh`: read anew instead of from the cache of 60 s. Raises StoreUnavailable."""

    def device(self, device_uuid: str, *, fresh: bool = False) -> Device | None: ...

    def merchant(self, merchant_id: str, *, fresh: bool = False) -> Merchant | None: ...


class CustomerStore(Protocol):
    """Saved cards by customer (the hash of a key that only the browser knows) and merchant."""

    def card(self, customer_id: str, merchant_id: str) -> SavedCard | None: ...

    def save_card(self, customer_id: str, merchant_id: str, card: SavedCard, now: datetime) -> None: ...

    def forget_card(self, customer_id: str, merchant_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Where a notification points: nothing in it is believed.

    `order_id`: the order that it claims to be of, a hint. `attempt_key`: another key to find the order by.
    `refund`: it is about money on its way back.
    """

    provider: str
    payment_id: str
    order_id: str | None = None
    attempt_key: str | None = None
    refund: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """What is asked of a provider for one attempt. `charge`: a saved card, paid without a redirect."""

    order: Order
    number: int
    key: str
    description: str
    return_url: str
    email: str | None = None
    merchant: Merchant | None = None
    save_card: bool = False
    charge: SavedCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The request as it is stored on the attempt and sent unchanged, however often. Holds no credentials."""

    key: str
    request: Mapping[str, Any]
    billing_mode: str | None = None
    receipt: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAnswer:
    status: RefundStatus
    refund_id: str | None = None


class PaymentProvider(Protocol):
    """One merchant's account at one payment provider; raises ProviderError and its kinds."""

    def prepare(self, checkout: Checkout) -> Prepared: ...

    def create(self, attempt: Attempt) -> Payment:
        """Send the attempt's stored request; repeating it never makes a second payment."""

    def fetch(self, payment_id: str) -> Payment:
        """What is true of this payment now."""

    def give_back(self, refund: Refund) -> RefundAnswer:
        """Carry out the refund (or cancel the hold), or ask how far it is; safe to repeat."""


class Providers(Protocol):
    def account(self, provider: str, merchant_id: str) -> PaymentProvider:
        """The merchant's account at this provider. Raises NotConfigured."""


class Operator(Protocol):
    def tell(self, text: str) -> None:
        """Send a message to whoever looks after the machines; never raises, takes about a second at most."""


class Machine(Protocol):
    """Tmetr: what a drink costs, whether the machine is online, and the command to make it."""

    def price(self, device_uuid: str, drink_no: str, size: int) -> int:
        """Kopecks, 0 when Tmetr has no price. Raises MachineError."""

    def last_heartbeat(self, device_uuid: str) -> datetime | None:
        """When the machine was last heard of, None if never. Raises MachineError."""

    def make(self, order: Order, may_go_on: Callable[[], bool]) -> Sent:
        """Send the make command, retries included; never raises. Asks `may_go_on` before each try."""
