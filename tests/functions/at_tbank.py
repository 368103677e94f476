"""A customer at a machine whose money T-Bank takes."""

from __future__ import annotations

from werkzeug.test import TestResponse

from tests.functions.stand import Stand

TERMINAL, PASSWORD = "1700000000000", "first_terminal_pw"


def paid(stand: Stand) -> tuple[str, str]:
    """An order that was paid, which nobody has told us yet."""
    order_id, payment_id = stand.pending()
    stand.tbank.post(f"payments/{payment_id}/pay")
    return order_id, payment_id


def acknowledged(answer: TestResponse) -> bool:
    """True when T-Bank will not deliver this notification again."""
    return (answer.status_code, answer.data) == (200, b"OK")
