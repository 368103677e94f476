"""A saved card: kept with consent, charged with one tap, forgotten when it is useless or unwanted (SPEC §8)."""

from __future__ import annotations

import hashlib

import pytest

from tests.functions.serving import Json
from tests.functions.stand import Stand, answered
from tests.functions.texts import refusal, told

KEY = "browser-secret-0123456789"
CARD = {"brand": "MasterCard", "last4": "4444"}


def _saved_card(stand: Stand) -> object:
    """What the page is told when it scans another code with this browser's key."""
    return answered(stand.post("create_order", "/", stand.scan(customer_key=KEY)), 201)["saved_card"]


def _keep_a_card(stand: Stand) -> str:
    """A first purchase with consent: the id of the payment that the card was saved with."""
    stand.configure(BILLING_RECURRING_ENABLED="true")
    order_id = stand.order()
    payment_id = stand.start(order_id, save_card=True, customer_key=KEY)
    stand.yookassa.post(f"payments/{payment_id}/pay")
    assert stand.notify(payment_id).status_code == 200
    return payment_id


def _charge_under_way(stand: Stand) -> tuple[str, str]:
    """A saved card charged with one tap, which YooKassa has not decided yet: order and payment id."""
    card = _keep_a_card(stand)
    stand.yookassa.post(f"payment_methods/{card}", outcome="pending")
    order_id = stand.order()
    answered(stand.tap(order_id, customer_key=KEY, use_saved_card=True))
    assert stand.status(order_id) == "pending"
    return order_id, stand.payment_id(order_id)


def _bodies(stand: Stand) -> list[Json]:
    return [call["body"] for call in stand.yookassa.calls("create_payment")]


def test_with_consent_the_card_is_kept_under_a_hash_of_the_browsers_key(stand: Stand) -> None:
    payment_id = _keep_a_card(stand)
    (body,) = _bodies(stand)
    assert body["save_payment_method"] is True and body["metadata"]["billing_mode"] == "RECURRING"
    assert _saved_card(stand) == CARD
    (customer,) = stand.client.collection("customers").stream()
    assert customer.id == hashlib.sha256(KEY.encode()).hexdigest()
    card = (customer.to_dict() or {})["cards"]["merchant-1"]
    assert {name: card[name] for name in ("payment_method_id", "brand", "last4")} == CARD | {
        "payment_method_id": payment_id
    }


def test_without_consent_no_card_is_kept_though_the_mode_is_recurring(stand: Stand) -> None:
    stand.configure(BILLING_RECURRING_ENABLED="true")
    order_id = stand.order()
    payment_id = stand.start(order_id, customer_key=KEY)
    stand.yookassa.post(f"payments/{payment_id}/pay")
    stand.notify(payment_id)
    (body,) = _bodies(stand)
    assert "save_payment_method" not in body and body["metadata"]["billing_mode"] == "RECURRING"
    assert _saved_card(stand) is None
    assert list(stand.client.collection("customers").stream()) == []


def test_the_next_coffee_is_one_tap(stand: Stand) -> None:
    payment_id = _keep_a_card(stand)
    order_id = stand.order()
    answer = answered(stand.tap(order_id, customer_key=KEY, use_saved_card=True))
    assert answer == {"order_id": order_id, "status": "pending", "confirmation_url": None}
    assert stand.status(order_id) == "make_pending" and len(stand.commands(order_id)) == 1
    body = _bodies(stand)[-1]
    assert body["payment_method_id"] == payment_id
    assert "confirmation" not in body and "save_payment_method" not in body


def test_another_browser_and_another_merchant_see_no_card(stand: Stand) -> None:
    _keep_a_card(stand)
    stand.device("machine-two", merchant_id="two")
    stand.merchant("two")
    elsewhere = stand.scan(deviceUuid="machine-two", customer_key=KEY)
    assert answered(stand.post("create_order", "/", elsewhere), 201)["saved_card"] is None
    order_id = stand.order()
    answer = answered(stand.tap(order_id, customer_key="another-browser-01234", use_saved_card=True))
    assert answer["confirmation_url"] is not None and "payment_method_id" not in _bodies(stand)[-1]


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        ("permission_revoked", None),
        ("card_expired", None),
        ("invalid_card_number", None),
        ("fraud_suspected", None),
        ("insufficient_funds", CARD),
    ],
)
def test_a_refused_card_falls_back_to_the_ordinary_way(stand: Stand, outcome: str, kept: object) -> None:
    payment_id = _keep_a_card(stand)
    stand.yookassa.post(f"payment_methods/{payment_id}", outcome=outcome)
    order_id = stand.order()
    answer = answered(stand.tap(order_id, customer_key=KEY, use_saved_card=True))
    assert (answer["status"], answer["confirmation_url"] is None) == ("pending", False)
    assert len(stand.document(order_id)["attempts"]) == 2
    assert _saved_card(stand) == kept


def test_a_card_that_yookassa_does_not_know_any_more_is_forgotten(stand: Stand) -> None:
    _keep_a_card(stand)
    stand.yookassa.post("reset")
    order_id = stand.order()
    answer = answered(stand.tap(order_id, customer_key=KEY, use_saved_card=True))
    assert answer["confirmation_url"] is not None
    assert _saved_card(stand) is None


@pytest.mark.parametrize("fault", ["http_400", "http_403", "http_404"])
def test_a_card_that_cannot_be_charged_where_the_ordinary_way_works_is_forgotten(stand: Stand, fault: str) -> None:
    _keep_a_card(stand)
    order_id = stand.order()
    stand.yookassa.fail("create_payment", fault, times=1)
    answer = answered(stand.tap(order_id, customer_key=KEY, use_saved_card=True))
    assert answer["confirmation_url"] is not None
    assert _saved_card(stand) is None


@pytest.mark.parametrize("fault", ["http_400", "http_401", "http_403", "http_404"])
def test_a_card_is_kept_when_the_ordinary_way_fails_as_well(stand: Stand, fault: str) -> None:
    _keep_a_card(stand)
    order_id = stand.order()
    stand.yookassa.fail("create_payment", fault)
    assert stand.tap(order_id, customer_key=KEY, use_saved_card=True).status_code >= 400
    stand.yookassa.heal()
    assert _saved_card(stand) == CARD


@pytest.mark.parametrize(("reason", "kept"), [("permission_revoked", None), ("insufficient_funds", CARD)])
def test_a_charge_that_is_refused_later_says_as_much_of_the_card(stand: Stand, reason: str, kept: object) -> None:
    order_id, payment_id = _charge_under_way(stand)
    stand.yookassa.post(f"payments/{payment_id}/cancel", reason=reason)
    assert stand.notify(payment_id).status_code == 200
    assert stand.status(order_id) == "not_paid"
    assert _saved_card(stand) == kept


def test_a_repeated_refusal_does_not_forget_a_card_that_was_saved_meanwhile(stand: Stand) -> None:
    _, payment_id = _charge_under_way(stand)
    stand.yookassa.post(f"payments/{payment_id}/cancel", reason="card_expired")
    stand.notify(payment_id)
    _keep_a_card(stand)
    stand.notify(payment_id)
    assert _saved_card(stand) == CARD


def test_a_late_refusal_of_an_old_card_does_not_forget_a_newer_one(stand: Stand) -> None:
    _, payment_id = _charge_under_way(stand)
    _keep_a_card(stand)
    stand.yookassa.post(f"payments/{payment_id}/cancel", reason="card_expired")
    assert stand.notify(payment_id).status_code == 200
    assert _saved_card(stand) == CARD


@pytest.mark.parametrize(
    "cards", ["x", [], {"merchant-1": "x"}, {"merchant-1": {"brand": "Mir"}}, {"merchant-1": {"last4": 4444}}]
)
def test_a_customers_document_broken_by_hand_means_no_card(stand: Stand, cards: object) -> None:
    stand.configure(BILLING_RECURRING_ENABLED="true")
    customer = hashlib.sha256(KEY.encode()).hexdigest()
    stand.client.collection("customers").document(customer).set({"cards": cards})
    assert _saved_card(stand) is None
    order_id = stand.order()
    assert answered(stand.tap(order_id, customer_key=KEY, use_saved_card=True))["confirmation_url"] is not None


def test_forgetting_with_a_key_that_nobody_knows_leaves_no_document(stand: Stand) -> None:
    body = {"order_id": stand.order(), "customer_key": KEY}
    assert answered(stand.post("create_order", "/forget-card", body)) == {"saved_card": None}
    assert list(stand.client.collection("customers").stream()) == []


def test_a_charge_whose_answer_was_lost_is_not_charged_again(stand: Stand) -> None:
    _keep_a_card(stand)
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "http_500", after_effect=True, times=1)
    assert told(stand.tap(order_id, customer_key=KEY, use_saved_card=True)) == refusal("YOOKASSA_API_ERROR")
    stand.time_passes(order_id, 30)
    stand.work_through()
    assert stand.status(order_id) == "make_pending"
    assert len(stand.yookassa.get("payments")) == 2  # the first purchase and this one


def test_the_customer_can_have_the_card_forgotten(stand: Stand) -> None:
    _keep_a_card(stand)
    order_id = stand.order()
    body = {"order_id": order_id, "customer_key": KEY}
    assert answered(stand.post("create_order", "/forget-card", body)) == {"saved_card": None}
    assert answered(stand.post("create_order", "/forget-card", body)) == {"saved_card": None}
    assert _saved_card(stand) is None
    (customer,) = stand.client.collection("customers").stream()
    assert "4444" not in str(customer.to_dict())


def test_forgetting_at_an_order_that_does_not_exist_says_so(stand: Stand) -> None:
    body = {"order_id": "20250317110122659ba6d7-9ace-none", "customer_key": KEY}
    assert told(stand.post("create_order", "/forget-card", body)) == refusal("ORDER_NOT_FOUND")


def test_with_the_switch_off_nothing_about_cards_is_sent_or_told(stand: Stand) -> None:
    _keep_a_card(stand)
    stand.configure(BILLING_RECURRING_ENABLED="false")
    assert _saved_card(stand) is None
    order_id = stand.order()
    answer = answered(stand.tap(order_id, save_card=True, customer_key=KEY, use_saved_card=True))
    assert answer["confirmation_url"] is not None
    body = _bodies(stand)[-1]
    assert body["metadata"]["billing_mode"] == "ONE_TIME"
    kept = ("save_payment_method", "payment_method_data", "payment_method_id", "merchant_customer_id")
    assert not set(kept) & set(body)


def test_a_shop_without_the_right_to_save_cards_says_so_and_sells_without(stand: Stand) -> None:
    stand.configure(
        BILLING_RECURRING_ENABLED="true", YOOKASSA_SHOP_ID="400800", YOOKASSA_SECRET_KEY="live_plain_shop_key"
    )
    order_id = stand.order()
    refused = stand.tap(order_id, save_card=True, customer_key=KEY)
    assert told(refused) == refusal("RECURRING_NOT_AVAILABLE")
    assert answered(stand.tap(order_id))["status"] == "pending"


def test_forbidden_without_saving_is_no_matter_of_cards(stand: Stand) -> None:
    stand.configure(BILLING_RECURRING_ENABLED="true")
    stand.yookassa.fail("create_payment", "http_403")
    assert told(stand.tap(stand.order())) == refusal("YOOKASSA_FORBIDDEN")
