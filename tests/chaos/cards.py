"""The deck of faults: every way in which an outside system fails, on every call, before and after its effect."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ANSWERS = ("http_500", "html_502", "http_429", "not_json", "empty", "hang", "drip", "drop")
NOTIFICATIONS = ("notify_lost", "notify_twice", "notify_late", "notify_before_answer", "notify_reordered")
SLOW = 2.0  # seconds
LATE = 6.0


@dataclass(frozen=True)
class Card:
    """One fault, thrown once, on the next such call of this system."""

    system: str
    rule: dict[str, Any]


@dataclass(frozen=True)
class Target:
    """One call (or the notifications) of one system.

    `copies`: how often each of its faults is in a deck, on average. `longest`: seconds of a hang, more than our
    side waits.
    """

    system: str
    on: str
    copies: float
    longest: float
    faults: tuple[tuple[str, bool], ...]


def _both(*faults: str) -> tuple[tuple[str, bool], ...]:
    return tuple((fault, after) for fault in faults for after in (False, True))


# A make command that is answered 2xx without an effect is left out: nobody could know (SPEC §11).
_MAKE = (
    *((fault, False) for fault in ("http_500", "html_502", "http_429", "http_400", "hang", "drip", "drop")),
    *((fault, True) for fault in ("http_500", "not_json", "empty", "hang", "drip", "drop")),
    *(("slow", after) for after in (False, True, False, True, False, True)),
)
_SAID = tuple((fault, False) for fault in NOTIFICATIONS)

TARGETS = (
    Target("yookassa", "create_payment", 1.4, 11, _both(*ANSWERS, "processing_202", "html_403")),
    Target("yookassa", "get_payment", 2.5, 4, _both(*ANSWERS, "processing_202")),
    Target("yookassa", "create_refund", 0.4, 5, _both(*ANSWERS, "processing_202")),
    Target("yookassa", "get_refund", 0.2, 4, _both(*ANSWERS, "processing_202")),
    Target("yookassa", "cancel_payment", 0.15, 5, _both(*ANSWERS, "processing_202")),
    Target("yookassa", "notify", 5, LATE, _SAID),
    Target("tbank", "init", 1.0, 11, _both(*ANSWERS, "try_later")),
    Target("tbank", "get_state", 1.5, 4, _both(*ANSWERS, "try_later")),
    Target("tbank", "check_order", 0.2, 4, _both(*ANSWERS, "try_later")),
    Target("tbank", "cancel", 0.4, 5, _both(*ANSWERS, "try_later")),
    Target("tbank", "notify", 4, LATE, _SAID),
    Target("tmetr", "price", 0.4, 6, _both(*ANSWERS)),
    Target("tmetr", "heartbeat", 0.4, 6, _both(*ANSWERS)),
    Target("tmetr", "make", 2.5, 8, _MAKE),
    Target("tmetr", "notify", 2.5, LATE, _SAID),
)


def deal(hands: int, cards: int, chance: random.Random) -> list[tuple[Card, ...]]:
    """So many cards, spread over so many hands; deck after deck is shuffled and dealt to its end."""
    source = _cards(chance)
    dealt: list[list[Card]] = [[] for _ in range(hands)]
    for number in range(cards):
        dealt[number % hands].append(next(source))
    return [tuple(hand) for hand in dealt]


def _cards(chance: random.Random) -> Iterator[Card]:
    while True:
        deck = [card for target in TARGETS for card in _of(target, chance)]
        chance.shuffle(deck)
        yield from deck


def _of(target: Target, chance: random.Random) -> Iterator[Card]:
    for fault, after_effect in target.faults:
        for _ in range(int(target.copies) + (chance.random() < target.copies % 1)):
            seconds = {"slow": SLOW, "hang": target.longest, "drip": target.longest, "notify_late": LATE}.get(fault, 1)
            rule = {"on": target.on, "fault": fault, "times": 1, "seconds": seconds, "after_effect": after_effect}
            yield Card(target.system, rule)
