"""One process of the sandbox: started on a leash in a group of its own, its output kept, stopped for sure."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

KEPT_LINES = 5000
SHOWN_LINES = 25
STOP_SECONDS = 3.0
_LEASH = Path(__file__).with_name("leash.py")

# The kernel ties a leashed child to the *thread* that started it, so all are started by one that
# lives as long as we do.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-starter")


class NotReady(Exception):
    """A process ended or did not answer in time; the text holds its last log lines."""


class Process:
    """A command that can be started, asked whether it is ready, killed and restarted."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Callable[[], Mapping[str, str]],
        *,
        ready: Callable[[], bool],
        echo: Callable[[str, str], None] = lambda name, line: None,
    ) -> None:
        """`environment` is asked at every start; `ready` must return quickly, True once it answers."""
        self.name = name
        self._command = list(command)
        self._environment = environment
        self._ready = ready
        self._echo = echo
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._child: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        """The process id, which is also that of its group; raises NotReady before the first start."""
        if self._child is None:
            raise NotReady(f"{self.name} was never started")
        return self._child.pid

    def logs(self) -> list[str]:
        """What it wrote so far, over all its restarts, oldest first."""
        return list(self._lines)

    def start(self) -> None:
        self._child = _starter.submit(self._spawn).result()
        self._reader = threading.Thread(target=self._read, args=(self._child,), daemon=True)
        self._reader.start()

    def _spawn(self) -> subprocess.Popen[str]:
        leashed = [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *self._command]
        return subprocess.Popen(
            leashed,
            env=dict(self._environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def _read(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        with child.stdout:
            for line in child.stdout:
                self._lines.append(line.rstrip("\n"))
                self._echo(self.name, line.rstrip("\n"))

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Return once it answers; raises NotReady when it ends first or the time is over."""
        deadline = time.monotonic() + seconds
        while not self._ready():
            if not self.running:
                self._finish_reading()
                raise NotReady(self._complaint(f"ended with status {self._child and self._child.returncode}"))
            if time.monotonic() > deadline:
                raise NotReady(self._complaint(f"does not answer after {seconds:g} s"))
            time.sleep(0.05)

    def _complaint(self, problem: str) -> str:
        last = "\n".join(f"    {line}" for line in self.logs()[-SHOWN_LINES:]) or "    (none)"
        return f"{self.name} {problem}. Its last lines:\n{last}"

    def send(self, signum: int) -> None:
        """A signal to the whole group: the server and its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signum)

    def kill(self, signum: int = signal.SIGKILL, patience: float = STOP_SECONDS) -> None:
        """Signal the group and wait until the process has ended; SIGKILL when that takes too long (s)."""
        if self._child is None or not self.running:
            return
        self.send(signum)
        try:
            self._child.wait(patience)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._child.wait()
        # Workers that outlive their server would keep the port and the pipe.
        self.send(signal.SIGKILL)
        self._finish_reading()

    def _finish_reading(self) -> None:
        if self._reader is not None:
            self._reader.join(STOP_SECONDS)


def stop_all(processes: Iterable[Process], patience: float = STOP_SECONDS) -> None:
    """SIGTERM to all at once, SIGKILL to what is still there after `patience` seconds."""
    started = [process for process in processes if process.running]
    with ThreadPoolExecutor(max_workers=max(1, len(started))) as pool:
        list(pool.map(lambda process: process.kill(signal.SIGTERM, patience), started))
