"""Faults that a stand-in throws on demand, and the bad answers that they turn into."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

NOTIFICATION_FAULTS = frozenset(
    {"notify_lost", "notify_twice", "notify_late", "notify_before_answer", "notify_reordered"}
)
ANSWER_FAULTS = frozenset({"html_502", "html_403", "not_json", "empty", "hang", "drip", "drop", "slow"})
DEFAULT_SECONDS = {"hang": 20.0, "drip": 20.0, "slow": 2.0, "notify_late": 3.0, "notify_reordered": 2.0}
_HTTP_FAULT = re.compile(r"http_([45]\d\d)")
_FIELDS = frozenset({"on", "fault", "times", "probability", "seconds", "after_effect"})

ErrorAnswer = Callable[[int], Response]


class BadRule(ValueError):
    """A rule posted to `/_sandbox/faults` that no stand-in can follow; the text says why."""


@dataclass
class Rule:
    """Throw `fault` on the operation or event `on` (`*`: any), `times` times or for ever.

    `seconds` is how long a hang, a drip or a delay lasts, and the Retry-After of `http_429`.
    With `after_effect` the call is carried out and only its answer is lost or spoiled.
    """

    on: str
    fault: str
    times: int | None = None
    probability: float = 1.0
    seconds: float = 1.0
    after_effect: bool = False

    def matches(self, names: tuple[str, ...]) -> bool:
        return (self.on == "*" or self.on in names) and self.times != 0


def parse_rule(raw: object, extra_faults: frozenset[str]) -> Rule:
    """One rule from JSON; raises BadRule for an unknown field, fault or a value out of range."""
    if not isinstance(raw, dict) or not isinstance(raw.get("on"), str):
        raise BadRule(f'a rule is an object with "on" and "fault", not {raw!r}')
    unknown = set(raw) - _FIELDS
    fault = str(raw.get("fault"))
    known = NOTIFICATION_FAULTS | ANSWER_FAULTS | extra_faults
    if unknown or not (fault in known or _HTTP_FAULT.fullmatch(fault)):
        raise BadRule(f"unknown fields {sorted(unknown)}" if unknown else f"unknown fault {fault!r}")
    try:
        return Rule(
            on=raw["on"],
            fault=fault,
            times=None if raw.get("times") is None else int(raw["times"]),
            probability=float(raw.get("probability", 1.0)),
            seconds=float(raw.get("seconds", DEFAULT_SECONDS.get(fault, 1.0))),
            after_effect=bool(raw.get("after_effect", False)),
        )
    except (TypeError, ValueError) as error:
        raise BadRule(f"times, probability and seconds are numbers: {error}") from error


class Faults:
    """The rules in force and the count of what they have thrown; safe to use from any thread."""

    def __init__(self, seed: int | None = None, extra_faults: frozenset[str] = frozenset()) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._extra_faults = extra_faults
        self._rules: list[Rule] = []
        self._thrown: Counter[tuple[str, str]] = Counter()

    def set(self, raw_rules: object, *, add: bool = False) -> None:
        """Replace (or extend) the rules; raises BadRule and changes nothing when one is wrong."""
        if not isinstance(raw_rules, list):
            raise BadRule('"rules" must be a list')
        rules = [parse_rule(raw, self._extra_faults) for raw in raw_rules]
        with self._lock:
            self._rules = self._rules + rules if add else rules

    def clear(self) -> None:
        with self._lock:
            self._rules = []
            self._thrown.clear()

    def draw_answer(self, operation: str) -> Rule | None:
        """The fault to throw on this API call, if any; the first rule that fires wins."""
        return self._draw((operation,), notification=False)

    def draw_notification(self, event: str) -> Rule | None:
        """The fault to throw on this notification; rules name the event or just `notify`."""
        return self._draw((event, "notify"), notification=True)

    def _draw(self, names: tuple[str, ...], *, notification: bool) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if (rule.fault in NOTIFICATION_FAULTS) != notification or not rule.matches(names):
                    continue
                if self._random.random() >= rule.probability:
                    continue
                if rule.times is not None:
                    rule.times -= 1
                self._thrown[(names[0], rule.fault)] += 1
                return rule
        return None

    def counts(self) -> list[dict[str, Any]]:
        """What was thrown so far, one row per (on, fault)."""
        with self._lock:
            return [
                {"on": on, "fault": fault, "thrown": thrown} for (on, fault), thrown in sorted(self._thrown.items())
            ]


def spoil(rule: Rule, error_answer: ErrorAnswer, extra: Mapping[str, Callable[[Rule], Response]]) -> Response:
    """The answer that a fault puts in place of the right one."""
    if status := _HTTP_FAULT.fullmatch(rule.fault):
        answer = error_answer(int(status[1]))
        if answer.status_code == 429:
            answer.headers["Retry-After"] = str(max(1, round(rule.seconds)))
        return answer
    if rule.fault in extra:
        return extra[rule.fault](rule)
    return _SPOILED[rule.fault](rule)


def _html(status: int, title: str) -> Response:
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>nginx</body></html>"
    return Response(page, status=status, mimetype="text/html")


def _breaking_off(rule: Rule) -> Response:
    def body() -> Iterator[bytes]:
        time.sleep(rule.seconds if rule.fault == "hang" else 0)
        # No byte was sent yet: the server drops the connection without an answer.
        raise ConnectionAbortedError(rule.fault)
        yield b""

    return Response(body(), mimetype="application/json")


def _dripping(rule: Rule) -> Response:
    def body() -> Iterator[bytes]:
        yield b"{"
        for _ in range(max(1, round(rule.seconds))):
            time.sleep(1)
            yield b" "
        raise ConnectionAbortedError(rule.fault)

    return Response(body(), mimetype="application/json", headers={"Content-Length": "4096"})


_SPOILED: dict[str, Callable[[Rule], Response]] = {
    "html_502": lambda _: _html(502, "502 Bad Gateway"),
    "html_403": lambda _: _html(403, "403 Forbidden"),
    "not_json": lambda _: Response("<!-- ok -->{", mimetype="application/json"),
    "empty": lambda _: Response(b"", mimetype="application/json"),
    "hang": _breaking_off,
    "drop": _breaking_off,
    "drip": _dripping,
}
