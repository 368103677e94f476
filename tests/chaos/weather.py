"""What happens to everybody at once: functions killed, doors shut, refunds slow or declined, a machine silent."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import requests

from sandbox.supervisor.loopback import call
from sandbox.supervisor.seeds import DEVICES
from sandbox.supervisor.settings import FUNCTIONS
from tests.chaos.stage import DOORS, Stage

# The webhook holds the claim, so it dies most often.
_VICTIMS = ("webhook",) * 5 + ("reconcile",) * 2 + ("create_order",) * 2 + ("order_status",)
BETWEEN_KILLS = (0.5, 4.0)
DOWN_FOR = (0.0, 1.5)
BETWEEN_EVENTS = (0.7, 2.5)
SHUT_FOR = (0.3, 2.5)
OFFLINE_FOR = 1.0
REFUNDS_TROUBLED_FOR = 2.0
_DOORS = (*DOORS, "tmetr")  # the machine's door twice as often: a refused command is retried


class Weather:
    """Two threads of trouble between `begin` and `end`; after `end` everything is up again."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._over = threading.Event()
        self._seed = seed
        self._pool = ThreadPoolExecutor(max_workers=3, thread_name_prefix="weather")
        self._futures: list[Any] = []

    def begin(self) -> None:
        self._futures = [self._pool.submit(self._kill), self._pool.submit(self._blow)]

    def end(self) -> None:
        """No more trouble; raises what went wrong while making it."""
        self._over.set()
        wait(self._futures)
        self._pool.shutdown()
        for future in self._futures:
            future.result()

    def _kill(self) -> None:
        chance = random.Random(f"kill {self._seed}")
        while not self._over.wait(chance.uniform(*BETWEEN_KILLS)):
            victim = chance.choice(_VICTIMS)
            self._stage.sandbox.kill(victim, signal.SIGKILL)
            self._stage.count("kill -9", victim)
            self._over.wait(chance.uniform(*DOWN_FOR))
            self._stage.sandbox.restart(victim)

    def _blow(self) -> None:
        chance = random.Random(f"blow {self._seed}")
        events: tuple[Callable[[random.Random], None], ...] = (
            self._shut_a_door,
            self._shut_a_door,
            self._trouble_refunds,
            self._machine_offline,
            self._reconcile_twice,
        )
        while not self._over.wait(chance.uniform(*BETWEEN_EVENTS)):
            chance.choice(events)(chance)

    def _shut_a_door(self, chance: random.Random) -> None:
        name = chance.choice(_DOORS)
        self._stage.gates.shut(name)
        self._stage.count("connections refused", name)
        self._over.wait(chance.uniform(*SHUT_FOR))
        self._stage.gates.open(name)

    def _trouble_refunds(self, chance: random.Random) -> None:
        system, behaviour = chance.choice(("yookassa", "tbank")), chance.choice(("pending", "pending", "canceled"))
        self._stage.control(system, "refunds/behaviour", {"behaviour": behaviour})
        self._stage.count("refunds for a while", f"{system}: {behaviour}")
        self._over.wait(REFUNDS_TROUBLED_FOR)
        self._stage.control(system, "refunds/behaviour", {"behaviour": "succeeded"})

    def _machine_offline(self, chance: random.Random) -> None:
        device = chance.choice(sorted(DEVICES))
        self._stage.control("tmetr", "heartbeat", {"deviceId": device, "state": "offline"})
        self._stage.count("machine", "heartbeat offline")
        self._over.wait(OFFLINE_FOR)
        self._stage.control("tmetr", "heartbeat", {"deviceId": device, "state": "online"})

    def _reconcile_twice(self, chance: random.Random) -> None:
        self._stage.count("reconcile", "twice at once, beside the scheduler")
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda _: reconcile(self._stage), range(2)))


def reconcile(stage: Stage) -> None:
    """One call; killed on the way is as good as not called."""
    try:
        call("POST", f"{stage.sandbox.url('reconcile')}/", timeout=50)
    except requests.RequestException:
        stage.count("reconcile", "met a closed door")


def kill_all(stage: Stage) -> None:
    """Every function dies at once, whatever it was doing, and starts again."""
    for name in FUNCTIONS:
        stage.sandbox.kill(name, signal.SIGKILL)
        stage.count("kill -9", name)
    with ThreadPoolExecutor(max_workers=len(FUNCTIONS)) as pool:
        list(pool.map(stage.sandbox.restart, FUNCTIONS))
