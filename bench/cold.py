"""Cold start: from the start of a process to its first right answer, each contender in turn, again and again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from bench.calls import Call, WrongAnswer
from bench.stage import Contender, command
from sandbox.ports import free_ports

PATIENCE_SECONDS = 30.0
KNOCK_EVERY = 0.002


def measure(contenders: list[Contender], environment: Mapping[str, str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every start, in the order of the rounds. Raises WrongAnswer when one does not come up."""
    found: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            found[contender.name].append(cold_start_ms(contender, environment))
    return found


def cold_start_ms(contender: Contender, environment: Mapping[str, str]) -> float:
    """One fresh process on a fresh port, stopped again after its first answer."""
    call = replace(contender.call, port=free_ports([contender.name])[contender.name])
    began = time.perf_counter()
    with _running(command(contender.name, call.port), environment) as (process, log):
        try:
            _first_answer(call, process)
        except (WrongAnswer, OSError) as error:
            log.seek(0)
            raise WrongAnswer(f"{contender.name}: {error}\n{log.read()[-2000:].decode()}") from error
        return (time.perf_counter() - began) * 1000


@contextlib.contextmanager
def _running(command: list[str], environment: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory(prefix="coffee-bench-") as runtime:
        # gunicorn makes a control socket of one fixed name there.
        own = {**environment, "XDG_RUNTIME_DIR": str(Path(runtime))}
        process = subprocess.Popen(
            command, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process, log
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The server and its worker: both at once, for the worker outlives a killed server."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _first_answer(call: Call, process: subprocess.Popen[bytes]) -> None:
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while True:
        try:
            connection = call.connect()
            break
        except ConnectionRefusedError as error:
            if process.poll() is not None or time.perf_counter() > deadline:
                raise WrongAnswer("it does not listen") from error
            time.sleep(KNOCK_EVERY)
    with contextlib.closing(connection):
        call.send(connection)
