"""`make demo` does what it promises: a purchase by itself, links that work, and nothing left behind."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sandbox.purchase import Customer, PurchaseFailed
from sandbox.supervisor import Sandbox
from sandbox.supervisor.loopback import call
from sandbox.supervisor.settings import ROOT

MARK = "SANDBOX_TEST_MARK"


@contextmanager
def demo(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The demo as a process, and a mark that all its processes carry in their environment."""
    mark = secrets.token_hex(8)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", MARK: mark}
    command = [sys.executable, "-m", "sandbox", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process, mark
        finally:
            process.kill()


def left_behind(mark: str) -> list[str]:
    """Command lines of the processes that carry the mark (Linux)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


def test_one_purchase_ends_with_the_drink_made_and_nothing_left() -> None:
    with demo("--once") as (process, mark):
        output, _ = process.communicate(timeout=90)
        assert process.returncode == 0, output
        assert left_behind(mark) == []
    for status in ("created", "successful"):
        assert re.search(rf"^ +\d+\.\d\d s  {status} ", output, re.MULTILINE), output
    assert "Напиток готов" in output
    assert " ERROR " not in output
    assert "Tmetr received one make command" in output
    assert re.search(r"created 0\.00 s → pending .+ → paid .+ → make_pending .+ → successful ", output)


def test_it_stays_up_with_working_links_until_ctrl_c() -> None:
    with demo("--quiet") as (process, mark):
        assert process.stdout is not None
        output = read_until(process.stdout, "Press Ctrl-C")
        (machine,) = re.findall(r"virtual coffee machine: +(http\S+)", output)
        assert "Молочная пена" in call("GET", machine).text
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert left_behind(mark) == []
    with pytest.raises(requests.ConnectionError):
        call("GET", machine)


def read_until(lines: Iterable[str], last: str) -> str:
    read = ""
    for line in lines:
        read += line
        if last in line:
            return read
    pytest.fail(f"it ended before {last!r}:\n{read}")


@pytest.mark.parametrize("device", ["test", "test-receipt", "test-tbank"])
def test_every_kind_of_device_that_we_take_payment_for_sells_a_drink(sandbox: Sandbox, device: str) -> None:
    receipt = Customer(sandbox, device=device).buy()
    assert receipt.statuses[-1] == "successful"
    assert [command["deviceId"] for command in receipt.make_commands] == [device]


def test_a_drink_that_is_not_made_is_told_with_its_reason(sandbox: Sandbox) -> None:
    tell_machine(sandbox, "offline")
    try:
        with pytest.raises(PurchaseFailed, match="503 instead of 201: .*DEVICE_OFFLINE"):
            Customer(sandbox, device="test").buy()
    finally:
        tell_machine(sandbox, "online")


def test_a_machine_that_reports_failure_fails_the_purchase(sandbox: Sandbox) -> None:
    call("POST", f"{sandbox.url('tmetr')}/_sandbox/brews", json={"next": ["failed"]})
    with pytest.raises(PurchaseFailed, match="the order ended as make_failed"):
        Customer(sandbox).buy()


def tell_machine(sandbox: Sandbox, state: str) -> None:
    answer = call("POST", f"{sandbox.url('tmetr')}/_sandbox/heartbeat", json={"deviceId": "test", "state": state})
    assert answer.status_code == 200
