"""The stand-in YooKassa's page, saved cards and faults."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.yookassa.app import create_app
from sandbox.yookassa.shops import Shop
from tests.sandbox.providers import SECRET, SHOP, ShopClient, payment_request


@pytest.fixture
def shop() -> ShopClient:
    shops = [Shop(SHOP, SECRET), Shop("2", "other", recurring=False)]
    return ShopClient(create_app(shops=shops, seed=1).test_client())


def press(shop: ShopClient, payment: dict[str, Any], action: str) -> str | None:
    answer = shop.http.post(f"/checkout/{payment['id']}", data={"action": action})
    assert answer.status_code == 303
    return answer.location


def test_the_page_shows_what_is_paid_for_and_changes_nothing(shop: ShopClient) -> None:
    payment = shop.create(amount={"value": "1150.50", "currency": "RUB"}, description="<b>Латте</b>")
    page = shop.http.get(f"/checkout/{payment['id']}")
    assert "1\N{NO-BREAK SPACE}150,50\N{NO-BREAK SPACE}₽" in page.text
    assert "&lt;b&gt;Латте&lt;/b&gt;" in page.text
    assert "Оплатить" in page.text and "Отменить" in page.text
    assert "Карта сохранится" not in page.text
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert shop.payment(payment["id"]) == payment


def test_the_page_says_that_the_card_will_be_saved(shop: ShopClient) -> None:
    payment = shop.create(save_payment_method=True)
    assert "Карта сохранится" in shop.http.get(f"/checkout/{payment['id']}").text


@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        ("pay", "succeeded", "Оплачено"),
        ("hold", "waiting_for_capture", "заблокированы"),
        ("cancel", "canceled", "отменён"),
    ],
)
def test_a_button_ends_the_payment_and_sends_the_browser_back(
    shop: ShopClient, action: str, status: str, said: str
) -> None:
    payment = shop.create()
    assert press(shop, payment, action) == "http://127.0.0.1/?order_id=1"
    assert shop.payment(payment["id"])["status"] == status
    page = shop.http.get(f"/checkout/{payment['id']}").text
    assert said in page and "<form" not in page


def test_a_stale_form_stays_on_its_page(shop: ShopClient) -> None:
    payment = shop.create()
    assert press(shop, payment, "expire") == f"/checkout/{payment['id']}"
    assert "Время на оплату вышло" in shop.http.get(f"/checkout/{payment['id']}").text
    details = {"party": "yoo_money", "reason": "expired_on_confirmation"}
    assert shop.payment(payment["id"])["cancellation_details"] == details


def test_a_second_press_changes_nothing(shop: ShopClient) -> None:
    payment = shop.create()
    press(shop, payment, "pay")
    paid = shop.payment(payment["id"])
    press(shop, payment, "cancel")
    press(shop, payment, "steal")
    assert shop.payment(payment["id"]) == paid


def test_a_refunded_payment_says_so(shop: ShopClient) -> None:
    payment = shop.paid()
    shop.refund(payment)
    assert "Деньги возвращены" in shop.http.get(f"/checkout/{payment['id']}").text


def test_an_unknown_payment_has_no_page(shop: ShopClient) -> None:
    assert shop.http.get("/checkout/unknown").status_code == 404


def charge(shop: ShopClient, method_id: str) -> dict[str, Any]:
    body = payment_request(confirmation=None, payment_method_id=method_id)
    return dict(shop.post("/payments", body).json or {})


def test_a_saved_card_is_charged_without_its_owner(shop: ShopClient) -> None:
    method = shop.paid(save_payment_method=True)["payment_method"]
    assert (method["saved"], method["status"]) == (True, "active")
    charged = charge(shop, method["id"])
    assert (charged["status"], charged["paid"]) == ("succeeded", True)
    assert charged["payment_method"]["id"] == method["id"]
    assert "confirmation" not in charged


@pytest.mark.parametrize(
    ("reason", "party"), [("permission_revoked", "yoo_money"), ("card_expired", "payment_network")]
)
def test_a_charge_can_be_refused(shop: ShopClient, reason: str, party: str) -> None:
    method = shop.paid(save_payment_method=True)["payment_method"]
    shop.control(f"/payment_methods/{method['id']}", {"outcome": reason})
    charged = charge(shop, method["id"])
    assert (charged["status"], charged["paid"]) == ("canceled", False)
    assert charged["cancellation_details"] == {"party": party, "reason": reason}


def test_a_card_that_was_not_saved_cannot_be_charged(shop: ShopClient) -> None:
    method = shop.paid()["payment_method"]
    assert method["saved"] is False
    assert charge(shop, method["id"])["parameter"] == "payment_method_id"


def test_a_shop_without_recurring_may_neither_save_nor_charge(shop: ShopClient) -> None:
    method = shop.paid(save_payment_method=True)["payment_method"]
    other = ShopClient(shop.http, "2", "other")
    refused = other.post("/payments", payment_request(save_payment_method=True))
    assert refused.status_code == 403
    assert refused.json is not None
    assert refused.json["code"] == "forbidden"
    assert other.post("/payments", payment_request(save_payment_method=False)).status_code == 200
    assert charge(other, method["id"])["parameter"] == "payment_method_id"


def throw(shop: ShopClient, **rule: object) -> None:
    shop.control("/faults", {"rules": [{"on": "create_payment", **rule}]})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_an_http_fault_has_the_providers_error_body_and_no_effect(shop: ShopClient, status: int) -> None:
    throw(shop, fault=f"http_{status}")
    answer = shop.post("/payments", payment_request())
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["type"] == "error"
    assert ("Retry-After" in answer.headers) == (status == 429)
    assert shop.http.get("/_sandbox/payments").json == []


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [("html_502", 502, "<html>"), ("html_403", 403, "<html>"), ("not_json", 200, "<!--"), ("empty", 200, "")],
)
def test_an_answer_can_be_spoiled_after_its_effect(shop: ShopClient, fault: str, status: int, body: str) -> None:
    throw(shop, fault=fault, times=1, after_effect=True)
    answer = shop.post("/payments", payment_request(), key="k")
    assert answer.status_code == status
    assert answer.text.startswith(body) and "pending" not in answer.text
    first = shop.http.get("/_sandbox/payments").json
    assert first is not None and len(first) == 1
    again = shop.post("/payments", payment_request(), key="k").json
    assert again is not None and again["id"] == first[0]["id"]


def test_a_request_can_be_left_in_processing(shop: ShopClient) -> None:
    throw(shop, fault="processing_202", seconds=1.8)
    answer = shop.post("/payments", payment_request())
    assert answer.status_code == 202
    assert answer.json is not None
    assert (answer.json["type"], answer.json["retry_after"]) == ("processing", 1800)


def test_faults_are_counted_and_logged(shop: ShopClient) -> None:
    throw(shop, fault="http_500", times=2)
    answers = [shop.post("/payments", payment_request()).status_code for _ in range(3)]
    assert answers == [500, 500, 200]
    thrown = shop.http.get("/_sandbox/faults").json
    assert thrown == [{"on": "create_payment", "fault": "http_500", "thrown": 2}]
    log = shop.http.get("/_sandbox/log").json
    assert log is not None
    assert [call["fault"] for call in log] == ["http_500", "http_500", None]


def test_a_seed_makes_chances_repeatable() -> None:
    def run() -> list[int]:
        shop = ShopClient(create_app(shops=[Shop(SHOP, SECRET)], seed=7).test_client())
        throw(shop, fault="http_500", probability=0.5)
        return [shop.post("/payments", payment_request()).status_code for _ in range(20)]

    first = run()
    assert first == run()
    assert set(first) == {200, 500}


def test_rules_replace_each_other_unless_added(shop: ShopClient) -> None:
    throw(shop, fault="http_500")
    more = {"rules": [{"on": "get_payment", "fault": "http_503"}]}
    assert shop.http.post("/_sandbox/faults?add=1", json=more).status_code == 200
    payment = shop.control("/payments", {"shop_id": SHOP})
    assert shop.post("/payments", payment_request()).status_code == 500
    assert shop.get(f"/payments/{payment['id']}").status_code == 503
    shop.control("/faults", {"rules": []})
    assert shop.get(f"/payments/{payment['id']}").status_code == 200


@pytest.mark.parametrize(
    "rules",
    [
        None,
        ["http_500"],
        [{"on": "create_payment"}],
        [{"on": "create_payment", "fault": "explode"}],
        [{"on": "create_payment", "fault": "hang", "second": 1}],
        [{"on": "create_payment", "fault": "hang", "seconds": "long"}],
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(shop: ShopClient, rules: object) -> None:
    throw(shop, fault="http_500")
    assert shop.http.post("/_sandbox/faults", json={"rules": rules}).status_code == 400
    assert shop.post("/payments", payment_request()).status_code == 500
