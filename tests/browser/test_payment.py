"""From the button to the provider and back."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.fake_backend import LOST, FakeBackend, Reply, refusal
from tests.browser.orders import ORDER_ID, an_order
from tests.browser.scenes import CARD, address

PAY = "Перейти к оплате"


def press(page: Page, name: str = PAY) -> None:
    page.get_by_role("button", name=name).click()


def test_the_button_leads_to_the_provider(backend: FakeBackend, page: Page) -> None:
    page.goto(address(backend))
    press(page)
    page.wait_for_url("**/provider")
    assert backend.bodies("pay") == [{"order_id": ORDER_ID}]


def test_back_from_the_provider_the_payment_is_waited_for(backend: FakeBackend, page: Page) -> None:
    page.goto(address(backend))
    press(page)
    page.wait_for_url("**/provider")
    backend.become("pending")
    page.go_back()
    expect(page.get_by_role("heading", name="Проверяем оплату заказа...")).to_be_visible()
    backend.become("make_pending")
    expect(page.get_by_role("heading", name="Готовим напиток...")).to_be_visible()


def test_a_double_tap_starts_one_payment(backend: FakeBackend, page: Page) -> None:
    backend.script("pay", Reply(200, {"confirmation_url": f"{backend.url}/provider"}, held=True))
    page.goto(address(backend))
    page.get_by_role("button", name=PAY).dblclick()
    page.get_by_role("button", name="Открываем оплату…").click(force=True)
    page.keyboard.press("Enter")
    backend.release()
    page.wait_for_url("**/provider")
    assert backend.count("pay") == 1


def test_a_lost_answer_to_the_payment_can_be_asked_for_again(backend: FakeBackend, page: Page) -> None:
    backend.script("pay", LOST)
    page.goto(address(backend))
    press(page)
    expect(page.get_by_role("heading", name=re.compile("Нет связи.*Дважды деньги не спишутся"))).to_be_visible()
    press(page, "Попробовать ещё раз")
    page.wait_for_url("**/provider")


def test_a_dangerous_address_is_not_followed(backend: FakeBackend, page: Page) -> None:
    backend.confirmation_url = "javascript:document.title='hacked'"
    page.goto(address(backend))
    press(page)
    expect(page.get_by_role("heading", name="Сервис временно недоступен.")).to_be_visible()


def test_a_payment_refused_by_the_bank_can_be_repeated(backend: FakeBackend, page: Page) -> None:
    backend.order = an_order("not_paid")
    page.goto(address(backend))
    press(page, "Повторить оплату")
    page.wait_for_url("**/provider")


def test_a_customer_who_left_the_provider_finds_the_way_back(backend: FakeBackend, page: Page) -> None:
    page.clock.install()
    backend.order = an_order("pending")
    page.goto(address(backend))
    expect(page.get_by_role("heading", name="Проверяем оплату заказа...")).to_be_visible()
    page.clock.run_for(9000)
    press(page, "Вернуться к оплате")
    page.wait_for_url("**/provider")


@pytest.mark.parametrize("code", ["ORDER_ALREADY_PAID", "ORDER_NOT_PAYABLE"])
def test_of_two_tabs_the_second_learns_what_the_first_did(
    backend: FakeBackend, context: BrowserContext, code: str
) -> None:
    first, second = context.new_page(), context.new_page()
    for tab in (first, second):
        tab.goto(address(backend))
        expect(tab.get_by_role("button", name=PAY)).to_be_visible()
    press(first)
    first.wait_for_url("**/provider")
    backend.become("successful" if code == "ORDER_ALREADY_PAID" else "make_failed")
    backend.script("pay", refusal(409, code, "Заказ уже не оплатить."))
    press(second)
    expect(second.get_by_role("heading", name=backend.order["status_text"])).to_be_visible()


class TestEmail:
    def test_a_required_one_is_asked_for_before_anything_is_sent(self, backend: FakeBackend, page: Page) -> None:
        backend.order = an_order(receipt={"email": "required"})
        page.goto(address(backend))
        press(page)
        expect(page.get_by_role("alert").filter(has_text="Укажите почту")).to_be_visible()
        expect(page.get_by_label("Почта для чека")).to_be_focused()
        page.keyboard.type("anna@example.ru")
        page.keyboard.press("Enter")
        page.wait_for_url("**/provider")
        assert backend.bodies("pay") == [{"order_id": ORDER_ID, "email": "anna@example.ru"}]

    def test_an_optional_one_may_be_left_out(self, backend: FakeBackend, page: Page) -> None:
        backend.order = an_order(receipt={"email": "optional"})
        page.goto(address(backend))
        expect(page.get_by_text("по желанию")).to_be_visible()
        press(page)
        page.wait_for_url("**/provider")
        assert backend.bodies("pay") == [{"order_id": ORDER_ID}]

    def test_a_slip_is_noticed_and_what_was_typed_stays(self, backend: FakeBackend, page: Page) -> None:
        backend.order = an_order(receipt={"email": "optional"})
        page.goto(address(backend))
        page.get_by_label("Почта для чека").fill("anna@example")
        press(page)
        expect(page.get_by_role("alert").filter(has_text="Проверьте адрес")).to_be_visible()
        expect(page.get_by_label("Почта для чека")).to_have_value("anna@example")
        assert backend.count("pay") == 0


class TestSavedCard:
    def test_is_saved_with_consent_only(self, backend: FakeBackend, page: Page) -> None:
        backend.card_saving = True
        page.goto(address(backend))
        consent = page.get_by_label("Запомнить карту для следующих покупок")
        expect(consent).not_to_be_checked()
        press(page)
        page.wait_for_url("**/provider")
        assert backend.bodies("pay") == [{"order_id": ORDER_ID}]

    def test_with_consent_the_key_is_made_and_sent(self, backend: FakeBackend, page: Page) -> None:
        backend.card_saving = True
        page.goto(address(backend))
        page.get_by_label("Запомнить карту для следующих покупок").check()
        press(page)
        page.wait_for_url("**/provider")
        (payment,) = backend.bodies("pay")
        assert payment["save_card"] is True
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", payment["customer_key"])
        page.goto(address(backend, scanned=True))
        backend.wait_for("create", 1)
        assert backend.bodies("create")[0]["customer_key"] == payment["customer_key"]

    def test_pays_with_one_tap_and_no_redirect(self, backend: FakeBackend, page: Page) -> None:
        self._open_with_card(backend, page)
        backend.confirmation_url = None
        press(page, "Оплатить картой •• 4242")
        backend.wait_for("pay", 1)
        backend.become("make_pending")
        expect(page.get_by_role("heading", name="Готовим напиток...")).to_be_visible()
        expected = {"order_id": ORDER_ID, "use_saved_card": True, "customer_key": "the-key"}
        assert backend.bodies("pay") == [expected]

    def test_that_is_refused_gives_way_to_the_ordinary_payment(self, backend: FakeBackend, page: Page) -> None:
        self._open_with_card(backend, page)
        backend.confirmation_url = None
        backend.become("not_paid")
        press(page, "Оплатить картой •• 4242")
        expect(page.get_by_role("button", name="Повторить оплату")).to_be_visible()
        assert "4242" not in page.locator("body").inner_text()

    def test_leaves_room_for_another_way(self, backend: FakeBackend, page: Page) -> None:
        self._open_with_card(backend, page)
        press(page, "Другой способ оплаты")
        page.wait_for_url("**/provider")
        assert backend.bodies("pay") == [{"order_id": ORDER_ID}]

    def test_is_forgotten_on_demand(self, backend: FakeBackend, page: Page) -> None:
        self._open_with_card(backend, page)
        press(page, "Забыть карту")
        expect(page.get_by_role("button", name=PAY)).to_be_visible()
        assert backend.bodies("forget") == [{"order_id": ORDER_ID, "customer_key": "the-key"}]
        assert page.evaluate("localStorage.length") == 0

    def test_stays_when_it_could_not_be_forgotten(self, backend: FakeBackend, page: Page) -> None:
        self._open_with_card(backend, page)
        backend.script("forget", refusal(503, "TEMPORARILY_UNAVAILABLE", "Попробуйте позже."))
        press(page, "Забыть карту")
        expect(page.get_by_role("alert").filter(has_text="Попробуйте позже.")).to_be_visible()
        expect(page.get_by_role("button", name="Оплатить картой •• 4242")).to_be_enabled()
        assert page.evaluate("localStorage.customer_key") == "the-key"

    def test_that_the_shop_may_not_save_is_not_offered_again(self, backend: FakeBackend, page: Page) -> None:
        backend.card_saving = True
        backend.script("pay", refusal(403, "RECURRING_NOT_AVAILABLE", "Попробуйте оплатить без сохранения карты."))
        page.goto(address(backend))
        page.get_by_label("Запомнить карту для следующих покупок").check()
        press(page)
        expect(page.get_by_text("Попробуйте оплатить без сохранения карты.").first).to_be_visible()
        press(page)
        page.wait_for_url("**/provider")
        assert backend.bodies("pay")[1] == {"order_id": ORDER_ID}

    def test_leaves_no_trace_where_it_is_switched_off(self, backend: FakeBackend, page: Page) -> None:
        backend.saved_card = CARD
        page.add_init_script("localStorage.setItem('customer_key', 'the-key')")
        page.goto(address(backend, scanned=True))
        press(page)
        page.wait_for_url("**/provider")
        assert "customer_key" not in backend.bodies("create")[0]
        assert backend.bodies("pay") == [{"order_id": ORDER_ID}]
        page.go_back()
        expect(page.get_by_role("button", name=PAY)).to_be_visible()
        assert "карт" not in page.locator("body").inner_text().lower()

    def _open_with_card(self, backend: FakeBackend, page: Page) -> None:
        backend.card_saving, backend.saved_card = True, CARD
        page.goto(address(backend, bare=True))
        page.evaluate("localStorage.setItem('customer_key', 'the-key')")
        page.goto(address(backend, scanned=True))
        expect(page.get_by_role("button", name="Оплатить картой •• 4242")).to_be_visible()
