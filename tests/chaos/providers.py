"""What happens at a provider behind everybody's back: payments altered, reopened, held."""

from __future__ import annotations

import json
from typing import Any

from tests.chaos.plan import Tamper
from tests.chaos.stage import Stage

FOREIGN_SHOP, FOREIGN_TERMINAL, FOREIGN_ORDER = "999999", "9999999999999DEMO", "20250101000000-of-another-shop"


def tamper(stage: Stage, system: str, payment_id: str, kind: Tamper) -> None:
    """Alter what the provider will answer about this payment."""
    view = stage.control(system, f"payments/{payment_id}")
    changes = _at_tbank(view, kind) if system == "tbank" else _at_yookassa(view, kind)
    stage.control(system, f"payments/{payment_id}/alter", changes)


def _at_tbank(view: dict[str, Any], kind: Tamper) -> dict[str, Any]:
    changes: dict[Tamper, dict[str, Any]] = {
        Tamper.LESS: {"Amount": 100},
        Tamper.MORE: {"Amount": int(view["Amount"]) + 5000},
        Tamper.SHOP: {"TerminalKey": FOREIGN_TERMINAL},
    }
    return changes[kind]


def _at_yookassa(view: dict[str, Any], kind: Tamper) -> dict[str, Any]:
    changes: dict[Tamper, dict[str, Any]] = {
        Tamper.LESS: {"amount": {"value": "1.00", "currency": "RUB"}},
        Tamper.MORE: {"amount": {"value": "999.00", "currency": "RUB"}},
        Tamper.CURRENCY: {"amount": {**view["amount"], "currency": "KZT"}},
        Tamper.TEST: {"test": True},
        Tamper.SHOP: {"recipient": {**view["recipient"], "account_id": FOREIGN_SHOP}},
        Tamper.ORDER: {"metadata": {**view["metadata"], "order_id": FOREIGN_ORDER}},
    }
    return changes[kind]


def reopen_and_pay(stage: Stage, system: str, payment_id: str) -> None:
    """A payment that the provider called canceled is paid after all; it insists on telling us."""
    if system == "tbank":
        stage.control(system, f"payments/{payment_id}/alter", {"Status": "FORM_SHOWED"})
        stage.control(system, f"payments/{payment_id}/pay", {})
        return _insist_at_tbank(stage, payment_id)
    stage.control(system, f"payments/{payment_id}/alter", {"status": "pending", "cancellation_details": None})
    paid = stage.control(system, f"payments/{payment_id}/pay", {})
    body = {"type": "notification", "event": "payment.succeeded", "object": paid}
    stage.insist(f"{stage.sandbox.url('webhook')}/yookassa", json.dumps(body).encode(), system)


def end_hold(stage: Stage, payment_id: str, status: str) -> None:
    """T-Bank decides on what it has authorised: CONFIRMED or REVERSED."""
    stage.control("tbank", f"payments/{payment_id}/alter", {"Status": status})
    _insist_at_tbank(stage, payment_id)


def _insist_at_tbank(stage: Stage, payment_id: str) -> None:
    notice = stage.control("tbank", f"payments/{payment_id}/notice", {})
    stage.insist(f"{stage.sandbox.url('webhook')}/tbank", json.dumps(notice).encode(), "tbank")
