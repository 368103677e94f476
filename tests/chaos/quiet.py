"""After the noise: faults off, everything up, and reconcile until nothing is left to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from shared.adapters.documents import read_order
from shared.domain.order import OPEN_REFUND, Order, Status
from tests.chaos.hours import Clockwork
from tests.chaos.stage import OUTSIDE, Stage
from tests.chaos.weather import kill_all, reconcile

PATIENCE = 240.0  # seconds: a claim of 60 s lapses twice, with time to spare
TELL_EVERY = 10.0
OPEN_FORMS = frozenset({"pending", "NEW", "FORM_SHOWED"})


def settle_down(stage: Stage, *, hurry: bool, say: Callable[[str], None]) -> Clockwork:
    """Call reconcile until nothing is due; returns what was moved back in time.

    Claims are waited for (60 s), unless `hurry`: then every function is killed once more, so that no holder of a
    claim is alive, and the claims granted until then lapse at once.
    """
    _calm(stage)
    if hurry:
        kill_all(stage)
    clockwork = Clockwork(stage.database, claims_until=datetime.now(UTC) if hurry else None)
    began = told = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        _finish_refunds(stage)
        left, letters = unfinished(stage), _letters(stage)
        if not left and not letters:
            break
        for order in left:
            clockwork.hurry(order.order_id)
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            say(f"    quiet for {told - began:3.0f} s: {_described(left)}, {letters} notifications on their way")
        reconcile(stage)
        time.sleep(1)
    say(f"    quiet after {time.monotonic() - began:.0f} s")
    return clockwork


def _calm(stage: Stage) -> None:
    for system in OUTSIDE:
        stage.control(system, "faults", {"rules": []})
    for system in ("yookassa", "tbank"):
        stage.control(system, "refunds/behaviour", {"behaviour": "succeeded"})


def unfinished(stage: Stage) -> list[Order]:
    """Orders that are due now or later, but for those whose customer has left a form open at the provider."""
    # Imported here: gRPC reads what it may write to the terminal when it is imported (see seeds.connect).
    from google.cloud.firestore_v1.base_query import FieldFilter

    ever = FieldFilter("due_at", ">", datetime.fromtimestamp(0, UTC))
    found = stage.database.collection("orders").where(filter=ever).stream(timeout=30)
    orders = [read_order(snapshot.id, snapshot.to_dict() or {}) for snapshot in found]
    with ThreadPoolExecutor(max_workers=4) as pool:
        open_forms = list(pool.map(lambda order: _is_open(stage, order), orders))
    return [order for order, is_open in zip(orders, open_forms, strict=True) if not is_open]


def _is_open(stage: Stage, order: Order) -> bool:
    """True while all that is left is a form at the provider that nobody pays."""
    attempt = order.current_attempt
    busy = order.status in (Status.PAID, Status.MAKE_PENDING) or any(one.status in OPEN_REFUND for one in order.refunds)
    if busy or attempt is None or attempt.payment_id is None:
        return False
    view = stage.control(attempt.provider, f"payments/{attempt.payment_id}")
    return view.get("status", view.get("Status")) in OPEN_FORMS


def _finish_refunds(stage: Stage) -> None:
    for refund in stage.control("yookassa", "refunds"):
        if refund["status"] == "pending":
            stage.control("yookassa", f"refunds/{refund['id']}/finish", {"status": "succeeded"})
    for payment in stage.control("tbank", "payments"):
        if payment["Status"] == "REFUNDING":
            stage.control("tbank", f"refunds/{payment['PaymentId']}/finish", {"status": "succeeded"})


def _letters(stage: Stage) -> int:
    reports = (stage.control(system, "notifications")["under_way"] for system in OUTSIDE)
    return stage.letters_under_way() + sum(int(under_way) for under_way in reports)


def _described(left: list[Order]) -> str:
    statuses = sorted({str(order.status) for order in left})
    return f"{len(left)} orders unfinished ({', '.join(statuses)})" if left else "no order unfinished"
