"""The ports of `shared.ports` over calls: who carries a call out, and when, is the caller's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.adapters.tbank import attempt_order_id
from shared.config import Settings
from shared.domain.device import Device
from shared.domain.dispensing import Sent
from shared.domain.merchant import Merchant
from shared.domain.order import Attempt, MakeOutcome, Order, Refund
from shared.domain.payment import Payment, SavedCard
from shared.errors import NotConfigured
from shared.ports import Checkout, PaymentProvider, Prepared, RefundAnswer, Stored
from shared.services.world import World
from tests.worlds import calls

Perform = Callable[[calls.Call], Any]


@dataclass(frozen=True)
class Orders:
    """Implements ports.OrderStore."""

    perform: Perform

    def get(self, order_id: str) -> Stored | None:
        found: Stored | None = self.perform(calls.GetOrder(order_id))
        return found

    def create(self, order: Order) -> Stored | None:
        created: Stored | None = self.perform(calls.CreateOrder(order))
        return created

    def replace(self, stored: Stored, order: Order) -> Stored:
        written: Stored = self.perform(calls.ReplaceOrder(stored, order))
        return written

    def due(self, now: datetime, limit: int) -> list[Stored]:
        found: list[Stored] = self.perform(calls.DueOrders(now, limit))
        return found

    def by_payment(self, *references: str) -> Stored | None:
        found: Stored | None = self.perform(calls.FindByPayment(references))
        return found


@dataclass(frozen=True)
class Directory:
    """Implements ports.Directory."""

    perform: Perform

    def device(self, device_uuid: str, *, fresh: bool = False) -> Device | None:
        device: Device | None = self.perform(calls.Look("devices", device_uuid))
        return device

    def merchant(self, merchant_id: str, *, fresh: bool = False) -> Merchant | None:
        merchant: Merchant | None = self.perform(calls.Look("merchants", merchant_id))
        return merchant


@dataclass(frozen=True)
class Customers:
    """Implements ports.CustomerStore."""

    perform: Perform

    def card(self, customer_id: str, merchant_id: str) -> SavedCard | None:
        card: SavedCard | None = self.perform(calls.Look("cards", (customer_id, merchant_id)))
        return card

    def save_card(self, customer_id: str, merchant_id: str, card: SavedCard, now: datetime) -> None:
        self.perform(calls.KeepCard((customer_id, merchant_id), card))

    def forget_card(self, customer_id: str, merchant_id: str) -> None:
        self.perform(calls.KeepCard((customer_id, merchant_id), None))


@dataclass(frozen=True)
class Account:
    """Implements ports.PaymentProvider. `tbank` names its own key, as the real one does."""

    perform: Perform
    provider: str

    def prepare(self, checkout: Checkout) -> Prepared:
        tbank = self.provider == "tbank"
        key = attempt_order_id(checkout.order, checkout.number) if tbank else checkout.key
        request = {} if tbank else {"order_id": checkout.order.order_id, "email": checkout.email}
        return Prepared(key=key, request=request, billing_mode=None if tbank else "ONE_TIME")

    def create(self, attempt: Attempt) -> Payment:
        payment: Payment = self.perform(calls.CreatePayment(attempt))
        return payment

    def fetch(self, payment_id: str) -> Payment:
        payment: Payment = self.perform(calls.FetchPayment(payment_id))
        return payment

    def give_back(self, refund: Refund) -> RefundAnswer:
        answer: RefundAnswer = self.perform(calls.GiveBack(refund))
        return answer


@dataclass(frozen=True)
class Providers:
    """Implements ports.Providers; `without`: merchants that have no credentials."""

    perform: Perform
    without: frozenset[str] = frozenset()

    def account(self, provider: str, merchant_id: str) -> PaymentProvider:
        if merchant_id in self.without:
            raise NotConfigured(f"no credentials for merchant {merchant_id}")
        return Account(self.perform, provider)


@dataclass(frozen=True)
class CoffeeMachine:
    """Implements ports.Machine. Retries are Tmetr's client's own business: here a command is one call."""

    perform: Perform

    def price(self, device_uuid: str, drink_no: str, size: int) -> int:
        price: int = self.perform(calls.AskPrice(device_uuid))
        return price

    def last_heartbeat(self, device_uuid: str) -> datetime | None:
        heard: datetime | None = self.perform(calls.AskHeartbeat(device_uuid))
        return heard

    def make(self, order: Order, may_go_on: Callable[[], bool]) -> Sent:
        if not may_go_on():
            return Sent(outcome=MakeOutcome.REFUSED, tries=0, error="the claim is no longer fresh")
        sent: Sent = self.perform(calls.MakeDrink(order))
        return sent


@dataclass(frozen=True)
class Operators:
    """Implements ports.Operator."""

    perform: Perform

    def tell(self, text: str) -> None:
        self.perform(calls.TellOperator(text))


def world_over(perform: Perform, settings: Settings, owner: str, without: frozenset[str] = frozenset()) -> World:
    """The world of one process, every call of which goes to `perform`; its ids are `owner.1`, `owner.2`, …"""
    count = iter(range(1, 1_000_000))
    return World(
        orders=Orders(perform),
        directory=Directory(perform),
        customers=Customers(perform),
        providers=Providers(perform, without),
        machine=CoffeeMachine(perform),
        operator=Operators(perform),
        settings=settings,
        now=lambda: _moment(perform(calls.ReadClock())),
        new_id=lambda: f"{owner}.{next(count)}",
        pause=lambda number: perform(calls.Pause(number)),
    )


def _moment(answer: Any) -> datetime:
    assert isinstance(answer, datetime)
    return answer
