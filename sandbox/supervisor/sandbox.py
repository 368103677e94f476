"""The whole product on loopback: Firestore, the stand-ins, the four functions, the page, the scheduler."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import requests

from sandbox.ports import free_ports
from sandbox.supervisor import seeds, settings
from sandbox.supervisor.console import Console
from sandbox.supervisor.loopback import call
from sandbox.supervisor.processes import Process, stop_all
from sandbox.supervisor.scheduler import Scheduler

if TYPE_CHECKING:
    from google.cloud.firestore import Client

FIRESTORE_CHOICES = ("embedded", "google")
READY_SECONDS = 180.0


class Sandbox:
    """A context manager: everything answers on entry, nothing is left on exit.

    `firestore`: `embedded` or `google`; a FIRESTORE_EMULATOR_HOST in the environment goes before both.
    `reconcile_every`: seconds between the scheduler's calls, None for no scheduler.
    `brew_seconds`: how long the virtual machine brews; `assume_after`: the devices' own `brew_seconds`.
    `variables` overrides every function's environment, `environment[name]` one function's or stand-in's
    (read at its next start). `arguments[name]` are further command line options of a stand-in.
    Raises NotReady with the last log lines of whatever did not come up.
    """

    def __init__(
        self,
        *,
        firestore: str = "embedded",
        reconcile_every: float | None = 1.0,
        brew_seconds: float = 3.0,
        assume_after: int = 90,
        variables: Mapping[str, str] | None = None,
        arguments: Mapping[str, Sequence[str]] | None = None,
        functions: Path = settings.ROOT / "functions",
        console: Console | None = None,
    ) -> None:
        self.project = f"coffee-{secrets.token_hex(4)}"
        self.environment: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._firestore = firestore
        self._brew_seconds = brew_seconds
        self._assume_after = assume_after
        self._variables = dict(variables or {})
        self._arguments = dict(arguments or {})
        self._functions = functions
        self._console = console
        self._processes: dict[str, Process] = {}
        self._runtime = tempfile.TemporaryDirectory(prefix="coffee-")
        self._scheduler: Scheduler | None = None
        self._reconcile_every = reconcile_every

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything, in parallel, and return once all of it answers and the examples are seeded."""
        names = [*settings.FUNCTIONS, *settings.STAND_INS, "firestore", "firestore_counts"]
        self._ports = free_ports(names)
        self.firestore_host = os.environ.get("FIRESTORE_EMULATOR_HOST") or self._address("firestore")
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every process that was started; harmless when nothing runs."""
        if self._scheduler is not None:
            self._scheduler.stop()
            self._scheduler = None
        stop_all(self._processes.values())
        self._runtime.cleanup()

    def url(self, name: str) -> str:
        """Base address of a function, a stand-in, the page or the embedded Firestore's `firestore_counts`."""
        return f"http://{self._address(name)}"

    def logs(self, name: str) -> list[str]:
        """The lines that this process has written, its restarts included."""
        return self._processes[name].logs()

    def pid(self, name: str) -> int:
        """Its process id, and that of the group of its workers."""
        return self._processes[name].pid

    def ended(self) -> set[str]:
        """The processes that were started and do not run."""
        return {name for name, process in self._processes.items() if not process.running}

    def kill(self, name: str, signum: int) -> None:
        """Signal a process with its workers and wait until it has ended."""
        self._processes[name].kill(signum)

    def restart(self, name: str, *, ready: bool = True) -> None:
        """Start a process again (ending it first when it runs); waits until it answers unless told not to."""
        process = self._processes[name]
        process.kill()
        process.start()
        if ready:
            process.wait_ready(READY_SECONDS)

    def database(self) -> Client:
        """A Firestore client of this sandbox's project; the caller closes it."""
        return seeds.connect(self.firestore_host, self.project)

    def _start_all(self) -> None:
        began = time.monotonic()
        self._say("==> Starting Firestore, the stand-ins, the four functions and the page")
        for process in self._plan():
            self._processes[process.name] = process
            process.start()
        self._await(*({"firestore"} & self._processes.keys()))
        self._seed()
        self._await(*(self._processes.keys() - {"firestore"}))
        if self._reconcile_every is not None:
            self._scheduler = Scheduler(self.url("reconcile"), self._reconcile_every, self._echo)
        self._say(f"==> All {len(self._processes)} processes answer after {time.monotonic() - began:.1f} s")

    def _plan(self) -> list[Process]:
        urls = {name: self.url(name) for name in self._ports}
        plan = [self._process(*self._firestore_process())] if self._runs_firestore() else []
        for name in settings.STAND_INS:
            command = settings.stand_in_command(name, self._ports[name], urls, self._brew_seconds)
            command += self._arguments.get(name, ())
            plan.append(self._process(name, command, "/_sandbox/health", self._stand_in_environment))
        for name in settings.FUNCTIONS:
            command = settings.function_command(name, self._ports[name], self._functions)
            # A preflight is answered by every function, changes nothing and leaves no line in its log.
            plan.append(self._process(name, command, "/", self._function_environment, method="OPTIONS"))
        return plan

    def _runs_firestore(self) -> bool:
        return self.firestore_host == self._address("firestore")

    def _firestore_process(self) -> tuple[str, list[str], str, Callable[[str], dict[str, str]]]:
        command = settings.firestore_command(self._firestore, self._ports["firestore"], self._ports["firestore_counts"])
        return "firestore", command, "/", self._stand_in_environment

    def _process(
        self,
        name: str,
        command: list[str],
        path: str,
        environment: Callable[[str], dict[str, str]],
        method: str = "GET",
    ) -> Process:
        return Process(
            name,
            command,
            lambda: environment(name),
            ready=lambda: _answers(method, self._probe_url(name) + path),
            echo=self._echo,
        )

    def _probe_url(self, name: str) -> str:
        embedded = name == "firestore" and self._firestore == "embedded"
        return self.url("firestore_counts" if embedded else name)

    def _stand_in_environment(self, name: str) -> dict[str, str]:
        bearer = {"TMETR_TOKEN": settings.TMETR_TOKEN, "TMETR_WEBHOOK_TOKEN": settings.TMETR_WEBHOOK_TOKEN}
        return settings.base_environment() | bearer | self.environment[name]

    def _function_environment(self, name: str) -> dict[str, str]:
        urls = {other: self.url(other) for other in self._ports}
        own = settings.function_environment(urls, self.firestore_host, self.project)
        # gunicorn makes a control socket of one fixed name there: the functions must not share it.
        runtime = Path(self._runtime.name, name)
        runtime.mkdir(exist_ok=True)
        own["XDG_RUNTIME_DIR"] = str(runtime)
        return settings.base_environment() | own | self._variables | self.environment[name]

    def _address(self, name: str) -> str:
        return f"127.0.0.1:{self._ports[name]}"

    def _await(self, *names: str) -> None:
        with ThreadPoolExecutor(max_workers=len(names) or 1) as pool:
            waiting = [pool.submit(self._processes[name].wait_ready, READY_SECONDS) for name in names]
        for outcome in waiting:
            outcome.result()

    def _seed(self) -> None:
        with closing(self.database()) as client:
            seeds.seed(client, self._assume_after)

    def _echo(self, name: str, line: str) -> None:
        if self._console is not None:
            self._console.echo(name, line)

    def _say(self, text: str) -> None:
        if self._console is not None:
            self._console.say(text)


def _answers(method: str, url: str) -> bool:
    try:
        return call(method, url, timeout=5).status_code < 500
    except requests.RequestException:
        return False
