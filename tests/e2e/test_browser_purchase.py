"""A customer with a browser: the machine's QR link, the checkout, the drink - all real but the money."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sandbox.supervisor import Sandbox
from sandbox.supervisor.loopback import call

DONE = "Напиток готов"


def scan(context: BrowserContext, sandbox: Sandbox, device: str) -> tuple[Page, Page]:
    """Choose the first drink at the machine and open its QR link: the machine's screen, the customer's page."""
    machine = context.new_page()
    machine.goto(f"{sandbox.url('tmetr')}/machine/{device}")
    machine.locator(".drink button").first.click()
    link = machine.locator("a[href*='deviceUuid']").first.get_attribute("href")
    assert link is not None
    page = context.new_page()
    page.goto(link)
    return machine, page


def order_id(page: Page) -> str:
    page.wait_for_url(re.compile("order_id="))
    return parse_qs(urlsplit(page.url).query)["order_id"][0]


def commands(sandbox: Sandbox, order: str) -> list[dict[str, Any]]:
    answer = call("GET", f"{sandbox.url('tmetr')}/_sandbox/commands", params={"orderUuid": order})
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.mark.parametrize("device", ["test", "test-tbank"])
def test_a_customer_scans_pays_and_sees_the_drink_ready(context: BrowserContext, sandbox: Sandbox, device: str) -> None:
    machine, page = scan(context, sandbox, device)
    expect(page.get_by_role("heading", name="Подтвердите заказ для оплаты")).to_be_visible()
    order = order_id(page)
    page.get_by_role("button", name="Перейти к оплате").click()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    expect(machine.get_by_text("Готово", exact=True)).to_be_visible()
    assert len(commands(sandbox, order)) == 1


def test_a_receipt_is_asked_for_where_the_law_wants_one(context: BrowserContext, sandbox: Sandbox) -> None:
    _, page = scan(context, sandbox, "test-receipt")
    page.get_by_role("textbox").fill("anna@example.ru")
    page.get_by_role("button", name="Перейти к оплате").click()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()


def test_a_cancelled_payment_can_be_tried_again(context: BrowserContext, sandbox: Sandbox) -> None:
    _, page = scan(context, sandbox, "test")
    order = order_id(page)
    page.get_by_role("button", name="Перейти к оплате").click()
    page.get_by_role("button", name="Отменить").click()
    expect(page.get_by_role("heading", name="Оплата не прошла")).to_be_visible()
    page.get_by_role("button", name="Повторить оплату").click()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    assert len(commands(sandbox, order)) == 1


def test_a_customer_who_got_no_drink_reads_that_the_money_comes_back(context: BrowserContext, sandbox: Sandbox) -> None:
    _, page = scan(context, sandbox, "test")
    order_id(page)
    call("POST", f"{sandbox.url('tmetr')}/_sandbox/brews", json={"next": ["failed"]})
    page.get_by_role("button", name="Перейти к оплате").click()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    expect(page.get_by_role("main").get_by_text("Деньги возвращены")).to_be_visible()


@pytest.fixture(scope="module")
def saving() -> Iterator[Sandbox]:
    """The product of an owner whose YooKassa account may save cards."""
    with Sandbox(
        brew_seconds=1.0,
        variables={"BILLING_RECURRING_ENABLED": "true"},
        arguments={"page": ["--card-saving"]},
    ) as running:
        yield running


def test_a_saved_card_buys_with_one_tap_and_can_be_forgotten(context: BrowserContext, saving: Sandbox) -> None:
    _, first = scan(context, saving, "test")
    first.get_by_role("checkbox").check()
    first.get_by_role("button", name="Перейти к оплате").click()
    first.get_by_role("button", name="Оплатить", exact=True).click()
    expect(first.get_by_role("heading", name=DONE)).to_be_visible()

    _, second = scan(context, saving, "test")
    second.get_by_role("button", name=re.compile("Оплатить картой")).click()
    expect(second.get_by_role("heading", name=DONE)).to_be_visible()
    assert "/checkout/" not in second.url

    _, third = scan(context, saving, "test")
    third.get_by_role("button", name="Забыть карту").click()
    expect(third.get_by_role("button", name="Перейти к оплате")).to_be_visible()

    _, fourth = scan(context, saving, "test")
    expect(fourth.get_by_role("button", name="Перейти к оплате")).to_be_visible()
    expect(fourth.get_by_role("button", name=re.compile("Оплатить картой"))).to_have_count(0)


def test_where_cards_are_not_saved_the_page_shows_no_trace_of_it(context: BrowserContext, sandbox: Sandbox) -> None:
    _, page = scan(context, sandbox, "test")
    expect(page.get_by_role("button", name="Перейти к оплате")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    assert "карт" not in page.get_by_role("main").inner_text().lower()
