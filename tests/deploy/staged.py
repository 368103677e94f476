"""Staged functions in clean virtual environments that hold nothing but their own requirements."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from sandbox.ports import free_port
from shared.operations.staging import stage
from tests.deploy.dry_run import ROOT

START_SECONDS = 60.0


def clean_environment(function: str) -> Path:
    """A virtual environment made of the function's lock file, kept under build/ for as long as that is the same."""
    lock = ROOT / "functions" / function / "requirements.txt"
    key = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    ready = ROOT / "build" / "environments" / f"{function}-{key}"
    ready.parent.mkdir(parents=True, exist_ok=True)
    with ready.with_suffix(".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # another test process may be making it
        if not ready.is_dir():
            _install(lock, ready)
    return ready


def _install(lock: Path, ready: Path) -> None:
    """Beside its final place, so that one that was interrupted is never taken for a whole one."""
    making = ready.with_name(f"{ready.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", making], check=True)
    # The lock file is complete, which `pip check` confirms: there is nothing to resolve.
    _pip(making, "install", "--quiet", "--no-compile", "--no-deps", "--require-hashes", "-r", str(lock))
    _pip(making, "check")
    making.rename(ready)


def _pip(environment: Path, *arguments: str) -> None:
    """This interpreter's pip, working on that environment, which has none."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(environment / "bin/python")]
    done = subprocess.run([*pip, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def served(function: str, variables: dict[str, str], folder: Path) -> Iterator[str]:
    """The staged function, started as the cloud does, with nothing of this checkout within reach."""
    staged = stage(function, folder)
    python = clean_environment(function) / "bin/python"
    port = free_port()
    start = "import sys; from functions_framework._cli import _cli; sys.exit(_cli())"
    command = [str(python), "-c", start]  # the script in bin/ names the folder where the environment was made
    command += ["--source", "main.py", "--target", function, "--host", "127.0.0.1", "--port", str(port)]
    with (folder / f"{function}.log").open("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=staged,
            env={"PATH": os.environ["PATH"], **_test_mark(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until_listening(process, port, folder / f"{function}.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _test_mark() -> dict[str, str]:
    """So that a process left behind is found."""
    mark = os.environ.get("COFFEE_TEST_RUN")
    return {"COFFEE_TEST_RUN": mark} if mark else {}


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.options(f"http://127.0.0.1:{port}/", timeout=5)
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"does not start:\n{log.read_text()}")
