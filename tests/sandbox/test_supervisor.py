"""The supervisor's parts: processes that end when they should, ports, settings, examples, the console."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.ports import free_port, free_ports
from sandbox.supervisor import NotReady, seeds, settings
from sandbox.supervisor.console import Console
from sandbox.supervisor.processes import Process, stop_all
from shared.config import load_settings
from shared.domain.device import read_device
from shared.domain.merchant import read_merchant
from tests.sandbox.patience import until

URLS = {name: f"http://127.0.0.1:{port}" for port, name in enumerate(settings.FUNCTIONS + settings.STAND_INS, 1)}
WAIT_FOR_EVER = "import signal, sys; print('up', flush=True); signal.pause()"


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    # An orphan's zombie waits for init to collect it, which is not our concern.
    return state == "Z"


class Started:
    """Makes processes that run Python code, and ends what a test leaves running."""

    def __init__(self) -> None:
        self._made: list[Process] = []

    def __call__(self, code: str, *, ready_on: str | None = "up", **environment: str) -> Process:
        process = Process(
            "tested",
            [sys.executable, "-c", code],
            lambda: {**os.environ, **environment},
            ready=lambda: ready_on in process.logs(),
        )
        self._made.append(process)
        process.start()
        return process

    def end(self) -> None:
        for process in self._made:
            process.kill()


@pytest.fixture
def started() -> Iterator[Started]:
    started = Started()
    yield started
    started.end()


def test_a_process_is_ready_once_it_answers_and_its_lines_are_kept(started: Started) -> None:
    process = started(f"import os; print(os.environ['GREETING'], flush=True); {WAIT_FOR_EVER}", GREETING="Привет")
    process.wait_ready(10)
    assert process.running
    assert process.logs() == ["Привет", "up"]


def test_one_that_ends_while_starting_is_shown_with_its_last_lines(started: Started) -> None:
    process = started("print('reading the configuration'); raise SystemExit('TMETR_TOKEN is not set')")
    with pytest.raises(NotReady, match=r"(?s)tested ended with status 1.*configuration.*TMETR_TOKEN is not set"):
        process.wait_ready(10)


def test_one_that_does_not_answer_is_given_up(started: Started) -> None:
    process = started(WAIT_FOR_EVER, ready_on="never")
    until(process.logs)
    with pytest.raises(NotReady, match=r"(?s)tested does not answer after 0.1 s.*up"):
        process.wait_ready(0.1)


def test_stopping_ends_the_workers_too(started: Started) -> None:
    worker = "import subprocess, sys; print(subprocess.Popen(['sleep', '100']).pid, flush=True);"
    process = started(worker + WAIT_FOR_EVER)
    process.wait_ready(10)
    stop_all([process])
    assert not process.running
    until(lambda: is_gone(int(process.logs()[0])))


def test_one_that_ignores_the_signal_is_killed(started: Started) -> None:
    process = started("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WAIT_FOR_EVER)
    process.wait_ready(10)
    stop_all([process], patience=0.1)
    assert is_gone(process.pid)


def test_a_killed_process_can_be_started_again(started: Started) -> None:
    process = started(WAIT_FOR_EVER)
    process.wait_ready(10)
    first = process.pid
    process.kill(signal.SIGKILL)
    assert not process.running
    process.start()
    until(lambda: process.logs() == ["up", "up"])
    assert process.pid != first


@pytest.mark.skipif(sys.platform != "linux", reason="the leash is Linux's prctl")
def test_no_process_outlives_a_supervisor_that_is_killed() -> None:
    code = f"""
from sandbox.supervisor.processes import Process
import os, threading, time
process = Process("p", [{sys.executable!r}, "-c", {WAIT_FOR_EVER!r}], lambda: dict(os.environ), ready=lambda: True)
# Not in the main thread: the leash must not hang on a thread that ends.
starter = threading.Thread(target=process.start); starter.start(); starter.join()
while not process.logs(): time.sleep(0.01)
time.sleep(0.05)
print(process.pid, process.running, flush=True)
time.sleep(60)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=settings.ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        pid, running = supervisor.stdout.readline().split()
        supervisor.kill()
    assert running == "True"
    until(lambda: is_gone(int(pid)))


def test_ports_are_different_and_free() -> None:
    ports = free_ports(["a", "b", "c"])
    assert len(set(ports.values())) == 3
    assert set(ports) == {"a", "b", "c"}


def test_a_port_is_nobody_elses_from_the_moment_it_was_chosen() -> None:
    port = free_port()
    another = [sys.executable, "-c", f"from sandbox.ports import free_port; free_port([{port}])"]
    tried = subprocess.run(another, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    assert f"no free port from {port} to {port}" in tried.stderr
    with pytest.raises(OSError, match="no free port"):
        free_port([port])


def test_a_shells_own_settings_do_not_reach_the_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOOKASSA_SECRET_KEY", "the real one")
    monkeypatch.setenv("AUTO_REFUND", "always")
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    environment = settings.base_environment()
    assert "the real one" not in environment.values()
    assert "AUTO_REFUND" not in environment
    assert environment["LANG"] == "ru_RU.UTF-8"


def test_the_functions_accept_the_sandboxs_environment() -> None:
    loaded = load_settings(settings.function_environment(URLS, "127.0.0.1:9", "coffee-1"))
    assert loaded.project == "coffee-1"
    assert loaded.yookassa_ip_check
    assert loaded.credentials.shop("demo") is not None
    assert loaded.credentials.terminal("demo") is not None


def test_the_examples_hold_nothing_that_an_operator_would_be_warned_of() -> None:
    for path, fields in seeds.documents(brew_seconds=90).items():
        collection, _, name = path.partition("/")
        read = read_device if collection == "devices" else read_merchant
        assert read(name, fields)[1] == []


def test_the_examples_cover_every_payment_scenario() -> None:
    written = seeds.documents(brew_seconds=90)
    scenarios = [written[f"devices/{device}"]["payment_scenario"] for device in seeds.DEVICES]
    assert scenarios == ["Yookassa", "YookassaReceipt", "TBank", "Custom"]


def test_lines_carry_the_name_of_their_process_and_no_colour_in_a_file() -> None:
    out = io.StringIO()
    console = Console(out)
    console.echo("webhook", "Order paid")
    assert out.getvalue() == "webhook      | Order paid\n"


def test_a_quiet_console_shows_only_what_the_supervisor_says() -> None:
    out = io.StringIO()
    console = Console(out, quiet=True)
    console.echo("webhook", "Order paid")
    console.say("==> Ready")
    assert out.getvalue() == "==> Ready\n"


def test_a_reader_that_has_gone_does_not_stop_the_sandbox() -> None:
    out = io.StringIO()
    console = Console(out)
    out.close()
    console.echo("webhook", "nobody reads this")
    assert out.closed
