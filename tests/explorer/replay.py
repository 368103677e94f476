"""Stops the real service code at every call to the outside, and starts it again from there as often as needed.

A process is determined by the answers that it has got: run again from its beginning with the same answers, it
arrives at the same next call. So a place to stop needs no thread, and a world can be branched like a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.config import Settings
from shared.domain.device import Device
from shared.domain.merchant import Merchant
from shared.domain.order import Order
from shared.ports import Stored
from shared.services.world import World
from tests.worlds.calls import Call
from tests.worlds.outside import Outside
from tests.worlds.ports import world_over

START = 0
KILLED = -1


class Stopped(BaseException):
    """Leaves the code at the call that has no answer yet; no `except Exception` may hold it."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call


@dataclass(frozen=True, slots=True)
class Raised:
    """An answer that is an error."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Finished:
    answer: str


@dataclass(frozen=True, slots=True)
class Actor:
    """One process. `ready`: the outside in which it can begin (a machine reports only what it was told)."""

    name: str
    act: Callable[[World], str]
    ready: Callable[[Outside], bool] = lambda outside: True


class Outsides:
    """Every outside that was met, by a number: two that are equal have one."""

    def __init__(self) -> None:
        self._known: list[Outside] = []
        self._numbers: dict[Any, int] = {}
        self._orders: dict[str, int] = {}
        self._seen: dict[int, tuple[Order, int]] = {}  # the order is kept, so that its id stays its own

    def __getitem__(self, number: int) -> Outside:
        return self._known[number]

    def number(self, outside: Outside) -> int:
        key = (
            outside.now,
            tuple((order_id, self.key(stored)) for order_id, stored in outside.orders.items()),
            tuple(outside.payments.values()),
            tuple(outside.refunds.items()),
            outside.commands,
        )
        if key not in self._numbers:
            self._numbers[key] = len(self._known)
            self._known.append(outside)
        return self._numbers[key]

    def key(self, answer: Any) -> Any:
        """Something hashable for an answer, equal for equal answers."""
        if isinstance(answer, Stored):
            return (answer.version, self._order(answer.order))
        if isinstance(answer, list):
            return tuple(self.key(each) for each in answer)
        if isinstance(answer, Raised):
            return (type(answer.error), str(answer.error))
        return repr(answer) if isinstance(answer, Device | Merchant) else answer

    def _order(self, order: Order) -> int:
        known = self._seen.get(id(order))
        if known is None:
            known = (order, self._orders.setdefault(repr(order), len(self._orders)))
            self._seen[id(order)] = known
        return known[1]


class Replay:
    """Where each actor stands. A position is a number that stands for all answers so far."""

    def __init__(self, actors: tuple[Actor, ...], settings: Settings, outsides: Outsides) -> None:
        self._actors = actors
        self._settings = settings
        self._outsides = outsides
        self._steps: list[tuple[int, Any]] = [(START, None)]
        self._numbers: dict[tuple[int, Any], int] = {}
        self._next: dict[tuple[int, int], Call | Finished] = {}

    def after(self, position: int, answer: Any) -> int:
        """The position of an actor that was at `position` and has been answered."""
        key = (position, self._outsides.key(answer))
        if key not in self._numbers:
            self._numbers[key] = len(self._steps)
            self._steps.append((position, answer))
        return self._numbers[key]

    def next(self, actor: int, position: int) -> Call | Finished:
        """What this actor does next: a call, or nothing more."""
        key = (actor, position)
        if key not in self._next:
            self._next[key] = self._run(self._actors[actor], self.answers(position))
        return self._next[key]

    def answers(self, position: int) -> list[Any]:
        """All that an actor at this position has been answered, in order."""
        found = []
        while position != START:
            position, answer = self._steps[position]
            found.append(answer)
        return found[::-1]

    def _run(self, actor: Actor, answers: list[Any]) -> Call | Finished:
        left = iter(answers)

        def perform(call: Call) -> Any:
            try:
                answer = next(left)
            except StopIteration:
                raise Stopped(call) from None
            if isinstance(answer, Raised):
                raise answer.error.with_traceback(None)
            return answer

        try:
            return Finished(actor.act(world_over(perform, self._settings, actor.name)))
        except Stopped as stopped:
            return stopped.call
