"""What the customer sees: every entry, every status, every error."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_backend import FakeBackend, Reply, refusal
from tests.browser.orders import ORDER_ID, QR_PARAMETERS, STATUS_TEXTS, a_device, a_refund, an_order
from tests.browser.scenes import HELP, LOGO_URL, address, stop_clock

INFO_OF = {"created": "заказ"}
PAYABLE = {"created": "Перейти к оплате", "not_paid": "Повторить оплату"}
CREATE_ERRORS = [
    (400, "INVALID_REQUEST", False),
    (409, "ORDER_CONFLICT", False),
    (410, "ORDER_EXPIRED", False),
    (404, "DEVICE_NOT_FOUND", False),
    (403, "DEVICE_DISABLED", False),
    (403, "MERCHANT_INACTIVE", False),
    (503, "PAYMENT_NOT_CONFIGURED", False),
    (503, "DEVICE_OFFLINE", True),
    (503, "HEARTBEAT_CHECK_FAILED", True),
    (503, "PRICE_UNAVAILABLE", True),
    (503, "TEMPORARILY_UNAVAILABLE", True),
    (413, "BODY_TOO_LARGE", False),
    (400, "INVALID_JSON", False),
    (404, "NOT_FOUND", False),
    (405, "METHOD_NOT_ALLOWED", False),
]
PAY_ERRORS = [
    (404, "ORDER_NOT_FOUND", False),
    (410, "ORDER_EXPIRED", False),
    (409, "ORDER_ALREADY_PAID", False),
    (409, "ORDER_NOT_PAYABLE", False),
    (403, "YOOKASSA_FORBIDDEN", False),
    (500, "YOOKASSA_UNAUTHORIZED", False),
    (502, "YOOKASSA_API_ERROR", True),
    (502, "TBANK_API_ERROR", True),
    (500, "PAYMENT_CREATE_FAILED", True),
    (503, "TEMPORARILY_UNAVAILABLE", True),
]


def test_a_scanned_code_becomes_an_order_with_its_own_address(backend: FakeBackend, page: Page) -> None:
    backend.script("create", Reply(201, held=True, body={**an_order(), "server_time": an_order()["expires_at"]}))
    backend.script("create", Reply(201))
    page.goto(address(backend, scanned=True))
    expect(page.get_by_text("Проверяем заказ…").first).to_be_visible()
    expect(page).to_have_title("Проверяем заказ…")
    backend.release()
    expect(page).to_have_url(f"{backend.site_url}?order_id={ORDER_ID}")
    assert backend.bodies("create") == [QR_PARAMETERS]


def test_without_a_code_the_page_asks_to_scan_one_and_asks_nobody(backend: FakeBackend, page: Page) -> None:
    page.goto(address(backend, bare=True))
    expect(page.get_by_role("heading", name="Отсканируйте QR-код на кофемашине")).to_be_visible()
    assert backend.calls == []


def test_without_its_settings_the_page_says_so_in_russian(backend: FakeBackend, page: Page) -> None:
    backend.with_config = False
    page.goto(address(backend))
    expect(page.get_by_role("heading", name="Страница не настроена")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def test_an_order_is_shown_with_all_that_a_customer_needs(backend: FakeBackend, page: Page) -> None:
    backend.order = an_order(device=a_device(client_info="<p>Крышки — <b>слева</b></p>"))
    page.goto(address(backend))
    expect(page.get_by_role("button", name="Перейти к оплате")).to_be_visible()
    expect(page.locator("main")).to_match_aria_snapshot("""
        - paragraph: Бизнес-центр «Сириус», 2 этаж
        - heading "Молочная пена" [level=2]
        - paragraph:
          - text: средний
          - strong: 150 ₽
        - list "Ход заказа":
          - listitem: Заказ
          - listitem: Оплата
          - listitem: Готовим
          - listitem: Готово
        - heading "Подтвердите заказ для оплаты" [level=1]
        - timer: /осталось 9:\\d\\d/
        - region "От владельца кофемашины":
          - paragraph: /Крышки/
        - button "Перейти к оплате"
    """)


@pytest.mark.parametrize("status", STATUS_TEXTS)
def test_each_status_has_its_text_its_title_and_the_operators_words(
    backend: FakeBackend, page: Page, status: str
) -> None:
    words = {f"client_info_{other}": f"<p>Слова про {other}</p>" for other in STATUS_TEXTS if other != "failed"}
    backend.order = an_order(status, device=a_device(client_info="<p>Слова про заказ</p>", **words))
    page.goto(address(backend))
    expect(page.get_by_role("heading", name=STATUS_TEXTS[status], exact=True)).to_be_visible()
    expect(page).to_have_title(f"{STATUS_TEXTS[status]} · Молочная пена")
    expect(page.get_by_role("status")).to_contain_text(STATUS_TEXTS[status])
    assert page.locator("#info").inner_text() == (
        "" if status == "failed" else f"Слова про {INFO_OF.get(status, status)}"
    )
    assert page.get_by_role("button").all_inner_texts() == ([PAYABLE[status]] if status in PAYABLE else [])


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("pending", "Возвращаем деньги…"),
        ("succeeded", "Деньги возвращены"),
        ("failed", "Не удалось вернуть деньги. Обратитесь в поддержку."),
    ],
)
def test_the_refund_is_told_plainly(backend: FakeBackend, page: Page, status: str, text: str) -> None:
    backend.order = an_order("make_failed", refund=a_refund(status))
    page.goto(address(backend))
    expect(page.get_by_text(text, exact=True)).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def test_a_refund_under_way_is_followed_to_its_end(backend: FakeBackend, page: Page) -> None:
    page.clock.install()
    backend.order = an_order("failed", refund=a_refund("pending"), poll_after_ms=5000)
    page.goto(address(backend))
    expect(page.get_by_text("Возвращаем деньги…", exact=True)).to_be_visible()
    backend.become("failed", refund=a_refund("succeeded"))
    page.clock.run_for(5100)
    expect(page.get_by_text("Деньги возвращены", exact=True)).to_be_visible()


def test_an_expired_order_offers_nothing_but_to_scan_again(backend: FakeBackend, page: Page) -> None:
    backend.order = an_order("not_paid", expires_in=-5)
    page.goto(address(backend))
    expired = "Срок действия заказа истёк. Отсканируйте QR-код ещё раз."
    expect(page.get_by_role("heading", name=expired)).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def test_an_order_expires_while_it_is_looked_at(backend: FakeBackend, page: Page) -> None:
    stop_clock(page)
    backend.order = an_order(expires_in=125)
    page.goto(address(backend))
    expect(page.get_by_role("timer")).to_contain_text("осталось")
    page.clock.run_for(117_000)
    expect(page.get_by_role("timer")).to_have_text(re.compile("осталось 0:0"))
    page.clock.run_for(10_000)
    expect(page.get_by_role("heading", name="Срок действия заказа истёк")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize(("status", "code", "helps"), CREATE_ERRORS)
def test_a_refused_order_shows_its_message(
    backend: FakeBackend, page: Page, status: int, code: str, helps: bool
) -> None:
    device = {"location": "Холл у лифтов", "logo_url": LOGO_URL, "client_error_info": HELP}
    backend.script("create", refusal(status, code, f"Сообщение о {code}.", device))
    page.goto(address(backend, scanned=True))
    expect(page.get_by_role("heading", name=f"Сообщение о {code}.")).to_be_visible()
    expect(page.get_by_text("Холл у лифтов")).to_be_visible()
    expect(page.get_by_text("Поможем по телефону")).to_be_visible()
    expect(page.locator("header img")).to_be_visible()
    assert page.get_by_role("button").all_inner_texts() == (["Попробовать ещё раз"] if helps else [])


@pytest.mark.parametrize(("status", "code", "helps"), PAY_ERRORS)
def test_a_refused_payment_shows_its_message(
    backend: FakeBackend, page: Page, status: int, code: str, helps: bool
) -> None:
    backend.script("pay", refusal(status, code, f"Сообщение о {code}."))
    page.goto(address(backend))
    page.get_by_role("button", name="Перейти к оплате").click()
    expect(page.get_by_role("heading", name=f"Сообщение о {code}.")).to_be_visible()
    expect(page.get_by_role("heading", name="Молочная пена")).to_be_visible()
    assert page.get_by_role("button").all_inner_texts() == (["Попробовать ещё раз"] if helps else [])


@pytest.mark.parametrize(
    "code", ["EMAIL_REQUIRED", "INVALID_EMAIL", "RECURRING_NOT_AVAILABLE", "INVALID_PAYMENT_REQUEST"]
)
def test_what_the_customer_can_mend_is_said_beside_the_button(backend: FakeBackend, page: Page, code: str) -> None:
    backend.script("pay", refusal(400, code, f"Сообщение о {code}."))
    page.goto(address(backend))
    page.get_by_role("button", name="Перейти к оплате").click()
    expect(page.get_by_role("alert").filter(has_text=f"Сообщение о {code}.")).to_be_visible()
    expect(page.get_by_role("button", name="Перейти к оплате")).to_be_enabled()


def test_another_try_makes_the_order(backend: FakeBackend, page: Page) -> None:
    backend.script("create", refusal(503, "PRICE_UNAVAILABLE", "Не удалось узнать цену."))
    page.goto(address(backend, scanned=True))
    page.get_by_role("button", name="Попробовать ещё раз").click()
    expect(page.get_by_role("button", name="Перейти к оплате")).to_be_visible()
    assert backend.bodies("create") == [QR_PARAMETERS] * 2


def test_an_unknown_order_is_told_as_the_server_tells_it(backend: FakeBackend, page: Page) -> None:
    backend.script("status", refusal(404, "ORDER_NOT_FOUND", "Заказ не найден. Отсканируйте QR-код ещё раз."))
    page.goto(address(backend))
    expect(page.get_by_role("heading", name="Заказ не найден.")).to_be_visible()


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", ""])
def test_a_gateway_that_breaks_in_never_shows_its_own_words(backend: FakeBackend, page: Page, body: str) -> None:
    backend.script("create", Reply(502, body))
    page.goto(address(backend, scanned=True))
    expect(page.get_by_role("heading", name="Сервис временно недоступен.")).to_be_visible()
    expect(page.get_by_role("button", name="Попробовать ещё раз")).to_be_visible()
