"""What every service is given: the stores, the providers, the machine, the clock and the settings."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.config import Settings
from shared.domain.dispensing import Moment
from shared.domain.order import Order
from shared.errors import ChangedMeanwhile, StoreUnavailable
from shared.ports import Clock, CustomerStore, Directory, Machine, Operator, OrderStore, Providers, Stored
from shared.services.journal import record_transitions, tell_operator

CHANGE_TRIES = 12
LONGEST_PAUSE = 0.4  # seconds


def utc_now() -> datetime:
    return datetime.now(UTC)


def jittered_pause(number: int) -> None:
    """Wait before trying a conditional write again: longer each time, at random, so that rivals come apart."""
    time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.02 * 2**number)))


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What is needed to read: enough to tell an order's status."""

    orders: OrderStore
    directory: Directory
    now: Clock = utc_now


@dataclass(frozen=True, kw_only=True)
class World(Shelf):
    """What is needed to act on an order."""

    settings: Settings
    providers: Providers
    machine: Machine
    customers: CustomerStore
    operator: Operator
    new_id: Callable[[], str] = field(default=lambda: uuid.uuid4().hex)
    pause: Callable[[int], None] = jittered_pause

    def moment(self) -> Moment:
        """This moment, with a fresh claim id."""
        return Moment(now=self.now(), claim_id=self.new_id(), policy=self.settings.policy)


def change(world: World, stored: Stored, decide: Callable[[Order], Order]) -> Stored:
    """Apply `decide` to the order and store what it returns, deciding again when somebody was faster.

    `decide` is pure and returns its argument when there is nothing to store. Raises StoreUnavailable when the
    order is fought over for too long or is gone.
    """
    order_id = stored.order.order_id
    for number in range(CHANGE_TRIES):
        changed = decide(stored.order)
        if changed is stored.order:
            return stored
        try:
            written = world.orders.replace(stored, changed)
        except ChangedMeanwhile:
            world.pause(number)
            again = world.orders.get(order_id)
            if again is None:
                raise StoreUnavailable(f"orders/{order_id} is gone") from None
            stored = again
        else:
            record_transitions(stored.order, changed)
            tell_operator(world.operator, stored.order, changed)
            return written
    raise StoreUnavailable(f"orders/{order_id} is changed by others all the time")
