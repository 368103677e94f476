"""Money goes back once, by itself, and is followed to its end; what cannot go back is the operator's (SPEC §7.5)."""

from __future__ import annotations

import pytest

from tests.functions.serving import Json
from tests.functions.stand import Stand, at_once


def _late(stand: Stand) -> tuple[str, str]:
    """An order that was paid after it had expired, not yet notified of."""
    order_id, payment_id = stand.paid()
    stand.time_passes(order_id, 16 * 60)
    return order_id, payment_id


def _make_fails(stand: Stand) -> tuple[str, str]:
    stand.tmetr.fail("make", "http_400")
    order_id, payment_id = stand.paid()
    assert stand.notify(payment_id).status_code == 200
    return order_id, payment_id


def _refund(stand: Stand, order_id: str) -> Json:
    """The one refund on the order's record."""
    (refund,) = stand.document(order_id)["refunds"]
    return dict(refund)


def test_a_payment_after_expiry_makes_no_drink_and_goes_back_once(stand: Stand) -> None:
    order_id, payment_id = _late(stand)
    body = stand.notification(payment_id)
    assert {answer.status_code for answer in at_once(5, lambda _: stand.deliver(body))} <= {200, 503}
    stand.deliver(body)
    document = stand.document(order_id)
    assert (document["status"], document["reason"], document["needs_attention"]) == (
        "failed",
        "paid_late",
        False,
    )
    (refund,) = stand.refunds()
    assert (refund["payment_id"], refund["amount"]["value"]) == (payment_id, "150.00")
    assert stand.commands(order_id) == []


def _paid_twice(stand: Stand) -> tuple[str, str, str]:
    """An order with two attempts, both paid in the end: the given-up one first."""
    order_id = stand.order()
    first = stand.start(order_id)
    stand.yookassa.post(f"payments/{first}/cancel")
    stand.notify(first)
    second = stand.start(order_id)
    stand.yookassa.post(f"payments/{second}/pay")
    stand.yookassa.post(f"payments/{first}/alter", status="succeeded", paid=True)
    return order_id, first, second


@pytest.mark.parametrize("first_told", [0, 1], ids=["the older first", "the newer first"])
def test_of_two_paid_attempts_one_makes_the_drink_and_the_other_goes_back(stand: Stand, first_told: int) -> None:
    order_id, *payments = _paid_twice(stand)
    for payment_id in (payments[first_told], payments[1 - first_told]):
        assert stand.notify(payment_id).status_code == 200
    assert (stand.status(order_id), len(stand.commands(order_id))) == ("make_pending", 1)
    (refund,) = stand.refunds()
    assert refund["payment_id"] == payments[1 - first_told]
    assert _refund(stand, order_id)["reason"] == "duplicate_payment"


@pytest.mark.parametrize(
    ("mode", "fault", "refunded", "attention"),
    [
        ("off", "http_400", False, "refund_is_off"),
        ("definite", "http_400", True, None),
        ("always", "http_400", True, None),
        ("off", "drop", False, "make_unknown"),
        ("definite", "drop", False, "make_unknown"),
        ("always", "drop", True, "make_unknown"),
    ],
)
def test_the_setting_decides_what_goes_back_by_itself(
    stand: Stand, mode: str, fault: str, refunded: bool, attention: str | None
) -> None:
    stand.configure(AUTO_REFUND=mode)
    stand.tmetr.fail("make", fault)
    order_id, payment_id = stand.paid()
    stand.notify(payment_id)
    document = stand.document(order_id)
    assert document["status"] == "make_failed"
    assert (document["needs_attention"], document["attention_reason"]) == (attention is not None, attention)
    assert len(stand.refunds()) == int(refunded)


def test_with_refunds_off_a_late_payment_is_the_operators(stand: Stand) -> None:
    stand.configure(AUTO_REFUND="off")
    order_id, payment_id = _late(stand)
    stand.notify(payment_id)
    document = stand.document(order_id)
    assert (document["status"], document["attention_reason"]) == ("failed", "refund_is_off")
    assert stand.refunds() == []
    assert stand.logged(severity="ERROR", event="needs_attention")


def test_a_refund_names_its_payment_as_its_key(stand: Stand) -> None:
    _, payment_id = _make_fails(stand)
    (call,) = stand.yookassa.calls("create_refund")
    assert call["headers"]["Idempotence-Key"] == f"refund-{payment_id}"
    assert call["body"] == {"payment_id": payment_id, "amount": {"value": "150.00", "currency": "RUB"}}


def test_a_pending_refund_is_looked_at_by_reconcile_until_it_is_done(stand: Stand) -> None:
    stand.yookassa.post("refunds/behaviour", behaviour="pending")
    order_id, _ = _make_fails(stand)
    (refund,) = stand.refunds()
    assert (_refund(stand, order_id)["status"], stand.work_through()["due"]) == ("pending", 0)
    stand.time_passes(order_id, 20)
    assert stand.work_through()["due"] == 1
    assert _refund(stand, order_id)["status"] == "pending"
    stand.yookassa.post(f"refunds/{refund['id']}/finish", status="succeeded")
    stand.time_passes(order_id, 60)
    stand.work_through()
    assert stand.shown(order_id)["refund"] == {"status": "succeeded", "amount": 150.0}
    assert len(stand.yookassa.calls("create_refund")) == 1


def test_a_pending_refund_ends_with_its_notification(stand: Stand) -> None:
    stand.yookassa.post("refunds/behaviour", behaviour="pending")
    order_id, _ = _make_fails(stand)
    (refund,) = stand.refunds()
    body = {"type": "notification", "event": "refund.succeeded", "object": refund}
    assert stand.deliver(body).status_code == 200
    assert _refund(stand, order_id)["status"] == "pending", "the body alone is not believed"
    stand.yookassa.post(f"refunds/{refund['id']}/finish", status="succeeded")
    assert stand.deliver(body).status_code == 200
    assert _refund(stand, order_id)["status"] == "succeeded"
    assert stand.deliver(body).status_code == 200


@pytest.mark.parametrize("at_once_refused", [True, False], ids=["at once", "later"])
def test_a_refund_that_yookassa_declines_is_the_operators(stand: Stand, at_once_refused: bool) -> None:
    stand.yookassa.post("refunds/behaviour", behaviour="canceled" if at_once_refused else "pending")
    order_id, _ = _make_fails(stand)
    if not at_once_refused:
        (refund,) = stand.refunds()
        stand.yookassa.post(f"refunds/{refund['id']}/finish", status="canceled")
        stand.time_passes(order_id, 60)
        stand.work_through()
    document = stand.document(order_id)
    assert (document["needs_attention"], document["attention_reason"]) == (True, "refund_failed")
    assert stand.shown(order_id)["refund"] == {"status": "failed", "amount": 150.0}
    stand.time_passes(order_id, 7200)
    assert stand.work_through()["due"] == 0


@pytest.mark.parametrize("fault", ["http_400", "http_403", "http_404"])
def test_a_refund_that_yookassa_refuses_is_the_operators(stand: Stand, fault: str) -> None:
    stand.yookassa.fail("create_refund", fault)
    order_id, _ = _make_fails(stand)
    assert stand.document(order_id)["attention_reason"] == "refund_failed"
    assert stand.logged(severity="ERROR", event="refund")


@pytest.mark.parametrize("fault", ["http_500", "http_401", "http_429", "html_502", "not_json", "drop", "hang"])
@pytest.mark.parametrize("carried_out", [True, False], ids=["carried out", "not carried out"])
def test_a_refund_without_an_answer_is_asked_for_again_with_the_same_key(
    stand: Stand, impatient: None, fault: str, carried_out: bool
) -> None:
    stand.yookassa.fail("create_refund", fault, seconds=2, after_effect=carried_out)
    order_id, _ = _make_fails(stand)
    assert (_refund(stand, order_id)["status"], stand.document(order_id)["needs_attention"]) == ("due", False)
    stand.yookassa.heal()
    stand.time_passes(order_id, 20)
    stand.work_through()
    assert _refund(stand, order_id)["status"] == "succeeded"
    assert len(stand.refunds()) == 1
    keys = {call["headers"]["Idempotence-Key"] for call in stand.yookassa.calls("create_refund")}
    assert len(keys) == 1


def test_a_refund_that_never_succeeds_is_the_operators_after_many_tries(stand: Stand) -> None:
    stand.yookassa.fail("create_refund", "http_500")
    order_id, _ = _make_fails(stand)
    for _ in range(5):
        assert not stand.document(order_id)["needs_attention"]
        stand.time_passes(order_id, 3601)
        stand.work_through()
    assert stand.document(order_id)["attention_reason"] == "refund_failed"
    assert _refund(stand, order_id)["status"] == "due", "it is tried on all the same"


def test_two_reconciles_at_once_ask_for_one_refund(stand: Stand) -> None:
    stand.yookassa.fail("create_refund", "http_500", times=1)
    order_id, _ = _make_fails(stand)
    stand.time_passes(order_id, 60)
    at_once(3, lambda _: stand.work_through())
    assert len(stand.refunds()) == 1 and len(stand.yookassa.calls("create_refund")) == 2


def test_money_that_a_human_gave_back_before_we_heard_of_it_makes_no_drink(stand: Stand) -> None:
    order_id, payment_id = stand.paid()
    body = stand.notification(payment_id)
    stand.yookassa.post(f"payments/{payment_id}/alter", refunded_amount={"value": "150.00", "currency": "RUB"})
    assert stand.deliver(body).status_code == 200
    document = stand.document(order_id)
    assert (document["status"], document["reason"]) == ("failed", "refunded_by_provider")
    assert (stand.commands(order_id), stand.refunds()) == ([], [])


def _held(stand: Stand) -> tuple[str, str]:
    order_id = stand.order()
    payment_id = stand.start(order_id)
    stand.yookassa.post(f"payments/{payment_id}/hold")
    return order_id, payment_id


def test_a_hold_makes_no_drink_and_is_cancelled(stand: Stand) -> None:
    order_id, payment_id = _held(stand)
    assert stand.notify(payment_id).status_code == 200
    document = stand.document(order_id)
    assert (document["status"], document["reason"]) == ("failed", "waiting_for_capture")
    assert document["needs_attention"] is False
    assert stand.yookassa.get(f"payments/{payment_id}")["status"] == "canceled"
    assert stand.notify(payment_id).status_code == 200
    assert (len(stand.yookassa.calls("cancel_payment")), stand.commands(order_id)) == (1, [])


def test_a_hold_is_cancelled_whatever_the_refund_setting(stand: Stand) -> None:
    stand.configure(AUTO_REFUND="off")
    order_id, payment_id = _held(stand)
    stand.notify(payment_id)
    assert stand.yookassa.get(f"payments/{payment_id}")["status"] == "canceled"


def test_a_hold_that_cannot_be_cancelled_is_the_operators(stand: Stand) -> None:
    stand.yookassa.fail("cancel_payment", "http_400")
    order_id, payment_id = _held(stand)
    assert stand.notify(payment_id).status_code == 200
    document = stand.document(order_id)
    assert (document["needs_attention"], document["attention_reason"]) == (True, "hold_not_canceled")
    assert stand.logged(severity="ERROR", event="needs_attention")


@pytest.mark.parametrize("carried_out", [True, False], ids=["carried out", "not carried out"])
def test_a_cancellation_without_an_answer_is_asked_for_again(stand: Stand, carried_out: bool) -> None:
    stand.yookassa.fail("cancel_payment", "http_500", after_effect=carried_out)
    order_id, payment_id = _held(stand)
    stand.notify(payment_id)
    assert _refund(stand, order_id)["status"] == "due"
    assert stand.document(order_id)["attention_reason"] == "hold_not_canceled"
    stand.yookassa.heal()
    stand.time_passes(order_id, 20)
    stand.work_through()
    assert _refund(stand, order_id)["status"] == "succeeded"
    assert stand.yookassa.get(f"payments/{payment_id}")["status"] == "canceled"
    assert stand.document(order_id)["needs_attention"] is False
