"""What everybody in the run shares: the running product, its doors, the controls of the stand-ins, the tallies."""

from __future__ import annotations

import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from sandbox.crowd import Stopwatch
from sandbox.supervisor import Sandbox
from sandbox.supervisor.console import Console
from sandbox.supervisor.loopback import call
from sandbox.supervisor.settings import FUNCTIONS
from tests.chaos.gates import Gates

if TYPE_CHECKING:
    from google.cloud.firestore import Client

OUTSIDE = ("yookassa", "tbank", "tmetr")
DOORS = (*OUTSIDE, "firestore")
ASSUME_AFTER = 5  # the devices' brew_seconds
BREW_SECONDS = 1.0
REDELIVER = "1,2,3,5"  # hours at the real providers
INSIST_FOR = 150.0  # seconds; a delivery is put off while a claim of 60 s is in flight
_BUGS = ("Unexpected error", "could not be reconciled", "Traceback", "is not an order")


class Ears(Console):
    """Listens to the processes instead of printing them: lines that tell of a bug of ours are kept."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), quiet=True)
        self.bugs: list[str] = []

    def echo(self, name: str, line: str) -> None:
        if name in FUNCTIONS and any(sign in line for sign in _BUGS):
            self.bugs.append(f"{name}: {line}")


class Stage:
    """The running product and the tallies of one run. Methods are safe from any thread."""

    def __init__(self, sandbox: Sandbox, gates: Gates, database: Client, ears: Ears) -> None:
        self.sandbox = sandbox
        self.gates = gates
        self.database = database
        self.ears = ears
        self.stopwatch = Stopwatch()
        self.quiet = threading.Event()
        self.complaints: list[str] = []
        self.strangers: set[str] = set()
        self.paid: list[str] = []
        self._lock = threading.Lock()
        self._tally: Counter[tuple[str, str]] = Counter()
        self._letters: list[threading.Thread] = []

    def count(self, kind: str, name: str) -> None:
        with self._lock:
            self._tally[kind, name] += 1

    def counts(self, kind: str) -> dict[str, int]:
        """How often each of this kind happened, by name."""
        with self._lock:
            return {name: times for (of, name), times in sorted(self._tally.items()) if of == kind}

    def control(self, system: str, path: str, body: object | None = None) -> Any:
        """A call to a stand-in's `/_sandbox/...`, GET without a body; its JSON answer."""
        url = f"{self.sandbox.url(system)}/_sandbox/{path}"
        answer = call("GET", url, timeout=30) if body is None else call("POST", url, timeout=30, json=body)
        answer.raise_for_status()
        return answer.json()

    def expire(self, order_id: str) -> None:
        """Move an order's `expires_at` into the past: it cannot be set to less than a minute."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        self.database.document(f"orders/{order_id}").update({"expires_at": past}, timeout=20)

    def insist(self, url: str, body: bytes, system: str) -> None:
        """Deliver a notification through `system` until it is acknowledged, as a real provider does."""
        letter = threading.Thread(target=self._deliver, args=(url, body, system), daemon=True)
        with self._lock:
            self._letters.append(letter)
        letter.start()

    def letters_under_way(self) -> int:
        with self._lock:
            return sum(letter.is_alive() for letter in self._letters)

    def _deliver(self, url: str, body: bytes, system: str) -> None:
        end = time.monotonic() + INSIST_FOR
        target = f"{self.sandbox.url(system)}/_sandbox/notify"
        while time.monotonic() < end:
            try:
                answer = call("POST", target, params={"url": url}, data=body, timeout=15)
                if answer.status_code == 200 and answer.json()["answered"] == 200:
                    return
            except requests.RequestException:
                self.count("nuisance", "a notification met a closed door")
            time.sleep(1)
        self.complaints.append(f"a notification was not acknowledged in {INSIST_FOR:g} s: {body[:200]!r}")


@contextmanager
def raised(seed: int, library: Path | None) -> Iterator[Stage]:
    """Everything on loopback, every outside system behind a door. `library`: where the functions' `shared` is."""
    ears = Ears()
    with Gates(DOORS) as gates:
        own_library = {"PYTHONPATH": str(library)} if library else {}
        sandbox = Sandbox(
            reconcile_every=2.0,
            brew_seconds=BREW_SECONDS,
            assume_after=ASSUME_AFTER,
            console=ears,
            variables=_behind(gates) | own_library,
            arguments={
                "yookassa": ["--redeliver", REDELIVER, "--seed", str(seed)],
                "tbank": ["--redeliver", REDELIVER, "--seed", str(seed)],
                "tmetr": ["--seed", str(seed)],
            },
        )
        with sandbox:
            for system in OUTSIDE:
                gates.lead(system, sandbox.url(system))
            gates.lead("firestore", sandbox.firestore_host)
            with closing(sandbox.database()) as database:
                yield Stage(sandbox, gates, database, ears)


def _behind(gates: Gates) -> dict[str, str]:
    """The functions' environment: they reach the outside through the doors."""
    return {
        "YOOKASSA_API_URL": f"http://{gates.address('yookassa')}/v3",
        "TBANK_API_URL": f"http://{gates.address('tbank')}/v2/",
        "TMETR_BASE_URL": f"http://{gates.address('tmetr')}",
        "FIRESTORE_EMULATOR_HOST": gates.address("firestore"),
        # More than eight customers at once: Cloud Run's concurrency is higher, too.
        "THREADS": "16",
    }
