"""What each customer does and which faults come along with them: drawn from the seed, before anything starts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sandbox.tmetr.menu import MENU, SIZES
from tests.chaos.cards import Card, deal

DEVICES = ("test", "test-receipt", "test-tbank")
CARDS_PER_PURCHASE = 2.2


class Habit(StrEnum):
    """How a customer goes about it."""

    PAYS = "pays"
    TAPS_THRICE = "taps the button three times at once, pays"
    SCANS_TWICE = "posts the code twice at once, pays"
    CANCELS = "cancels"
    TRIES_AGAIN = "cancels, then pays"
    PAYS_BOTH = "pays both attempts"
    PAYS_LATE = "pays after the order has expired"
    HOLDS = "money held, not captured"
    ABANDONS = "leaves the form open"
    LETS_EXPIRE = "leaves the form until it expires"
    LEAVES = "orders and walks away"


class Tamper(StrEnum):
    """What is wrong with the payment at the provider."""

    LESS = "less money"
    MORE = "more money"
    CURRENCY = "another currency"
    TEST = "a test payment"
    SHOP = "another shop"
    ORDER = "another order"


_SHARES = {
    Habit.PAYS: 44,
    Habit.TAPS_THRICE: 9,
    Habit.SCANS_TWICE: 5,
    Habit.CANCELS: 5,
    Habit.TRIES_AGAIN: 8,
    Habit.PAYS_BOTH: 8,
    Habit.PAYS_LATE: 7,
    Habit.HOLDS: 5,
    Habit.ABANDONS: 2,
    Habit.LETS_EXPIRE: 4,
    Habit.LEAVES: 3,
}
TBANK_TAMPERS = (Tamper.LESS, Tamper.MORE, Tamper.SHOP)
_TAMPERED_EVERY = 5  # of those who simply pay
_BREWS = ("success",) * 11 + ("failed", "silent")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One customer. `brew`: how a drink of about this time ends; `seed`: for what they decide on the way."""

    number: int
    habit: Habit
    device: str
    drink_no: str
    size: str
    tamper: Tamper | None
    brew: str
    cards: tuple[Card, ...]
    seed: int


def draw_plans(purchases: int, seed: int) -> list[Plan]:
    """As many customers, every habit among them; the same seed draws the same."""
    chance = random.Random(seed)
    habits = _habits(purchases, chance)
    tampers = _tampers(chance)
    hands = deal(purchases, round(purchases * CARDS_PER_PURCHASE), chance)
    plans = []
    for number, (habit, cards) in enumerate(zip(habits, hands, strict=True), 1):
        device = chance.choice(DEVICES)
        tampered = habit is Habit.PAYS and chance.randrange(_TAMPERED_EVERY) == 0
        plans.append(
            Plan(
                number=number,
                habit=habit,
                device=device,
                drink_no=chance.choice(MENU).no,
                size=chance.choice(SIZES),
                tamper=next(tampers[device == "test-tbank"]) if tampered else None,
                brew=chance.choice(_BREWS),
                cards=cards,
                seed=chance.randrange(2**32),
            )
        )
    return plans


def _habits(purchases: int, chance: random.Random) -> list[Habit]:
    """In proportion, but each at least once while there are customers enough."""
    total = sum(_SHARES.values())
    habits = [habit for habit, share in _SHARES.items() for _ in range(max(1, purchases * share // total))]
    while len(habits) < purchases:
        habits.append(Habit.PAYS)
    habits = habits if len(habits) == purchases else chance.sample(habits, purchases)
    chance.shuffle(habits)
    return habits


def _tampers(chance: random.Random) -> dict[bool, Iterator[Tamper]]:
    return {True: _for_ever(TBANK_TAMPERS, chance), False: _for_ever(tuple(Tamper), chance)}


def _for_ever(kinds: tuple[Tamper, ...], chance: random.Random) -> Iterator[Tamper]:
    while True:
        yield from chance.sample(kinds, len(kinds))
