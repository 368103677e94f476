"""The customers: each goes about the purchase in their own way, whatever the world does meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from sandbox.crowd import GaveUp, Shopper
from tests.chaos import providers
from tests.chaos.forger import forge_something
from tests.chaos.plan import Habit, Plan
from tests.chaos.stage import Stage

PATIENCE = 25.0  # seconds of tapping the same thing again
WATCH = 9.0
WATCH_FOR_CANCEL = 14.0


@dataclass(frozen=True)
class Visit:
    """One customer at work; `chance` decides what the plan leaves open."""

    stage: Stage
    plan: Plan
    shopper: Shopper
    chance: random.Random

    @property
    def system(self) -> str:
        return "tbank" if self.plan.device == "test-tbank" else "yookassa"

    def form(self) -> str:
        """Scan, order and tap: the address of the form, past the doors that our side goes through."""
        self.shopper.scan()
        self.shopper.order()
        return self.tapped(self.shopper)

    def tapped(self, shopper: Shopper) -> str:
        url = shopper.tap_pay()
        if url is None:
            raise GaveUp("there is nothing to pay any more")
        return self.stage.sandbox.url(self.system) + urlsplit(url).path

    def pay(self, form: str) -> None:
        self.shopper.open_form(form)
        self.stage.paid.append(payment_of(form))
        self.shopper.press(form, "pay")

    def another_form(self, first: str) -> str:
        """Cancel the first one, wait until the page says so, and tap again."""
        self.shopper.press(first, "cancel")
        self.shopper.watch(WATCH_FOR_CANCEL)
        return self.tapped(self.shopper)


def visit(stage: Stage, plan: Plan) -> None:
    """One customer from the scan to their leaving, satisfied or not."""
    for card in plan.cards:
        stage.control(card.system, "faults?add=1", {"rules": [card.rule]})
        stage.count("answers", "spoiled after the effect" if card.rule["after_effect"] else "spoiled before it")
    if plan.brew != "success":
        stage.control("tmetr", "brews", {"next": [plan.brew]})
        stage.count("machine", f"brew planned to end: {plan.brew}")
    shopper = Shopper(stage.sandbox.url, stage.stopwatch, plan.device, plan.drink_no, plan.size, PATIENCE)
    stage.count("habit", plan.habit)
    try:
        _HABITS[plan.habit](Visit(stage, plan, shopper, random.Random(plan.seed)))
    except GaveUp as reason:
        stage.count("gave up", str(reason))
    finally:
        shopper.phone.close()


def payment_of(form: str) -> str:
    return form.rpartition("/")[2]


def _pays(here: Visit) -> None:
    form = here.form()
    forge_something(here.stage, here.system, here.shopper.order_id, payment_of(form), here.chance)
    if here.plan.tamper is not None:
        providers.tamper(here.stage, here.system, payment_of(form), here.plan.tamper)
        here.stage.count("tampered", here.plan.tamper)
    here.pay(form)
    here.shopper.watch(WATCH)


def _taps_thrice(here: Visit) -> None:
    here.shopper.scan()
    here.shopper.order()
    for form in {*_at_once(here, here.tapped)}:
        here.pay(form)
    here.shopper.watch(WATCH)


def _scans_twice(here: Visit) -> None:
    here.shopper.scan()
    _at_once(here, lambda twin: str(twin.order()["order_id"]))
    here.pay(here.tapped(here.shopper))
    here.shopper.watch(WATCH)


def _at_once(here: Visit, act: Callable[[Shopper], str]) -> list[str]:
    """Three phones do the same at the same moment."""
    twins = [replace(here.shopper) for _ in range(3)]
    try:
        with ThreadPoolExecutor(max_workers=len(twins)) as pool:
            return list(pool.map(act, twins))
    finally:
        for twin in twins:
            twin.phone.close()


def _cancels(here: Visit) -> None:
    here.shopper.press(here.form(), here.chance.choice(("cancel", "cancel", "reject")))
    here.shopper.watch(WATCH)


def _tries_again(here: Visit) -> None:
    here.pay(here.another_form(here.form()))
    here.shopper.watch(WATCH)


def _pays_both(here: Visit) -> None:
    first = here.form()
    second = here.another_form(first)
    payments: list[Callable[[], None]] = [lambda: here.pay(second)]
    if second != first:
        payments.append(lambda: providers.reopen_and_pay(here.stage, here.system, payment_of(first)))
    here.chance.shuffle(payments)
    for pay in payments:
        pay()
        time.sleep(here.chance.uniform(0, 1.5))
    here.shopper.watch(WATCH)


def _pays_late(here: Visit) -> None:
    form = here.form()
    here.stage.expire(here.shopper.order_id)
    here.pay(form)
    here.shopper.watch(WATCH)


def _holds(here: Visit) -> None:
    form = here.form()
    here.shopper.open_form(form)
    here.shopper.press(form, "hold")
    if here.system == "tbank":
        here.shopper.watch(here.chance.uniform(1, 3))
        ends = here.chance.choice(("CONFIRMED", "REVERSED"))
        providers.end_hold(here.stage, payment_of(form), ends)
    here.shopper.watch(WATCH)


def _abandons(here: Visit) -> None:
    here.shopper.open_form(here.form())


def _lets_expire(here: Visit) -> None:
    form = here.form()
    here.shopper.open_form(form)
    here.shopper.watch(here.chance.uniform(0, 2))
    here.shopper.press(form, "expire")


def _leaves(here: Visit) -> None:
    here.shopper.scan()
    here.shopper.order()


_HABITS: Mapping[Habit, Callable[[Visit], None]] = {
    Habit.PAYS: _pays,
    Habit.TAPS_THRICE: _taps_thrice,
    Habit.SCANS_TWICE: _scans_twice,
    Habit.CANCELS: _cancels,
    Habit.TRIES_AGAIN: _tries_again,
    Habit.PAYS_BOTH: _pays_both,
    Habit.PAYS_LATE: _pays_late,
    Habit.HOLDS: _holds,
    Habit.ABANDONS: _abandons,
    Habit.LETS_EXPIRE: _lets_expire,
    Habit.LEAVES: _leaves,
}
