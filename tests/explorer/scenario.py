"""What an exploration begins with, where it stands, and what it has covered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.config import Settings
from shared.domain.order import MakeOutcome
from tests.explorer.replay import Actor
from tests.worlds.builders import settings
from tests.worlds.outside import Outside


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may happen once, at any moment in which it can."""

    name: str
    can_happen: Callable[[Outside], bool]
    happen: Callable[[Outside], Outside]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What begins it, who takes part, and what may go wrong.

    `crashes`: how many actors may be killed, each at any step. `ticks`: seconds by which the clock may jump, in
    this order, each at any moment. `outcomes`: what the machine may make of each command. `failures`: how many of
    the calls of the kinds `failing` may fail, before they arrive or with only their answer lost.
    `redelivered`: in the end the provider repeats every delivery that was not answered 200.
    """

    name: str
    outside: Outside
    actors: tuple[Actor, ...]
    crashes: int = 0
    ticks: tuple[int, ...] = ()
    outcomes: tuple[MakeOutcome, ...] = (MakeOutcome.ACCEPTED,)
    failing: tuple[type[Any], ...] = ()
    failures: int = 0
    events: tuple[Event, ...] = ()
    redelivered: bool = False
    settings: Settings = field(default_factory=settings)


class State(NamedTuple):
    """All that the future depends on.

    `outside`: the number of an outside. `orphaned`: somebody who held the right to send was killed, got no answer,
    or slept until it lapsed.
    """

    outside: int
    positions: tuple[int, ...]
    crashes: int
    failures: int
    ticks: tuple[int, ...]
    events: tuple[Event, ...]
    orphaned: bool = False

    def at(self, actor: int, position: int) -> State:
        return self._replace(positions=(*self.positions[:actor], position, *self.positions[actor + 1 :]))


@dataclass(frozen=True, slots=True)
class Report:
    """What an exploration has covered: paths, different states, different ends and the statuses they end in."""

    scenario: str
    interleavings: int
    states: int
    ends: int
    statuses: frozenset[str]
