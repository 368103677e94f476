"""Tmetr, the telemetry of the machine's vendor (SPEC §11): price, heartbeat, and the make command."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shared.adapters import wire
from shared.domain.dispensing import Sent
from shared.domain.order import MakeOutcome, Order
from shared.domain.qr import Size
from shared.errors import MachineError

QUESTION_SECONDS = 5.0
MAKE_SECONDS = 6.0  # all tries: with the look-up before it the provider is answered within 10 s (SPEC §10)
FIRST_PAUSE = 0.3
LARGEST_PRICE = 10**9  # kopecks; more is a mistake, and at some size cannot be stored


class Tmetr:
    """Client of one Tmetr account; safe for threads."""

    def __init__(self, base_url: str, token: str, attempts: int) -> None:
        self._base_url = base_url
        self._attempts = attempts
        self._headers = {"Authorization": f"Bearer {token}", "TimeZoneOffset": "3"}
        self._session = wire.new_session()

    def price(self, device_uuid: str, drink_no: str, size: int) -> int:
        """Kopecks, 0 when Tmetr names no price. Raises MachineError."""
        body = {"deviceId": device_uuid, "drinkIdAtDevice": drink_no, "drinkSize": Size(size).name}
        answer = self._ask("/api/ui/v1/static/drink", body)
        price = answer.get("price")
        if price is None:
            return 0
        whole = type(price) is int or (isinstance(price, float) and price.is_integer())
        if not whole or not 0 <= price <= LARGEST_PRICE:
            raise MachineError(f"Tmetr answered a price that is none: {price!r:.40}")
        return int(price)

    def last_heartbeat(self, device_uuid: str) -> datetime | None:
        """When the machine was last heard of, None if never. Raises MachineError."""
        body = {"deviceIds": [device_uuid], "offset": 0, "limit": 1}
        answer = self._ask("/api/ui/v1/stat/heartbeat/recent", body, {"X-TimeZoneOffset": "0"})
        content = answer.get("content")
        if not isinstance(content, list):
            raise MachineError("Tmetr answered no list of heartbeats")
        try:
            moments = [item["heartbeatCreatedAt"] for item in content if item.get("deviceId") == device_uuid]
            return datetime.fromtimestamp(max(moments), UTC) if moments else None
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise MachineError("Tmetr answered a heartbeat without a time") from error

    def make(self, order: Order, may_go_on: Callable[[], bool]) -> Sent:
        """Send the make command; refused connections, 429 and 5xx are tried again within 6 s in all.

        UNKNOWN as soon as a request may have arrived without an answer: that is never repeated (SPEC §7.5).
        """
        end = time.monotonic() + MAKE_SECONDS
        sent = Sent(outcome=MakeOutcome.REFUSED, tries=0, error="not sent: the claim is no longer fresh")
        for number in range(1, self._attempts + 1):
            if not may_go_on():
                return sent
            sent, again = self._make_once(order, number, end)
            pause = FIRST_PAUSE * 2 ** (number - 1) * random.uniform(0.75, 1.25)
            if not again or number == self._attempts or time.monotonic() + pause >= end:
                break
            time.sleep(pause)
        return sent

    def _make_once(self, order: Order, number: int, end: float) -> tuple[Sent, bool]:
        """One try: its result, and whether trying again is safe and can help."""
        try:
            # A connection of its own: a kept one that Tmetr has closed would break after the request was
            # sent, and the customer would lose the drink to an unknown outcome.
            with wire.new_session(pool=1) as session:
                reply = wire.call(
                    session,
                    "POST",
                    self._base_url + "/api/commander/v1/command/make",
                    seconds=max(0.5, end - time.monotonic()),
                    status_only=True,
                    body=[make_command(order)],
                    headers=self._headers,
                )
        except wire.NotSent as error:
            return Sent(outcome=MakeOutcome.REFUSED, tries=number, error=str(error)), True
        except wire.NoAnswer as error:
            return Sent(outcome=MakeOutcome.UNKNOWN, tries=number, error=str(error)), False
        if 200 <= reply.status < 300:
            return Sent(outcome=MakeOutcome.ACCEPTED, tries=number), False
        error_text = f"HTTP {reply.status}"
        again = reply.status == 429 or reply.status >= 500
        return Sent(outcome=MakeOutcome.REFUSED, tries=number, error=error_text), again

    def _ask(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            reply = wire.call(
                self._session,
                "POST",
                self._base_url + path,
                seconds=QUESTION_SECONDS,
                repeat_if_lost=True,
                body=body,
                headers={**self._headers, **(headers or {})},
            )
        except (wire.NotSent, wire.NoAnswer) as error:
            raise MachineError(f"Tmetr {path}: {error}") from error
        if not 200 <= reply.status < 300:
            raise MachineError(f"Tmetr {path}: HTTP {reply.status}")
        try:
            answer = json.loads(reply.body)
        except (ValueError, RecursionError) as error:
            raise MachineError(f"Tmetr {path}: the answer is not JSON") from error
        if not isinstance(answer, dict):
            raise MachineError(f"Tmetr {path}: the answer is not an object")
        return answer


def make_command(order: Order) -> dict[str, Any]:
    """The command as `POST /api/commander/v1/command/make` takes it (SPEC §11)."""
    return {
        "deviceId": order.device_uuid,
        "orderUuid": order.order_id,
        "drinkUuid": order.drink_no,
        "size": Size(order.size).name.lower(),
        "price": order.price,
    }
