"""Every interleaving of a few processes, with crashes, failures and the clock in between (SPEC §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from shared.domain.order import Status
from shared.errors import ChangedMeanwhile, ProviderError, ProviderUnavailable, StoreUnavailable
from shared.ports import Stored
from tests.explorer.actors import DEALT_WITH
from tests.explorer.ending import end_quietly
from tests.explorer.replay import KILLED, START, Finished, Outsides, Raised, Replay
from tests.explorer.scenario import Report, Scenario, State
from tests.explorer.watch import LONG_SLEEP, Violation, watched
from tests.worlds import calls
from tests.worlds.builders import ORDER_ID
from tests.worlds.outside import Outside

WAITING_TICK = 19  # seconds: longer than a call to a provider is waited for
EFFECTS = (calls.CreateOrder, calls.ReplaceOrder, calls.CreatePayment, calls.GiveBack, calls.MakeDrink)
PROVIDER_CALLS = (calls.CreatePayment, calls.FetchPayment, calls.GiveBack)


Step = tuple[str, State]
Rewrite = Callable[[calls.Call], calls.Call]


class Explorer:
    """Depth first over all that can happen next; a state that was seen before is not explored again.

    `rewrite` changes calls on their way to the outside: how a test takes a protection away.
    """

    def __init__(self, scenario: Scenario, rewrite: Rewrite = lambda call: call) -> None:
        self._scenario = scenario
        self._rewrite = rewrite
        self._outsides = Outsides()
        self._replay = Replay(scenario.actors, scenario.settings, self._outsides)
        self._actors = range(len(scenario.actors))
        self._paths: dict[State, int] = {}
        self._ends: dict[Any, str] = {}
        self._effects: dict[Any, tuple[int, Any]] = {}
        self._next_calls: dict[tuple[int, int, datetime], tuple[int, calls.Call | None]] = {}
        self._mortal: set[tuple[int, int]] = set()
        self._trail: list[str] = []
        self._doing = ""

    def explore(self) -> Report:
        """Raises Violation, with the interleaving that leads to it."""
        scenario = self._scenario
        begin = State(
            outside=self._outsides.number(scenario.outside),
            positions=(START,) * len(scenario.actors),
            crashes=scenario.crashes,
            failures=scenario.failures,
            ticks=scenario.ticks,
            events=scenario.events,
        )
        try:
            interleavings = self._from(begin)
        except Violation as violation:
            trail = "\n  ".join([*self._trail, self._doing])
            raise Violation(f"{violation}\nafter:\n  {trail}") from None
        statuses = frozenset(self._ends.values())
        return Report(scenario.name, interleavings, len(self._paths), len(self._ends), statuses)

    def _from(self, state: State) -> int:
        """The number of ways on from here."""
        if state not in self._paths:
            ways = 0
            for label, following in self._steps(state):
                self._trail.append(label)
                ways += self._from(following)
                self._trail.pop()
            if ways == 0:
                self._end(state)
            self._paths[state] = max(ways, 1)
        return self._paths[state]

    def _steps(self, state: State) -> Iterator[Step]:
        waiting = moving = False
        for actor in self._actors:
            if self._may_die(state, actor):
                yield self._killed(state, actor)
            position, call = self._next(state, actor)
            if call is None:
                continue
            if isinstance(call, calls.Pause) and self._nothing_new(state, position):
                waiting = True
                continue
            moving = True
            yield from self._answered(state.at(actor, position), actor, call)
        yield from self._happenings(state)
        if state.ticks:
            yield from self._ticks(state, state.ticks[0], state.ticks[1:])
        elif waiting and not moving:
            yield from self._ticks(state, WAITING_TICK, ())

    def _next(self, state: State, actor: int) -> tuple[int, calls.Call | None]:
        """What this actor does once it has read the clock; None when it has ended or cannot begin.

        Reading the clock meets nothing but a jump of the clock, so it is interleaved with those alone (`_ticks`).
        """
        position, outside = state.positions[actor], self._outsides[state.outside]
        if not self._runs(actor, position, outside):
            return position, None
        key = (actor, position, outside.now)
        if key not in self._next_calls:
            position = self._clock_readings(actor, position, outside)[-1]
            call = self._replay.next(actor, position)
            self._next_calls[key] = (position, None if isinstance(call, Finished) else call)
        return self._next_calls[key]

    def _runs(self, actor: int, position: int, outside: Outside) -> bool:
        return position != KILLED and (position != START or self._scenario.actors[actor].ready(outside))

    def _clock_readings(self, actor: int, position: int, outside: Outside) -> list[int]:
        """Where this actor is now, after its next look at the clock, and so on until it calls something else."""
        found = [position]
        while isinstance(call := self._replay.next(actor, position), calls.ReadClock | calls.TellOperator):
            position = self._replay.after(position, call.on(outside)[1])
            found.append(position)
        return found

    def _answered(self, state: State, actor: int, call: calls.Call) -> Iterator[Step]:
        name = self._scenario.actors[actor].name
        for variant in self._variants(call):
            outside, answer = self._effect(state, actor, variant)
            yield f"{name}: {_short(variant)}", self._moved(state._replace(outside=outside), actor, call, answer)
        if state.failures and isinstance(call, self._scenario.failing):
            arrived, _ = self._effect(state, actor, call)
            for outside, what in ((state.outside, "fails"), (arrived, "arrives, its answer is lost")):
                failed = state._replace(outside=outside, failures=state.failures - 1, orphaned=True)
                yield f"{name}: {_short(call)} {what}", self._moved(failed, actor, call, _failure(call))

    def _variants(self, call: calls.Call) -> list[calls.Call]:
        if isinstance(call, calls.MakeDrink):
            return [replace(call, outcome=outcome) for outcome in self._scenario.outcomes]
        return [call]

    def _effect(self, state: State, actor: int, call: calls.Call) -> tuple[int, Any]:
        """What is outside after the call and its answer: carried out and watched once for each place and outside."""
        outcome = call.outcome if isinstance(call, calls.MakeDrink) else None
        key = (state.outside, actor, state.positions[actor], outcome, state.orphaned)
        if key not in self._effects:
            self._doing = f"{self._scenario.actors[actor].name}: {_short(call)}"
            outside, answer = watched(self._outsides[state.outside], self._rewrite(call), state.orphaned)
            self._effects[key] = (self._outsides.number(outside), answer)
        return self._effects[key]

    def _moved(self, state: State, actor: int, call: calls.Call, answer: Any) -> State:
        position = self._replay.after(state.positions[actor], answer)
        if isinstance(call, EFFECTS):
            self._mortal.add((actor, position))
        elif not state.ticks:
            position = self._next(state.at(actor, position), actor)[0]
        return state.at(actor, position)

    def _may_die(self, state: State, actor: int) -> bool:
        """True right after an effect, answered or not, and before the first one.

        What an actor only reads nobody else notices: to die later, before its next effect, is the same.
        """
        position = state.positions[actor]
        return state.crashes > 0 and (position == START or (actor, position) in self._mortal)

    def _killed(self, state: State, actor: int) -> Step:
        name = self._scenario.actors[actor].name
        held = (_unspent_claim(self._outsides[state.outside]) or "").startswith(f"{name}.")
        state = state._replace(crashes=state.crashes - 1, orphaned=state.orphaned or held)
        return f"{name} is killed", state.at(actor, KILLED)

    def _happenings(self, state: State) -> Iterator[Step]:
        outside = self._outsides[state.outside]
        for event in state.events:
            if event.can_happen(outside):
                left = tuple(other for other in state.events if other is not event)
                happened = self._outsides.number(event.happen(outside))
                yield event.name, state._replace(outside=happened, events=left)

    def _ticks(self, state: State, seconds: int, left: tuple[int, ...]) -> Iterator[Step]:
        """The clock jumps: each actor may have read it before, as often as it was about to, or not."""
        outside = self._outsides[state.outside]
        long = seconds >= LONG_SLEEP
        orphaned = state.orphaned or (long and _unspent_claim(outside) is not None)
        jumped = self._outsides.number(replace(outside, now=outside.now + timedelta(seconds=seconds)))
        for positions in product(*(self._before_jump(state, actor, long) for actor in self._actors)):
            following = state._replace(outside=jumped, positions=positions, ticks=left, orphaned=orphaned)
            yield f"{seconds} s pass", following

    def _before_jump(self, state: State, actor: int, long: bool) -> list[int]:
        """Where this actor may be when the clock jumps.

        Nobody sleeps for 40 s between asking whether it may send and sending: that is the margin of a claim, and
        no lock without the machine's help can do better.
        """
        position, outside = state.positions[actor], self._outsides[state.outside]
        if not self._runs(actor, position, outside):
            return [position]
        found = self._clock_readings(actor, position, outside)
        if long and isinstance(self._replay.next(actor, found[-1]), calls.MakeDrink):
            found.pop()
        return found

    def _nothing_new(self, state: State, position: int) -> bool:
        """True for one who waits for another process that has not moved since, at the same moment."""
        answers, outside = self._replay.answers(position), self._outsides[state.outside]
        read = next((answer for answer in reversed(answers) if isinstance(answer, Stored)), None)
        clock = next((answer for answer in reversed(answers) if isinstance(answer, datetime)), None)
        same_order = read is not None and read.version == outside.orders[ORDER_ID].version
        return same_order and clock == outside.now

    def _end(self, state: State) -> None:
        unanswered = tuple(actor for number, actor in enumerate(self._scenario.actors) if self._is_due(state, number))
        key = (state.outside, unanswered, state.orphaned)
        if key not in self._ends:
            self._doing = "all is quiet"
            outside = self._outsides[state.outside]
            order = end_quietly(outside, unanswered, self._scenario.settings, state.orphaned, self._rewrite)
            self._ends[key] = order.status.value

    def _is_due(self, state: State, actor: int) -> bool:
        """True for a delivery that the provider will repeat."""
        if not self._scenario.redelivered or not self._scenario.actors[actor].name.startswith("delivery"):
            return False
        position, _ = self._next(state, actor)
        return position == KILLED or self._replay.next(actor, position) != Finished(DEALT_WITH)


def _unspent_claim(outside: Outside) -> str | None:
    """The claim whose holder may have sent without saying so."""
    order = outside.orders[ORDER_ID].order
    unspent = order.status is Status.PAID and order.make is not None and order.make.outcome is None
    return order.make.claim_id if unspent and order.make is not None else None


def _failure(call: calls.Call) -> Any:
    error: ProviderError | StoreUnavailable | ChangedMeanwhile
    error = ProviderUnavailable("no answer") if isinstance(call, PROVIDER_CALLS) else StoreUnavailable("no answer")
    return Raised(error)


def _short(call: calls.Call) -> str:
    outcome = f" ({call.outcome})" if isinstance(call, calls.MakeDrink) else ""
    status = f" ({call.order.status})" if isinstance(call, calls.ReplaceOrder) else ""
    return f"{type(call).__name__}{outcome}{status}"
