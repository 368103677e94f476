"""Forged notifications: none may brew, and those that cannot be from where they say must be refused."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

import requests

from sandbox.supervisor.loopback import call
from sandbox.supervisor.settings import SHOP_ID, TERMINAL_KEY, TMETR_WEBHOOK_TOKEN
from tests.chaos.stage import Stage

FROM_YOOKASSA = {"X-Forwarded-For": "185.71.76.1"}
# Our front end appends the real caller; what stands on its left was written by that caller.
SPOOFED = {"X-Forwarded-For": "185.71.76.1, 203.0.113.9"}
PERSISTENCE = 8.0  # seconds of knocking at the door of a function that was killed
NOBODY_ANSWERED = "met a closed door"
REFUSED = (403,)
IGNORED = (200, 503)  # 503: could not be verified right now

Forgery = tuple[str, dict[str, Any], dict[str, str], Collection[int]]


def forge_something(stage: Stage, system: str, order_id: str, payment_id: str, chance: random.Random) -> None:
    """One forged call about this order, whose payment nobody has paid yet. Complains of a wrong answer."""
    kind = chance.choice(sorted(_AT_TBANK if system == "tbank" else _AT_YOOKASSA))
    make = (_AT_TBANK if system == "tbank" else _AT_YOOKASSA)[kind]
    path, body, headers, expected = make(stage, order_id, payment_id)
    answered = _answer(f"{stage.sandbox.url('webhook')}/{path}", body, headers)
    stage.count("forged", f"{kind}: {answered or NOBODY_ANSWERED}")
    if answered is not None and answered not in expected:
        stage.complaints.append(f"forged, {kind}: answered {answered} for order {order_id}")


def _answer(url: str, body: dict[str, Any], headers: dict[str, str]) -> int | None:
    """The status; None when the webhook was down all the time."""
    end = time.monotonic() + PERSISTENCE
    while time.monotonic() < end:
        try:
            return call("POST", url, timeout=20, json=body, headers=headers).status_code
        except requests.RequestException:
            time.sleep(0.3)
    return None


def _yookassa(payment_id: str, order_id: str) -> dict[str, Any]:
    paid = {"id": payment_id, "status": "succeeded", "paid": True, "metadata": {"order_id": order_id}}
    return {"type": "notification", "event": "payment.succeeded", "object": paid}


def _spoofed_address(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    return "yookassa", _yookassa(payment_id, order_id), SPOOFED, REFUSED


def _no_address(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    return "yookassa", _yookassa(payment_id, order_id), {}, REFUSED


def _not_paid_yet(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    return "yookassa", _yookassa(payment_id, order_id), FROM_YOOKASSA, IGNORED


def _unknown_payment(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    return "yookassa", _yookassa(str(uuid.uuid4()), order_id), FROM_YOOKASSA, IGNORED


def _of_another_order(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    theirs = next(iter(stage.paid), payment_id)
    return "yookassa", _yookassa(theirs, order_id), FROM_YOOKASSA, IGNORED


def _of_no_attempt(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    """Really paid, in our shop, naming our order: but no attempt of ours asked for it."""
    view = stage.control("yookassa", "payments", {"shop_id": SHOP_ID, "metadata": {"order_id": order_id}})
    stage.strangers.add(view["id"])
    return "yookassa", _yookassa(view["id"], order_id), FROM_YOOKASSA, IGNORED


def _wrong_bearer(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    return "tmetr", {"orderUuid": order_id, "status": "success"}, {"Authorization": "Bearer guess"}, REFUSED


def _report_before_payment(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    bearer = {"Authorization": f"Bearer {TMETR_WEBHOOK_TOKEN}"}
    return "tmetr", {"orderUuid": order_id, "status": "success"}, bearer, IGNORED


def _wrong_token(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    return "tbank", _tbank(order_id, payment_id) | {"Token": "0" * 64}, {}, REFUSED


def _no_token(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    return "tbank", _tbank(order_id, payment_id), {}, REFUSED


def _unknown_terminal(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    return "tbank", _tbank(order_id, payment_id) | {"TerminalKey": "somebody", "Token": "0" * 64}, {}, REFUSED


def _signed_not_paid(stage: Stage, order_id: str, payment_id: str) -> Forgery:
    """Signed with the right password, but GetState says that nobody has paid."""
    notice = stage.control("tbank", f"payments/{payment_id}/notice", {"Status": "CONFIRMED", "Success": True})
    return "tbank", notice, {}, IGNORED


def _tbank(order_id: str, payment_id: str) -> dict[str, Any]:
    return {
        "TerminalKey": TERMINAL_KEY,
        "OrderId": f"{order_id}-1"[:36],
        "Success": True,
        "Status": "CONFIRMED",
        "PaymentId": int(payment_id),
    }


_Make = Callable[[Stage, str, str], Forgery]
_AT_YOOKASSA: Mapping[str, _Make] = {
    "YooKassa, left-most address spoofed": _spoofed_address,
    "YooKassa, no address": _no_address,
    "YooKassa, body says succeeded, API says pending": _not_paid_yet,
    "YooKassa, unknown payment": _unknown_payment,
    "YooKassa, another order's payment": _of_another_order,
    "YooKassa, paid payment of no attempt": _of_no_attempt,
    "machine, wrong bearer": _wrong_bearer,
    "machine, report before payment": _report_before_payment,
}
_AT_TBANK: Mapping[str, _Make] = {
    "T-Bank, wrong token": _wrong_token,
    "T-Bank, no token": _no_token,
    "T-Bank, unknown terminal": _unknown_terminal,
    "T-Bank, signed CONFIRMED, GetState says NEW": _signed_not_paid,
    "machine, wrong bearer": _wrong_bearer,
}
