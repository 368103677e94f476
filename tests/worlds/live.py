"""A world in memory that answers at once, counts every call, and fails where a test says so."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.config import Settings
from shared.domain.order import MakeOutcome, Order
from shared.domain.payment import Payment
from shared.services.world import World
from tests.worlds import calls
from tests.worlds.builders import DEVICE, MERCHANT, ORDER_ID, a_device, a_merchant
from tests.worlds.builders import settings as usual_settings
from tests.worlds.outside import Outside
from tests.worlds.ports import world_over

PAUSE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """The next call of this kind fails; `arrives`: it has taken effect all the same."""

    kind: type[Any]
    error: Exception
    arrives: bool = False


class LiveWorld:
    """`world` for the services, `outside` to look at and to change, `calls` as they came."""

    def __init__(
        self,
        outside: Outside | None = None,
        *,
        settings: Settings | None = None,
        without: frozenset[str] = frozenset(),
        owner: str = "id",
    ) -> None:
        usual = Outside(devices={DEVICE: a_device()}, merchants={MERCHANT: a_merchant()})
        self.outside = outside or usual
        self.calls: list[calls.Call] = []
        self.failures: list[Failure] = []
        self.outcomes: list[MakeOutcome] = []
        self._lock = threading.RLock()
        self.world: World = world_over(self.perform, settings or usual_settings(), owner, without)

    def perform(self, call: calls.Call) -> Any:
        with self._lock:
            self.calls.append(call)
            if isinstance(call, calls.Pause):
                self.pass_time(PAUSE)
            if isinstance(call, calls.MakeDrink) and self.outcomes:
                call = replace(call, outcome=self.outcomes.pop(0))
            failure = next((failure for failure in self.failures if isinstance(call, failure.kind)), None)
            if failure is not None:
                self.failures.remove(failure)
                if not failure.arrives:
                    raise failure.error
            self.outside, answer = call.on(self.outside)
            if failure is not None:
                raise failure.error
            return answer

    def pass_time(self, time: timedelta) -> None:
        self.outside = replace(self.outside, now=self.outside.now + time)

    def count(self, kind: type[Any]) -> int:
        """How often this was called, whether it worked or not."""
        return sum(isinstance(call, kind) for call in self.calls)

    def put(self, *things: Order | Payment) -> LiveWorld:
        """These orders in the store, these payments at their providers."""
        for thing in things:
            known = self.outside
            self.outside = known.with_order(thing) if isinstance(thing, Order) else known.with_payment(thing)
        return self

    def change_outside(self, **changes: Any) -> None:
        self.outside = replace(self.outside, **changes)

    def order(self, order_id: str = ORDER_ID) -> Order:
        """The order as it is stored."""
        return self.outside.orders[order_id].order
