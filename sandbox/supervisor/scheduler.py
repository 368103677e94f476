"""Calls reconcile again and again, as Cloud Scheduler does in the cloud (there: once a minute)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import requests

from sandbox.supervisor.loopback import call

# reconcile answers within 45 s (SPEC §6).
TIMEOUT_SECONDS = 50.0


class Scheduler:
    """Calls until stopped, one call at a time; says so once when reconcile stops answering well."""

    def __init__(self, url: str, every: float, echo: Callable[[str, str], None]) -> None:
        self._url = f"{url}/"
        self._every = every
        self._echo = echo
        self._stopped = threading.Event()
        self._last: str | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No call starts after this; one under way ends by itself."""
        self._stopped.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            outcome = self._call()
            if outcome != self._last and not self._stopped.is_set():
                self._echo("scheduler", f"POST {self._url}: {outcome}")
            self._last = outcome

    def _call(self) -> str:
        try:
            return str(call("POST", self._url, timeout=TIMEOUT_SECONDS).status_code)
        except requests.RequestException as error:
            return type(error).__name__
