"""A customer's phone: calls an address, and taps again when it is told to try later."""

from __future__ import annotations

import random
import time
from collections.abc import Collection
from typing import Any

import requests

from sandbox.crowd.stopwatch import Lap, Stopwatch

ANSWER_WITHIN = 25.0  # seconds; a payment is created within about 20
BEFORE_NEXT_TAP = (0.2, 0.8)


class GaveUp(Exception):
    """The customer has lost patience; the text says with what."""


class Phone:
    """A connection for each call; `patience`: seconds of tapping again, 0 for one try."""

    def __init__(self, stopwatch: Stopwatch, patience: float) -> None:
        self._stopwatch = stopwatch
        self._patience = patience
        self._session = requests.Session()
        self._session.trust_env = False
        # A browser notices that a kept connection was closed while its owner was thinking; `requests` would send
        # into it and call that a failure of ours.
        self._session.headers["Connection"] = "close"

    def close(self) -> None:
        self._session.close()

    def ask(
        self, endpoint: str, method: str, url: str, *, again_on: Collection[int] = (), **options: Any
    ) -> requests.Response:
        """The answer. No answer and the statuses `again_on` are tried again; raises GaveUp in the end."""
        end = time.monotonic() + self._patience
        while True:
            answer = self._once(endpoint, method, url, options)
            if answer is not None and answer.status_code not in again_on:
                return answer
            if time.monotonic() >= end:
                raise GaveUp(f"{endpoint}: {error_code(answer) if answer is not None else 'no answer'}")
            time.sleep(random.uniform(*BEFORE_NEXT_TAP))

    def _once(self, endpoint: str, method: str, url: str, options: dict[str, Any]) -> requests.Response | None:
        began = time.monotonic()
        try:
            answer = self._session.request(method, url, timeout=ANSWER_WITHIN, allow_redirects=False, **options)
        except requests.RequestException:
            self._stopwatch.add(Lap(endpoint, time.monotonic() - began, None))
            return None
        code = error_code(answer) if answer.status_code >= 400 else None
        self._stopwatch.add(Lap(endpoint, time.monotonic() - began, answer.status_code, code))
        return answer


def error_code(answer: requests.Response) -> str:
    """The `error.code` of SPEC §6, or the bare status."""
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
