"""The processes that meet over one order, each answering as its function would over HTTP."""

from __future__ import annotations

from shared.domain.order import Report
from shared.errors import NotConfigured, ProviderError, Refusal, StoreUnavailable
from shared.ports import Notice
from shared.services.look import check
from shared.services.reconcile import MOST_ORDERS, finish
from shared.services.report import report_drink
from shared.services.settle import TryAgainLater, receive
from shared.services.start_payment import Wish, start_payment
from shared.services.world import World
from tests.explorer.replay import Actor
from tests.worlds.builders import ORDER_ID

DEALT_WITH = "200"


def delivery(name: str, payment_id: str = "payment-1", attempt_key: str | None = None) -> Actor:
    """One delivery of a notification about this payment."""
    notice = Notice(provider="yookassa", payment_id=payment_id, order_id=ORDER_ID, attempt_key=attempt_key)

    def deliver(world: World) -> str:
        try:
            receive(world, notice)
        except (TryAgainLater, StoreUnavailable):
            return "503"
        return DEALT_WITH

    return Actor(name, deliver)


def reconcile_once(world: World) -> str:
    """One run of reconcile, its orders one after another."""
    try:
        for stored in world.orders.due(world.now(), MOST_ORDERS):
            finish(world, stored)
    except (ProviderError, NotConfigured, StoreUnavailable):
        return "not verified"
    return DEALT_WITH


def reconcile(name: str = "reconcile") -> Actor:
    return Actor(name, reconcile_once)


def page_check(name: str = "check") -> Actor:
    """The page asks for a look (`POST /check`)."""

    def look(world: World) -> str:
        try:
            return check(world, ORDER_ID).status.value
        except StoreUnavailable:
            return "503"

    return Actor(name, look)


def tap(name: str) -> Actor:
    """The customer taps on the button (`POST /pay`)."""

    def pay(world: World) -> str:
        try:
            return start_payment(world, Wish(order_id=ORDER_ID)) or "no address"
        except Refusal as refusal:
            return refusal.code
        except StoreUnavailable:
            return "503"

    return Actor(name, pay)


def machine_report(report: Report, name: str = "report") -> Actor:
    """The machine's word on the drink, once it has been commanded."""

    def tell(world: World) -> str:
        try:
            return report_drink(world, ORDER_ID, report, None).status.value
        except StoreUnavailable:
            return "503"

    return Actor(name, tell, ready=lambda outside: bool(outside.commands))
