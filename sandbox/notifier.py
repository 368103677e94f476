"""Sends a provider's notifications and sends them again until they are acknowledged."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import requests
from flask import Blueprint, Response, jsonify, request

from sandbox.faults import Faults, Rule
from sandbox.serving import LOG_LIMIT, Json, now_iso

DEFAULT_SCHEDULE = (1.0, 2.0, 5.0, 10.0, 30.0)


def parse_schedule(text: str) -> tuple[float, ...]:
    """`1,2,5` → the seconds between deliveries; the last one repeats until acknowledged."""
    schedule = tuple(float(part) for part in text.split(","))
    if min(schedule) <= 0:
        raise ValueError("the schedule is a list of positive seconds")
    return schedule


@dataclass
class Letter:
    """One notification on its way: where to, what, and how often it has been tried."""

    url: str
    event: str
    body: Json
    fault: str | None
    epoch: int
    attempts: int = 0


class Notifier:
    """Delivers in the background; `acknowledged(status, body)` says what ends the redelivery.

    A notification that a `notify_before_answer` rule picks is delivered once in the caller's own
    thread, so that it arrives before the caller's answer; call `send` without holding any lock.
    """

    def __init__(
        self,
        faults: Faults,
        acknowledged: Callable[[int, bytes], bool],
        schedule: Sequence[float] = DEFAULT_SCHEDULE,
        headers: dict[str, str] | None = None,
        timeout: float = 10.0,
    ) -> None:
        self._faults = faults
        self._acknowledged = acknowledged
        self._schedule = tuple(schedule)
        self._headers = {"Content-Type": "application/json"} | (headers or {})
        self._timeout = timeout
        # Guards the fields below; also wakes whoever waits between two deliveries.
        self._changed = threading.Condition()
        self._epoch = 0
        self._under_way = 0
        self._attempted = 0
        self._deliveries: deque[Json] = deque(maxlen=LOG_LIMIT)

    def send(self, url: str, event: str, body: Json) -> None:
        """Start the delivery of one notification, as the fault rules want it."""
        rule = self._faults.draw_notification(event)
        letter = Letter(url, event, body, rule.fault if rule else None, self._epoch)
        if letter.fault == "notify_lost":
            self._record(letter, None, "lost on purpose")
            return
        if letter.fault == "notify_before_answer" and self._deliver(letter):
            return
        self._start(letter, rule)
        if letter.fault == "notify_twice":
            self._start(replace(letter), rule)

    def send_once(self, url: str, body: bytes) -> Json:
        """Deliver any body now, without redelivery; tells what the receiver answered."""
        answer = self._post(url, body)
        return {"answered": answer.status_code, "body": answer.text}

    def report(self) -> Json:
        """What was tried (oldest first) and how many notifications are still on their way."""
        with self._changed:
            return {"under_way": self._under_way, "deliveries": list(self._deliveries)}

    def clear(self) -> None:
        """Forget everything; what is still on its way is given up."""
        with self._changed:
            self._epoch += 1
            self._deliveries.clear()
            self._changed.notify_all()

    def _start(self, letter: Letter, rule: Rule | None) -> None:
        with self._changed:
            self._under_way += 1
            before = self._attempted
        threading.Thread(target=self._see_through, args=(letter, rule, before), daemon=True).start()

    def _see_through(self, letter: Letter, rule: Rule | None, before: int) -> None:
        try:
            if rule is not None:
                self._hold_back(letter, rule, before)
            while letter.epoch == self._epoch:
                if letter.attempts and not self._wait_to_repeat(letter):
                    return
                if self._deliver(letter):
                    return
        finally:
            with self._changed:
                self._under_way -= 1

    def _hold_back(self, letter: Letter, rule: Rule, before: int) -> None:
        """`before`: how many deliveries there had been when this one was due; a reordered one waits for one more."""
        if rule.fault not in ("notify_late", "notify_reordered"):
            return
        with self._changed:
            self._changed.wait_for(
                lambda: letter.epoch != self._epoch or (rule.fault == "notify_reordered" and self._attempted > before),
                timeout=rule.seconds,
            )

    def _wait_to_repeat(self, letter: Letter) -> bool:
        delay = self._schedule[min(letter.attempts, len(self._schedule)) - 1]
        with self._changed:
            return not self._changed.wait_for(lambda: letter.epoch != self._epoch, timeout=delay)

    def _deliver(self, letter: Letter) -> bool:
        letter.attempts += 1
        try:
            answer = self._post(letter.url, json.dumps(letter.body, ensure_ascii=False).encode())
        except requests.RequestException as error:
            self._record(letter, None, type(error).__name__)
            return False
        done = self._acknowledged(answer.status_code, answer.content)
        self._record(letter, answer.status_code, None if done else "not acknowledged")
        return done

    def _post(self, url: str, body: bytes) -> requests.Response:
        with requests.Session() as session:
            # A proxy named in the environment has no business between two local processes.
            session.trust_env = False
            return session.post(url, data=body, headers=self._headers, timeout=self._timeout, allow_redirects=False)

    def _record(self, letter: Letter, status: int | None, problem: str | None) -> None:
        with self._changed:
            if letter.epoch != self._epoch:
                return
            self._attempted += 1
            self._deliveries.append(
                {
                    "at": now_iso(),
                    "url": letter.url,
                    "event": letter.event,
                    "attempt": letter.attempts,
                    "answered": status,
                    "problem": problem,
                    "fault": letter.fault,
                    "body": letter.body,
                }
            )
            self._changed.notify_all()


def notification_control(notifier: Notifier, default_url: str | None) -> Blueprint:
    """`GET /_sandbox/notifications` and `POST /_sandbox/notify` (raw body, `?url=` overrides)."""
    control = Blueprint("sandbox_notifications", __name__, url_prefix="/_sandbox")

    @control.get("/notifications")
    def notifications() -> Response:
        return jsonify(notifier.report())

    @control.post("/notify")
    def notify() -> tuple[Response, int] | Response:
        url = request.args.get("url", default_url)
        if url is None:
            return jsonify(error="no notification URL is known: name it with ?url="), 400
        try:
            return jsonify(notifier.send_once(url, request.get_data()))
        except requests.RequestException as error:
            return jsonify(error=type(error).__name__), 502

    return control
