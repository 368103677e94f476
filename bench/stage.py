"""What is compared, and the world around it: the sandbox, the floor, Django, and orders to ask about."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.calls import NEW_ORDER_ID, Call, WrongAnswer
from bench.shop import JSON, YOOKASSA_ADDRESS, Shop, scan_body
from sandbox.ports import free_ports
from sandbox.supervisor import Sandbox
from sandbox.supervisor import settings as sandbox_settings
from sandbox.supervisor.processes import Process

ROOT = Path(__file__).resolve().parents[1]
DJANGO = ROOT / "build/django"
FLOOR = "floor"
DJANGO_STATUS = "django_status"
NEVER = 86_400.0  # the machine brews until tomorrow: nothing happens that the bench has not asked for
THREADS = str((os.cpu_count() or 1) * 4)  # as functions-framework sets up its gunicorn


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Something that serves HTTP on a port of its own, and the request that it is measured with."""

    name: str
    call: Call


class Stage:
    """A context manager: the sandbox without its scheduler, and every contender of the comparison running."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(reconcile_every=None, brew_seconds=NEVER)
        self._extras: dict[str, Process] = {}
        self._ports = free_ports([FLOOR, DJANGO_STATUS])

    def __enter__(self) -> Stage:
        self.sandbox.start()
        try:
            self.shop = Shop(self.sandbox)
            self._start_extras()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        for process in self._extras.values():
            process.kill()
        self.sandbox.stop()

    def environment(self) -> dict[str, str]:
        """What the sandbox gives to its functions, for those that it does not start."""
        names = [*sandbox_settings.FUNCTIONS, *sandbox_settings.STAND_INS]
        urls = {name: self.sandbox.url(name) for name in names}
        own = sandbox_settings.function_environment(urls, self.sandbox.firestore_host, self.sandbox.project)
        return sandbox_settings.base_environment() | own

    def port(self, name: str) -> int:
        return self._ports[name] if name in self._ports else int(self.sandbox.url(name).rpartition(":")[2])

    def master(self, name: str) -> int:
        """The process id of a running contender's gunicorn."""
        return self._extras[name].pid if name in self._extras else self.sandbox.pid(name)

    def contenders(self) -> list[Contender]:
        """The floor first; Django only where it is installed."""
        settled, notification = self.shop.settled()
        plan = {
            FLOOR: Call(port=0, path=f"/?order_id={settled}"),
            "order_status": Call(port=0, path=f"/?order_id={settled}"),
            "create_order": Call(
                port=0, path="/", method="POST", body=scan_body(NEW_ORDER_ID), headers=JSON, expected=201
            ),
            "webhook": Call(port=0, path="/yookassa", method="POST", body=notification, headers=YOOKASSA_ADDRESS),
            "reconcile": Call(port=0, path="/", method="POST"),
            DJANGO_STATUS: Call(port=0, path=f"/?order_id={settled}"),
        }
        return [self._contender(name, request) for name, request in plan.items() if self._can_run(name)]

    def compare_answers(self) -> None:
        """Raises WrongAnswer unless Django answers what order_status answers: else the comparison means nothing."""
        if not django_installed():
            return
        order_id, _ = self.shop.settled()
        ours, theirs = (self._answer(name, order_id) for name in ("order_status", DJANGO_STATUS))
        if ours != theirs:
            raise WrongAnswer(f"Django answers {theirs}, order_status {ours}")

    def _answer(self, name: str, order_id: str) -> dict[str, Any]:
        request = Call(port=self.port(name), path=f"/?order_id={order_id}")
        with closing(request.connect()) as connection:
            answer: dict[str, Any] = json.loads(request.send(connection))
        del answer["server_time"]
        return answer

    def _contender(self, name: str, request: Call) -> Contender:
        return Contender(name=name, call=replace(request, port=self.port(name)))

    def _can_run(self, name: str) -> bool:
        return name != DJANGO_STATUS or django_installed()

    def _start_extras(self) -> None:
        for name in filter(self._can_run, (FLOOR, DJANGO_STATUS)):
            probe = Call(port=self._ports[name], path="/?order_id=none-such-order")
            start = command(name, self._ports[name])
            process = Process(name, start, self.environment, ready=partial(listens, probe))
            self._extras[name] = process
            process.start()
        for process in self._extras.values():
            process.wait_ready()


def command(name: str, port: int) -> list[str]:
    """How a contender is started, as in production."""
    if name == DJANGO_STATUS:
        gunicorn = [str(DJANGO / "bin/gunicorn"), "bench.django_status.wsgi:application", "--log-level", "error"]
        return [*gunicorn, "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", THREADS]
    folder = ROOT / ("bench" if name == FLOOR else "functions")
    return sandbox_settings.function_command(name, port, folder)


def django_installed() -> bool:
    return (DJANGO / "installed").exists()


def listens(probe: Call) -> bool:
    """True once the contender answers at all; an error answer is one too."""
    try:
        with closing(probe.connect()) as connection:
            probe.send(connection)
    except WrongAnswer:
        return True
    except OSError:
        return False
    return True
