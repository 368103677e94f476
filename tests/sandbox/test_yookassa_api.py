"""The stand-in YooKassa answers API v3 as the real one does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from yookassa.domain.response import PaymentResponse, RefundResponse

from sandbox.yookassa.app import create_app
from sandbox.yookassa.shops import Shop, parse_shop
from tests.sandbox.providers import SECRET, SHOP, ShopClient, payment_request


def shop_client(clock: Callable[[], float] = time.time) -> ShopClient:
    shops = [Shop(SHOP, SECRET), Shop("2", "other"), Shop("3", "test_key", test=True)]
    return ShopClient(create_app(shops=shops, clock=clock).test_client())


@pytest.fixture
def shop() -> ShopClient:
    return shop_client()


def test_a_new_payment_is_pending_and_names_its_checkout_page(shop: ShopClient) -> None:
    payment = shop.create()
    assert payment["status"] == "pending"
    assert payment["paid"] is False
    assert payment["amount"] == {"value": "150.00", "currency": "RUB"}
    assert payment["recipient"]["account_id"] == SHOP
    assert payment["metadata"] == {"order_id": "20250317110122659ba6d7-9ace-cndn"}
    assert payment["confirmation"]["confirmation_url"] == f"http://localhost/checkout/{payment['id']}"


def test_a_succeeded_payment_is_what_the_official_sdk_reads(shop: ShopClient) -> None:
    payment = PaymentResponse(shop.payment(shop.paid()["id"]))
    assert payment.status == "succeeded"
    assert payment.paid is True
    assert payment.refundable is True
    assert str(payment.amount.value) == "150.00"
    assert str(payment.income_amount.value) == "144.75"
    assert payment.payment_method.card.last4 == "4444"
    assert payment.confirmation is None
    assert payment.test is False


def test_payments_of_a_test_shop_are_tests(shop: ShopClient) -> None:
    assert ShopClient(shop.http, "3", "test_key").create()["test"] is True


@pytest.mark.parametrize("credentials", [(SHOP, "wrong"), ("404", SECRET), ("", "")])
def test_wrong_credentials_are_401(shop: ShopClient, credentials: tuple[str, str]) -> None:
    answer = ShopClient(shop.http, *credentials).post("/payments", payment_request())
    assert answer.status_code == 401
    assert answer.json is not None
    assert (answer.json["type"], answer.json["code"]) == ("error", "invalid_credentials")


def test_a_payment_of_another_shop_is_not_found(shop: ShopClient) -> None:
    payment = shop.create()
    assert ShopClient(shop.http, "2", "other").get(f"/payments/{payment['id']}").status_code == 404
    assert shop.get("/payments/2e3f0000-000f-5000-8000-000000000000").status_code == 404


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"amount": None}, "amount"),
        ({"amount": {"value": "150.001", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": 150, "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "0.00", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "150.00", "currency": "USD"}}, "amount.currency"),
        ({"description": "п" * 129}, "description"),
        ({"confirmation": None}, "confirmation"),
        ({"confirmation": {"type": "redirect"}}, "confirmation.return_url"),
        ({"confirmation": {"type": "redirect", "return_url": "/here"}}, "confirmation.return_url"),
        ({"confirmation": {"type": "qr"}}, "confirmation.type"),
        ({"metadata": {str(number): "v" for number in range(17)}}, "metadata"),
        ({"metadata": {"k" * 33: "v"}}, f"metadata.{'k' * 33}"),
        ({"metadata": {"key": 1}}, "metadata.key"),
        ({"capture": "yes"}, "capture"),
        ({"payment_method_id": "2e3f"}, "payment_method_id"),
        ({"amout": {}}, "amout"),
    ],
)
def test_a_malformed_payment_names_the_field_at_fault(
    shop: ShopClient, changes: dict[str, Any], parameter: str
) -> None:
    answer = shop.post("/payments", payment_request(**changes))
    assert answer.status_code == 400
    assert answer.json is not None
    assert (answer.json["code"], answer.json["parameter"]) == ("invalid_request", parameter)
    assert shop.http.get("/_sandbox/payments").json == []


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_the_idempotence_key_is_required_and_short(shop: ShopClient, key: str) -> None:
    answer = shop.post("/payments", payment_request(), key=key)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["parameter"] == "Idempotence-Key"


def test_the_same_key_and_body_give_the_same_payment_as_it_is_now(shop: ShopClient) -> None:
    first = shop.post("/payments", payment_request(), key="k").json
    assert first is not None
    shop.control(f"/payments/{first['id']}/pay")
    again = shop.post("/payments", payment_request(), key="k").json
    assert again is not None
    assert (again["id"], again["status"]) == (first["id"], "succeeded")


def test_the_same_key_with_another_body_is_refused(shop: ShopClient) -> None:
    shop.post("/payments", payment_request(), key="k")
    answer = shop.post("/payments", payment_request(description="Латте"), key="k")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["description"] == "Idempotence key duplicated"


def test_keys_of_two_shops_do_not_meet(shop: ShopClient) -> None:
    mine = shop.post("/payments", payment_request(), key="k").json
    theirs = ShopClient(shop.http, "2", "other").post("/payments", payment_request(), key="k").json
    assert mine is not None and theirs is not None
    assert mine["id"] != theirs["id"]


def test_a_key_is_forgotten_after_a_day() -> None:
    now = [1_000_000.0]
    shop = shop_client(clock=lambda: now[0])
    first = shop.post("/payments", payment_request(), key="k").json
    now[0] += 24 * 3600 + 1
    second = shop.post("/payments", payment_request(), key="k").json
    assert first is not None and second is not None
    assert first["id"] != second["id"]


def test_concurrent_calls_with_one_key_make_one_payment(shop: ShopClient) -> None:
    start, ids = threading.Barrier(8), set()
    app = shop.http.application

    def create() -> None:
        client = ShopClient(app.test_client())
        start.wait()
        ids.add((client.post("/payments", payment_request(), key="k").json or {})["id"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 1


def test_a_refused_request_does_not_use_up_its_key(shop: ShopClient) -> None:
    assert shop.post("/payments", payment_request(amount=None), key="k").status_code == 400
    assert shop.post("/payments", payment_request(), key="k").status_code == 200


def test_only_held_money_can_be_captured_or_cancelled(shop: ShopClient) -> None:
    pending = shop.create()
    assert shop.post(f"/payments/{pending['id']}/cancel", {}).status_code == 400
    assert shop.post(f"/payments/{pending['id']}/capture", {}).status_code == 400


def test_a_hold_can_be_captured_in_part(shop: ShopClient) -> None:
    held = shop.control(f"/payments/{shop.create()['id']}/hold")
    assert (held["status"], held["paid"]) == ("waiting_for_capture", True)
    too_much = {"amount": {"value": "150.01", "currency": "RUB"}}
    assert shop.post(f"/payments/{held['id']}/capture", too_much).status_code == 400
    part = {"amount": {"value": "100.00", "currency": "RUB"}}
    captured = shop.post(f"/payments/{held['id']}/capture", part).json
    assert captured is not None
    assert (captured["status"], captured["amount"]["value"]) == ("succeeded", "100.00")


def test_a_hold_can_be_cancelled_and_the_cancel_repeated(shop: ShopClient) -> None:
    held = shop.control(f"/payments/{shop.create()['id']}/hold")
    for _ in range(2):
        answer = shop.post(f"/payments/{held['id']}/cancel", {}, key="cancel")
        assert answer.json is not None
        assert answer.json["cancellation_details"] == {"party": "merchant", "reason": "canceled_by_merchant"}


def test_a_payment_that_asked_for_no_capture_is_held_when_paid(shop: ShopClient) -> None:
    assert shop.paid(capture=None)["status"] == "waiting_for_capture"


def test_payments_are_listed_by_page_the_latest_first(shop: ShopClient) -> None:
    ids = [shop.create()["id"] for _ in range(3)]
    page = shop.get("/payments?limit=2").json
    assert page is not None
    assert [payment["id"] for payment in page["items"]] == [ids[2], ids[1]]
    rest = shop.get(f"/payments?limit=2&cursor={page['next_cursor']}").json
    assert rest is not None
    assert [payment["id"] for payment in rest["items"]] == [ids[0]]
    assert "next_cursor" not in rest
    assert (shop.get("/payments?created_at.gte=2999-01-01T00:00:00.000Z").json or {})["items"] == []


def test_a_refund_leaves_less_to_refund(shop: ShopClient) -> None:
    payment = shop.paid()
    refund = RefundResponse(shop.refund(payment, "100.00").json)
    assert (refund.status, refund.payment_id) == ("succeeded", payment["id"])
    assert shop.payment(payment["id"])["refunded_amount"]["value"] == "100.00"
    assert shop.refund(payment, "50.01").status_code == 400
    assert shop.refund(payment, "50.00").status_code == 200
    assert shop.payment(payment["id"])["refundable"] is False


def test_a_repeated_refund_is_one_refund(shop: ShopClient) -> None:
    body = {"payment_id": shop.paid()["id"], "amount": {"value": "150.00", "currency": "RUB"}}
    first, second = (shop.post("/refunds", body, key="r").json for _ in range(2))
    assert first is not None and second is not None
    assert first["id"] == second["id"]


def test_only_a_succeeded_payment_of_ones_own_can_be_refunded(shop: ShopClient) -> None:
    assert shop.refund(shop.create()).status_code == 400
    assert ShopClient(shop.http, "2", "other").refund(shop.paid()).status_code == 400


def test_a_pending_refund_ends_when_told(shop: ShopClient) -> None:
    shop.control("/refunds/behaviour", {"behaviour": "pending"})
    payment = shop.paid()
    refund = shop.refund(payment).json
    assert refund is not None and refund["status"] == "pending"
    assert shop.refund(payment).status_code == 400
    shop.control(f"/refunds/{refund['id']}/finish", {"status": "canceled"})
    ended = shop.get(f"/refunds/{refund['id']}").json
    assert ended is not None
    assert (ended["status"], ended["cancellation_details"]["reason"]) == ("canceled", "insufficient_funds")
    assert shop.refund(payment).status_code == 200


def test_control_alters_anything_and_makes_strangers_payments(shop: ShopClient) -> None:
    payment = shop.paid()
    altered = shop.control(f"/payments/{payment['id']}/alter", {"test": True, "captured_at": None})
    assert altered["test"] is True and "captured_at" not in altered
    stranger = shop.control("/payments")
    assert stranger["status"] == "succeeded"
    assert shop.get(f"/payments/{stranger['id']}").status_code == 404
    ours = shop.control("/payments", {"shop_id": SHOP, "metadata": {"order_id": "another"}})
    assert shop.payment(ours["id"])["metadata"] == {"order_id": "another"}


def test_reset_forgets_everything(shop: ShopClient) -> None:
    shop.post("/payments", payment_request(), key="k")
    shop.control("/reset")
    assert shop.http.get("/_sandbox/payments").json == []
    assert shop.http.get("/_sandbox/log").json == []


def test_the_log_names_the_shop_but_not_its_secret(shop: ShopClient) -> None:
    shop.post("/payments", payment_request(), key="k")
    answer = shop.http.get("/_sandbox/log")
    assert answer.json is not None
    (call,) = answer.json
    assert call["headers"]["Authorization"] == SHOP
    assert call["headers"]["Idempotence-Key"] == "k"
    assert (call["operation"], call["answered"], call["fault"]) == ("create_payment", 200, None)
    assert SECRET not in answer.text


@pytest.mark.parametrize("path", ["/v3/nothing", "/v3/refunds/unknown"])
def test_errors_below_v3_are_json(shop: ShopClient, path: str) -> None:
    answer = shop.http.get(path, auth=(SHOP, SECRET))
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["code"] == "not_found"


def test_shops_are_read_from_the_command_line() -> None:
    assert parse_shop("1:s") == Shop("1", "s")
    assert parse_shop("1:s:no-recurring:test") == Shop("1", "s", recurring=False, test=True)
    for wrong in ("1", "1:", ":s", "1:s:unknown"):
        with pytest.raises(ValueError, match="a shop is"):
            parse_shop(wrong)
