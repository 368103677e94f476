"""`make demo`: everything on this machine, one purchase by itself, then yours by hand until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from contextlib import closing
from datetime import datetime

from sandbox.purchase import Customer, PurchaseFailed, Receipt
from sandbox.supervisor import NotReady, Sandbox
from sandbox.supervisor.console import Console
from sandbox.supervisor.sandbox import FIRESTORE_CHOICES
from sandbox.supervisor.seeds import DEVICES
from sandbox.supervisor.settings import FUNCTIONS

SHOWN_LOG_LINES = 12


def main() -> int:
    """0 when the drink was made (and, without --once, Ctrl-C came); 1 when not or nothing started."""
    options = _parser().parse_args()
    console = Console(sys.stdout, quiet=options.quiet)
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _interrupt)
    made = False
    try:
        with Sandbox(firestore=options.firestore, console=console) as sandbox:
            made = _demonstrate(sandbox, console)
            if not options.once:
                _invite(sandbox, console)
                _watch(sandbox, console)
    except KeyboardInterrupt:
        console.say("==> Stopped")
    except (NotReady, RuntimeError) as error:
        console.say(f"==> The sandbox did not start: {error}")
    return 0 if made else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the purchase")
    parser.add_argument(
        "--firestore",
        choices=FIRESTORE_CHOICES,
        default="embedded",
        help="which Firestore to start; FIRESTORE_EMULATOR_HOST in the environment goes before both",
    )
    parser.add_argument("--quiet", action="store_true", help="leave out the processes' own log lines")
    return parser


def _interrupt(signum: int, frame: object) -> None:
    # Stopping takes a few seconds at most: a second Ctrl-C must not leave half of it running.
    for later in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(later, signal.SIG_IGN)
    raise KeyboardInterrupt


def _demonstrate(sandbox: Sandbox, console: Console) -> bool:
    console.say("==> Buying a drink as a customer would: scan, order, pay, wait")
    try:
        receipt = Customer(
            sandbox, lambda seconds, event, text: console.say(f"    {seconds:6.2f} s  {event:<13} {text}")
        ).buy()
    except PurchaseFailed as error:
        console.say(f"==> The drink was NOT made: {error}")
        _show_logs(sandbox, console)
        return False
    _show_receipt(sandbox, receipt, console)
    return True


def _show_receipt(sandbox: Sandbox, receipt: Receipt, console: Console) -> None:
    console.say(f"==> The drink was made. Tmetr received one make command: {receipt.make_commands[0]}")
    with closing(sandbox.database()) as client:
        history = client.document(f"orders/{receipt.order_id}").get(timeout=10).get("history")
    first: datetime = history[0]["at"]
    steps = (f"{step['status']} {(step['at'] - first).total_seconds():.2f} s" for step in history)
    console.say(f"    Order {receipt.order_id} in Firestore: {' → '.join(steps)}")


def _show_logs(sandbox: Sandbox, console: Console) -> None:
    for name in FUNCTIONS:
        console.say(f"    Last lines of {name}:")
        for line in sandbox.logs(name)[-SHOWN_LOG_LINES:] or ["(none)"]:
            console.say(f"      {line}")


def _invite(sandbox: Sandbox, console: Console) -> None:
    machine = f"{sandbox.url('tmetr')}/machine"
    console.say()
    console.say("==> Now by hand:")
    console.say(f"    1. Open the virtual coffee machine:  {machine}/test")
    console.say("    2. Press a drink, then the link below the QR code (a phone cannot reach 127.0.0.1).")
    console.say("    3. Press «Перейти к оплате», on the checkout page «Оплатить», and watch both windows.")
    console.say()
    console.say("    Machines with another way to pay:")
    for device, label in list(DEVICES.items())[1:]:
        console.say(f"      {label + ':':<22} {machine}/{device}")
    console.say("    What came in from our functions:")
    for name in ("tmetr", "yookassa", "tbank"):
        console.say(f"      {name + ':':<22} {sandbox.url(name)}/_sandbox/log")
    console.say()
    console.say("==> Press Ctrl-C to stop everything")


def _watch(sandbox: Sandbox, console: Console) -> None:
    """Stay up until a signal; say so when a process ends by itself."""
    ended: set[str] = set()
    while True:
        time.sleep(1)
        for name in sandbox.ended() - ended:
            ended.add(name)
            console.say(f"==> {name} has ended by itself")


if __name__ == "__main__":
    sys.exit(main())
