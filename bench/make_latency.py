"""From a payment's notification to the made command, against the two calls that nothing can spare.

The stand-ins are given a fixed latency, as a provider and Tmetr over the internet have one.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bench.calls import Call, new_order_id
from bench.shop import JSON, YOOKASSA_ADDRESS, notification_body
from bench.stage import Stage
from sandbox.purchase import MILK_FOAM
from sandbox.supervisor import settings as sandbox_settings
from sandbox.supervisor.loopback import call

OUTSIDE_SECONDS = 0.05


@dataclass(slots=True)
class MakeLatency:
    """Milliseconds, one entry a repetition; the first, which also loads what the rest uses, is left out.

    `look_up`, `make`: the two calls, sent by hand. `command`: from the notification until the command reached Tmetr.
    `answer`: until the notification was answered, which is when all is stored.
    """

    look_up: list[float] = field(default_factory=list)
    make: list[float] = field(default_factory=list)
    command: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)

    def two_calls(self) -> list[float]:
        return [look_up + make for look_up, make in zip(self.look_up, self.make, strict=True)]

    def made(self) -> list[float]:
        """From the notification until Tmetr has taken the command."""
        return [command + make for command, make in zip(self.command, self.make, strict=True)]


def measure(stage: Stage, repetitions: int) -> MakeLatency:
    """Raises WrongAnswer. Leaves the stand-ins without the latency again."""
    stage.shop.deliver_notifications_by_hand(get_payment=OUTSIDE_SECONDS)
    stage.shop.set_faults("tmetr", [{"on": "make", "fault": "slow", "seconds": OUTSIDE_SECONDS}])
    _repeat(stage, MakeLatency())
    found = MakeLatency()
    for _ in range(repetitions):
        _repeat(stage, found)
    stage.shop.deliver_notifications_by_hand()
    stage.shop.set_faults("tmetr", [])
    return found


def _repeat(stage: Stage, found: MakeLatency) -> None:
    order_id, payment_id = stage.shop.paid()
    found.look_up.append(_timed(_look_up(stage, payment_id)))
    found.make.append(_timed(_make(stage)))
    sent_at = time.time()
    found.answer.append(_timed(_notification(stage, order_id, payment_id)))
    found.command.append((_reached_tmetr(stage, order_id) - sent_at) * 1000)


def _timed(request: Call) -> float:
    began = time.perf_counter()
    connection = request.connect()
    request.send(connection)
    connection.close()
    return (time.perf_counter() - began) * 1000


def _notification(stage: Stage, order_id: str, payment_id: str) -> Call:
    body = notification_body(order_id, payment_id)
    return Call(port=stage.port("webhook"), path="/yookassa", method="POST", body=body, headers=YOOKASSA_ADDRESS)


def _look_up(stage: Stage, payment_id: str) -> Call:
    pair = f"{sandbox_settings.SHOP_ID}:{sandbox_settings.SHOP_SECRET}".encode()
    basic = {"Authorization": f"Basic {b64encode(pair).decode()}"}
    return Call(port=stage.port("yookassa"), path=f"/v3/payments/{payment_id}", headers=basic)


def _make(stage: Stage) -> Call:
    command = {"deviceId": "test", "orderUuid": new_order_id(), "drinkUuid": MILK_FOAM, "size": "medium", "price": 1}
    bearer: Mapping[str, str] = {"Authorization": f"Bearer {sandbox_settings.TMETR_TOKEN}", **JSON}
    return Call(
        port=stage.port("tmetr"),
        path="/api/commander/v1/command/make",
        method="POST",
        body=json.dumps([command]),
        headers=bearer,
        expected=202,
    )


def _reached_tmetr(stage: Stage, order_id: str) -> float:
    """When Tmetr received this order's command, Unix seconds."""
    log = call("GET", f"{stage.sandbox.url('tmetr')}/_sandbox/log").json()
    entry = next(e for e in reversed(log) if e["operation"] == "make" and e["body"][0]["orderUuid"] == order_id)
    return datetime.fromisoformat(entry["at"]).timestamp()
