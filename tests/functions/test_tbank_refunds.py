"""Money that T-Bank must give back: by Cancel, once, followed to its end (SPEC §7.5, §10)."""

from __future__ import annotations

import pytest

from tests.functions.at_tbank import acknowledged, paid
from tests.functions.stand import Stand

pytestmark = pytest.mark.usefixtures("money_goes_to_tbank")


def test_another_amount_makes_no_drink_and_goes_back(stand: Stand) -> None:
    order_id, payment_id = paid(stand)
    stand.tbank.post(f"payments/{payment_id}/alter", Amount=100)
    assert acknowledged(stand.tell_tbank(payment_id))
    assert (stand.status(order_id), stand.document(order_id)["reason"]) == ("failed", "payment_mismatch")
    assert [call["body"]["Amount"] for call in stand.tbank.calls("cancel")] == [100]
    assert stand.commands(order_id) == []


def test_a_payment_after_expiry_is_given_back_once(stand: Stand) -> None:
    order_id, payment_id = paid(stand)
    stand.time_passes(order_id, 16 * 60)
    for _ in range(2):
        assert acknowledged(stand.tell_tbank(payment_id))
    assert (stand.status(order_id), stand.document(order_id)["reason"]) == ("failed", "paid_late")
    (cancel,) = stand.tbank.calls("cancel")
    assert cancel["body"]["Amount"] == 15000 and cancel["body"]["PaymentId"] == payment_id
    assert stand.tbank.get(f"payments/{payment_id}")["Status"] == "REFUNDED"
    assert stand.shown(order_id)["refund"] == {"status": "succeeded", "amount": 150.0}


@pytest.mark.parametrize("fault", ["http_500", "drop", "try_later"])
@pytest.mark.parametrize("carried_out", [True, False], ids=["carried out", "not carried out"])
def test_a_cancel_without_an_answer_gives_the_money_back_once(stand: Stand, fault: str, carried_out: bool) -> None:
    order_id, payment_id = paid(stand)
    stand.tmetr.fail("make", "http_400")
    stand.tbank.fail("cancel", fault, after_effect=carried_out, times=1)
    assert acknowledged(stand.tell_tbank(payment_id))
    stand.time_passes(order_id, 20)
    stand.work_through()
    assert stand.tbank.get(f"payments/{payment_id}")["Status"] == "REFUNDED"
    assert stand.shown(order_id)["refund"] == {"status": "succeeded", "amount": 150.0}
    assert stand.document(order_id)["needs_attention"] is False


def _pending_refund(stand: Stand) -> tuple[str, str]:
    stand.tbank.post("refunds/behaviour", behaviour="pending")
    stand.tmetr.fail("make", "http_400")
    order_id, payment_id = paid(stand)
    stand.tell_tbank(payment_id)
    assert stand.shown(order_id)["refund"] == {"status": "pending", "amount": 150.0}
    return order_id, payment_id


def test_a_pending_refund_is_followed_to_its_end(stand: Stand) -> None:
    order_id, payment_id = _pending_refund(stand)
    stand.tbank.post(f"refunds/{payment_id}/finish", status="succeeded")
    stand.time_passes(order_id, 20)
    stand.work_through()
    assert stand.shown(order_id)["refund"] == {"status": "succeeded", "amount": 150.0}
    assert len(stand.tbank.calls("cancel")) == 1


def test_a_pending_refund_that_tbank_drops_is_the_operators_in_the_end(stand: Stand) -> None:
    order_id, payment_id = _pending_refund(stand)
    stand.tbank.post(f"refunds/{payment_id}/finish", status="canceled")
    for _ in range(5):
        stand.time_passes(order_id, 3601)
        stand.work_through()
    assert stand.document(order_id)["attention_reason"] == "refund_failed"


def test_a_refund_that_tbank_refuses_is_the_operators(stand: Stand) -> None:
    stand.tbank.post("refunds/behaviour", behaviour="canceled")
    stand.tmetr.fail("make", "http_400")
    order_id, payment_id = paid(stand)
    stand.tell_tbank(payment_id)
    assert stand.document(order_id)["attention_reason"] == "refund_failed"
