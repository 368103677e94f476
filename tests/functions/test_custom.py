"""A `Custom` device sends its customer to somebody else's payment page; our part ends there (SPEC §6)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.functions.stand import Stand, answered
from tests.functions.texts import refusal, told


def _customer_lands_on(stand: Stand, redirect_url: str) -> tuple[str, str]:
    """The order, and the address that the button leads to."""
    stand.device(payment_scenario="Custom", redirect_url=redirect_url)
    order_id = stand.order()
    answer = answered(stand.tap(order_id))
    assert (answer["order_id"], answer["status"]) == (order_id, "pending")
    return order_id, answer["confirmation_url"]


def test_the_customer_lands_there_with_the_parameters_encoded(stand: Stand) -> None:
    order_id, url = _customer_lands_on(stand, "https://pay.partner.example/coffee")
    assert url == (
        f"https://pay.partner.example/coffee?order_id={order_id}"
        "&drink_name=%D0%9C%D0%BE%D0%BB%D0%BE%D1%87%D0%BD%D0%B0%D1%8F%20%D0%BF%D0%B5%D0%BD%D0%B0"
        "&price=15000&size=1&device_uuid=test&merchant_id=merchant-1"
    )


def test_a_query_and_a_fragment_that_are_there_stay(stand: Stand) -> None:
    order_id, url = _customer_lands_on(stand, "https://pay.partner.example/?shop=7&x=a%20b#form")
    parts = urlsplit(url)
    assert parts.query.startswith(f"shop=7&x=a%20b&order_id={order_id}&")
    assert parts.fragment == "form"


def test_a_name_with_special_characters_cannot_add_parameters(stand: Stand) -> None:
    stand.device(payment_scenario="Custom", redirect_url="https://pay.partner.example/")
    order_id = stand.order(drinkName="Кофе & сливки=2#?price=1")
    url = answered(stand.tap(order_id))["confirmation_url"]
    parameters = parse_qsl(urlsplit(url).query)
    assert len(parameters) == 6 and dict(parameters)["drink_name"] == "Кофе & сливки=2#?price=1"
    assert dict(parameters)["price"] == "15000"


def test_the_order_stays_created_until_it_expires(stand: Stand) -> None:
    order_id, _ = _customer_lands_on(stand, "https://pay.partner.example/")
    document = stand.document(order_id)
    assert (document["status"], document["attempts"]) == ("created", [])
    assert stand.shown(order_id)["payment_scenario"] == "Custom"
    stand.time_passes(order_id, 15 * 60 + 1)
    assert told(stand.tap(order_id)) == refusal("ORDER_EXPIRED")


@pytest.mark.parametrize(
    "redirect_url", [None, "", "http://pay.partner.example/", "javascript:alert(1)", "https://", 5]
)
def test_a_device_without_a_usable_address_is_not_sold_at(stand: Stand, redirect_url: object) -> None:
    stand.device(payment_scenario="Custom", redirect_url=redirect_url)
    assert told(stand.post("create_order", "/", stand.scan())) == refusal("PAYMENT_NOT_CONFIGURED")
    assert any("redirect_url" in line["message"] for line in stand.logged(severity="ERROR"))


def test_an_address_that_was_removed_after_the_scan_is_an_error_too(stand: Stand) -> None:
    order_id, _ = _customer_lands_on(stand, "https://pay.partner.example/")
    stand.device(payment_scenario="Custom")
    stand.restart()
    assert told(stand.tap(order_id)) == refusal("PAYMENT_NOT_CONFIGURED")


def test_no_credentials_are_needed(stand: Stand) -> None:
    stand.configure(YOOKASSA_SHOP_ID="", YOOKASSA_SECRET_KEY="", TBANK_TERMINAL_KEY="", TBANK_PASSWORD="")
    _, url = _customer_lands_on(stand, "https://pay.partner.example/")
    assert url.startswith("https://pay.partner.example/?order_id=")
