"""What the stand-in remembers: heartbeats, prices, make commands, brews. One lock guards it all."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.serving import now_iso
from sandbox.tmetr.bodies import MakeCommand, PriceQuestion
from sandbox.tmetr.menu import DRINKS

OUTCOMES = ("success", "failed", "silent")
# Seconds since a device's last heartbeat; offline is far past DEVICE_ONLINE_THRESHOLD_MINUTES.
HEARTBEAT_AGES: dict[str, int | None] = {"online": 5, "offline": 7200, "never": None}


@dataclass
class Brew:
    """One drink in the making; `started` is on the monotonic clock."""

    number: int
    command: MakeCommand
    outcome: str
    started: float
    done: bool = False

    @property
    def stage(self) -> str:
        if not self.done:
            return "brewing"
        return "failed" if self.outcome == "failed" else "ready"


class Tmetr:
    """The stand-in's whole state; safe to use from any thread.

    `report(order_uuid, status)` tells the payment system how a brew has ended.
    """

    def __init__(self, brew_seconds: float, report: Callable[[str, str], None]) -> None:
        self.brew_seconds = brew_seconds
        self._report = report
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._commands: list[dict[str, Any]] = []
        self._brews: list[Brew] = []
        self._ages: dict[str, int | None] = {}
        self._prices: dict[tuple[str, str], int | None] = {}
        self._planned: deque[str] = deque()
        self._stopped = threading.Event()

    def reset(self) -> None:
        """Forget everything; brews under way end without a report."""
        with self._lock:
            self._stopped.set()
            self._clear()

    def set_heartbeat(self, device_id: str, age_seconds: int | None) -> None:
        with self._lock:
            self._ages[device_id] = age_seconds

    def heartbeat_at(self, device_id: str) -> int | None:
        """Unix time of the last heartbeat, None when never seen; a device nobody set is online."""
        with self._lock:
            age = self._ages.get(device_id, HEARTBEAT_AGES["online"])
        return None if age is None else int(time.time()) - age

    def set_price(self, drink_no: str, size: str, price: int | None) -> None:
        with self._lock:
            self._prices[drink_no, size] = price

    def price(self, question: PriceQuestion) -> int | None:
        """Kopecks, or None when the answer shall carry no price; raises KeyError for an unknown drink."""
        listed = DRINKS[question.drink_no].prices[question.size]
        with self._lock:
            return self._prices.get((question.drink_no, question.size), listed)

    def plan(self, outcomes: Iterable[str]) -> None:
        """How the next brews end, first one first; after them every brew succeeds again."""
        with self._lock:
            self._planned.extend(outcomes)

    def commands(self, order_uuid: str | None = None) -> list[dict[str, Any]]:
        with self._lock:
            return [one for one in self._commands if order_uuid in (None, one["orderUuid"])]

    def latest_brew(self, device_id: str) -> Brew | None:
        with self._lock:
            return next((brew for brew in reversed(self._brews) if brew.command.device_id == device_id), None)

    def brews(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{"stage": brew.stage, **asdict(brew)} for brew in self._brews]

    def accept(self, command: MakeCommand, raw: dict[str, Any]) -> bool:
        """Record a make command and start brewing; True when this order was commanded before.

        A repeated command brews again: nothing published says that the real Tmetr drops it.
        """
        with self._lock:
            duplicate = any(one["orderUuid"] == command.order_uuid for one in self._commands)
            self._commands.append({**raw, "at": now_iso(), "duplicate": duplicate})
            outcome = self._planned.popleft() if self._planned else "success"
            brew = Brew(len(self._brews) + 1, command, outcome, time.monotonic())
            self._brews.append(brew)
            stopped = self._stopped
        threading.Thread(target=self._brew, args=(brew, stopped), daemon=True).start()
        return duplicate

    def _brew(self, brew: Brew, stopped: threading.Event) -> None:
        if stopped.wait(self.brew_seconds):
            return
        brew.done = True
        if brew.outcome != "silent":
            self._report(brew.command.order_uuid, brew.outcome)
