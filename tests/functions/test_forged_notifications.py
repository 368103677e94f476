"""Forged and unfitting notifications: what YooKassa's API itself says is all that counts (SPEC §6, §7)."""

from __future__ import annotations

import pytest

from tests.functions.serving import Json
from tests.functions.stand import YOOKASSA_ADDRESS, Stand
from tests.functions.texts import refusal, told


def test_a_payment_that_yookassa_does_not_know_changes_nothing(stand: Stand) -> None:
    order_id, payment_id = stand.pending()
    before = stand.document(order_id)
    forged = stand.notification(payment_id, "payment.succeeded", id="2f0e1d2c-000f-5000-8000-1a2b3c4d5e6f")
    assert stand.deliver(forged).status_code == 200
    assert stand.document(order_id) == before
    assert stand.logged(severity="WARNING", event="foreign_payment")


def test_a_payment_of_ours_that_yookassa_has_lost_changes_nothing(stand: Stand) -> None:
    order_id, payment_id = stand.paid()
    body, before = stand.notification(payment_id), stand.document(order_id)
    stand.yookassa.post("reset")
    assert stand.deliver(body).status_code == 200
    assert stand.document(order_id) == before
    assert stand.logged(severity="WARNING", event="unknown_payment")


def test_another_orders_payment_pays_for_its_own_order_only(stand: Stand) -> None:
    order_id, _ = stand.pending()
    before = stand.document(order_id)
    other_id, paid = stand.paid()
    forged = stand.notification(paid, metadata={"order_id": order_id})
    assert stand.deliver(forged).status_code == 200
    assert stand.document(order_id) == before
    assert stand.status(other_id) == "make_pending" and stand.commands(order_id) == []


def test_a_payment_of_our_shop_that_no_attempt_explains_changes_nothing(stand: Stand) -> None:
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "http_500")
    stand.tap(order_id)
    before = stand.document(order_id)
    stranger = stand.yookassa.post("payments", shop_id="100500", metadata={"order_id": order_id})
    assert stand.notify(stranger["id"]).status_code == 200
    assert stand.document(order_id) == before and stand.commands(order_id) == []


def test_succeeded_in_the_body_is_not_believed_while_the_api_says_pending(stand: Stand) -> None:
    order_id, payment_id = stand.pending()
    before = stand.document(order_id)
    assert stand.notify(payment_id, "payment.succeeded", status="succeeded", paid=True).status_code == 200
    assert stand.document(order_id) == before
    assert (stand.look_ups(), stand.commands(order_id)) == (1, [])


def test_succeeded_without_paid_is_not_believed_either(stand: Stand) -> None:
    order_id, payment_id = stand.paid()
    stand.yookassa.post(f"payments/{payment_id}/alter", paid=False)
    assert stand.notify(payment_id).status_code == 200
    assert (stand.status(order_id), stand.commands(order_id)) == ("pending", [])


def test_a_body_that_lies_about_amount_and_order_does_no_harm(stand: Stand) -> None:
    order_id, payment_id = stand.paid()
    lie = {"amount": {"value": "1.00", "currency": "USD"}, "test": True, "status": "canceled"}
    assert stand.notify(payment_id, "payment.canceled", **lie).status_code == 200
    assert stand.status(order_id) == "make_pending"


@pytest.mark.parametrize(
    ("change", "refunded"),
    [
        ({"amount": {"value": "1.00", "currency": "RUB"}}, {"value": "1.00", "currency": "RUB"}),
        ({"amount": {"value": "150.01", "currency": "RUB"}}, {"value": "150.01", "currency": "RUB"}),
        ({"amount": {"value": "150.00", "currency": "USD"}}, {"value": "150.00", "currency": "USD"}),
        ({"recipient": {"account_id": "999999"}}, {"value": "150.00", "currency": "RUB"}),
        ({"metadata": {"order_id": "another-order-0001"}}, {"value": "150.00", "currency": "RUB"}),
    ],
    ids=["less", "more", "another currency", "another shop", "another order"],
)
def test_money_that_is_not_what_was_asked_for_makes_no_drink_and_goes_back(
    stand: Stand, change: Json, refunded: Json
) -> None:
    order_id, payment_id = stand.paid()
    stand.yookassa.post(f"payments/{payment_id}/alter", **change)
    assert stand.notify(payment_id).status_code == 200
    assert stand.history(order_id)[-1] == ("failed", "payment_mismatch")
    assert stand.commands(order_id) == []
    (refund,) = stand.refunds()
    assert (refund["payment_id"], refund["amount"]) == (payment_id, refunded)


def test_a_test_payment_buys_nothing_and_is_the_operators(stand: Stand) -> None:
    order_id, payment_id = stand.paid()
    stand.yookassa.post(f"payments/{payment_id}/alter", test=True)
    assert stand.notify(payment_id).status_code == 200
    stored = stand.document(order_id)
    assert (stored["status"], stored["reason"]) == ("failed", "test_payment")
    assert (stored["needs_attention"], stored["attention_reason"]) == (True, "test_payment")
    assert stand.logged(severity="ERROR", event="needs_attention", order_id=order_id)
    assert (stand.commands(order_id), stand.refunds()) == ([], [])


def test_a_test_payment_buys_a_drink_where_that_is_allowed(stand: Stand) -> None:
    stand.configure(ALLOW_TEST_PAYMENTS="true")
    order_id, payment_id = stand.paid()
    stand.yookassa.post(f"payments/{payment_id}/alter", test=True)
    stand.notify(payment_id)
    assert stand.status(order_id) == "make_pending"


@pytest.mark.parametrize(
    "forwarded",
    [
        None,
        "",
        "203.0.113.9",
        f"{YOOKASSA_ADDRESS}, 203.0.113.9",
        f"{YOOKASSA_ADDRESS},",
        "185.71.76.5.evil",
        "::1",
    ],
)
def test_a_caller_outside_yookassas_networks_is_turned_away(stand: Stand, forwarded: str | None) -> None:
    order_id, payment_id = stand.paid()
    before = stand.document(order_id)
    answer = stand.deliver(stand.notification(payment_id), address=forwarded)
    assert told(answer) == refusal("FORBIDDEN")
    assert (stand.document(order_id), stand.look_ups()) == (before, 0)


@pytest.mark.parametrize(
    "forwarded",
    [
        "185.71.76.1",
        "185.71.77.31",
        "77.75.153.127",
        "77.75.154.128",
        "77.75.156.11",
        "77.75.156.35",
        "2a02:5180::1",
    ],
)
def test_each_of_yookassas_networks_is_let_in(stand: Stand, forwarded: str) -> None:
    _, payment_id = stand.pending()
    assert stand.deliver(stand.notification(payment_id), f"203.0.113.9, {forwarded}").status_code == 200


def test_behind_a_proxy_of_ours_the_address_before_it_counts(stand: Stand) -> None:
    stand.configure(TRUSTED_PROXY_HOPS="1")
    _, payment_id = stand.pending()
    body = stand.notification(payment_id)
    assert stand.deliver(body, f"{YOOKASSA_ADDRESS}, 10.0.0.1").status_code == 200
    for spoofed in (f"{YOOKASSA_ADDRESS}, 203.0.113.9, 10.0.0.1", YOOKASSA_ADDRESS):
        assert told(stand.deliver(body, spoofed)) == refusal("FORBIDDEN")


def test_with_the_address_check_off_any_caller_may_notify(stand: Stand) -> None:
    stand.configure(YOOKASSA_IP_CHECK="off")
    order_id, payment_id = stand.paid()
    assert stand.deliver(stand.notification(payment_id), address=None).status_code == 200
    assert stand.status(order_id) == "make_pending"
