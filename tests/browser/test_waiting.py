"""How the page waits: its pace, its patience with a bad network, a hidden tab, a wrong clock."""

import re
import time
from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.fake_backend import LOST, FakeBackend, Reply
from tests.browser.orders import an_order
from tests.browser.scenes import address, stop_clock

NOTICE = "Нет связи. Пробуем ещё раз…"
MOMENT_IT_IS_READY = """() => {
    const heading = document.getElementById('heading');
    const ready = done => heading.textContent === 'Напиток готов' && done(Date.now());
    window.shown = new Promise(done => new MutationObserver(() => ready(done)).observe(heading, {childList: true}));
}"""


def open_in(backend: FakeBackend, page: Page, status: str) -> None:
    backend.order = an_order(status)
    page.goto(address(backend))
    expect(page.get_by_role("heading", name=backend.order["status_text"])).to_be_visible()


def set_hidden(page: Page, hidden: bool) -> None:
    """What a browser does when the customer switches to another tab or comes back."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
            document.dispatchEvent(new Event('visibilitychange'));
        }""",
        hidden,
    )


def pass_time(page: Page, backend: FakeBackend, seconds: float) -> None:
    """The page's clock runs on by itself for that long; after each half second its questions get their answers."""
    for _ in range(int(seconds * 2)):
        page.clock.run_for(500)
        page.evaluate("fetch('style.css').then(style => style.text())")


def test_a_change_is_seen_within_a_second_and_a_half(backend: FakeBackend, page: Page) -> None:
    # The pace itself is proven on a fake clock. Here a busy machine may stall once, but not three times.
    waits = [seconds_until_shown(backend, page) for _ in range(3)]
    assert min(waits) < 2.5


def seconds_until_shown(backend: FakeBackend, page: Page) -> float:
    """From a change that is just too late for the last question, the longest wait there is."""
    open_in(backend, page, "make_pending")
    page.evaluate(MOMENT_IT_IS_READY)
    backend.wait_for("status", backend.count("status") + 1)
    backend.become("successful")
    changed = time.time()
    return float(page.evaluate("shown")) / 1000 - changed


def test_a_minute_of_waiting_costs_at_most_40_questions(backend: FakeBackend, page: Page) -> None:
    stop_clock(page)
    open_in(backend, page, "make_pending")
    pass_time(page, backend, 60)
    assert 36 <= backend.count("status") <= 40


def test_a_late_webhook_is_made_up_for_by_a_check(backend: FakeBackend, page: Page) -> None:
    stop_clock(page)
    open_in(backend, page, "pending")
    pass_time(page, backend, 3.5)
    assert backend.count("check") == 0
    backend.script("check", Reply(200, {**an_order("paid"), "server_time": backend.order["expires_at"]}))
    pass_time(page, backend, 2)
    backend.wait_for("check", 1)
    assert backend.bodies("check") == [{"order_id": backend.order["order_id"]}]
    expect(page.get_by_role("heading", name="Заказ успешно оплачен")).to_be_visible()


def test_a_finished_order_is_left_alone(backend: FakeBackend, page: Page) -> None:
    stop_clock(page)
    open_in(backend, page, "successful")
    pass_time(page, backend, 20)
    set_hidden(page, True)
    set_hidden(page, False)
    pass_time(page, backend, 5)
    assert backend.count("status") == 1


def test_a_lost_network_is_noticed_discreetly_and_survived(backend: FakeBackend, page: Page) -> None:
    open_in(backend, page, "make_pending")
    page.context.set_offline(True)
    expect(page.get_by_text(NOTICE).first).to_be_visible()
    expect(page.get_by_role("heading", name="Готовим напиток...")).to_be_visible()
    backend.become("successful")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Напиток готов")).to_be_visible()
    expect(page.get_by_text(NOTICE)).to_have_count(0)


def test_a_page_that_could_not_load_its_order_tries_again_by_itself(backend: FakeBackend, page: Page) -> None:
    stop_clock(page)
    backend.script("status", LOST)
    page.goto(address(backend))
    expect(page.get_by_role("heading", name="Нет связи с сервером.")).to_be_visible()
    expect(page.get_by_role("button", name="Попробовать ещё раз")).to_be_visible()
    page.clock.run_for(3000)
    expect(page.get_by_role("button", name="Перейти к оплате")).to_be_visible()


def test_a_slow_answer_is_waited_for_without_a_second_question(backend: FakeBackend, page: Page) -> None:
    stop_clock(page)
    open_in(backend, page, "make_pending")
    backend.script("status", Reply(200, {**an_order("successful"), "server_time": an_order()["expires_at"]}, held=True))
    pass_time(page, backend, 6)
    backend.wait_for("status", 2)
    assert backend.count("status") == 2
    backend.release()
    expect(page.get_by_role("heading", name="Напиток готов")).to_be_visible()


def test_an_answer_that_never_comes_ends_in_words(backend: FakeBackend, page: Page) -> None:
    stop_clock(page)
    backend.script("create", Reply(held=True))
    page.goto(address(backend, scanned=True))
    backend.wait_for("create", 1)
    pass_time(page, backend, 21)
    expect(page.get_by_role("heading", name="Сервер долго не отвечает.")).to_be_visible()
    expect(page.get_by_role("button", name="Попробовать ещё раз")).to_be_visible()


def test_a_hidden_tab_asks_nothing_and_looks_at_once_when_seen(backend: FakeBackend, page: Page) -> None:
    stop_clock(page)
    open_in(backend, page, "pending")
    set_hidden(page, True)
    pass_time(page, backend, 15)
    asked = len(backend.calls)
    assert asked == 1
    backend.become("successful")
    set_hidden(page, False)
    expect(page.get_by_role("heading", name="Напиток готов")).to_be_visible()
    assert len(backend.calls) == asked + 1


def test_an_order_paid_in_another_tab_is_up_to_date_when_this_one_is_seen(backend: FakeBackend, page: Page) -> None:
    open_in(backend, page, "created")
    set_hidden(page, True)
    backend.become("make_pending")
    set_hidden(page, False)
    expect(page.get_by_role("heading", name="Готовим напиток...")).to_be_visible()


def test_out_of_the_back_forward_cache_the_page_wakes_up(backend: FakeBackend, page: Page) -> None:
    open_in(backend, page, "created")
    backend.script("pay", Reply(200, {"confirmation_url": backend.url + "/provider"}, held=True))
    page.get_by_role("button", name="Перейти к оплате").click()
    expect(page.get_by_role("button", name="Открываем оплату…")).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    backend.become("not_paid")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.get_by_role("button", name="Повторить оплату")).to_be_enabled()


def test_a_phone_clock_20_minutes_wrong_changes_nothing(backend: FakeBackend, page: Page) -> None:
    for minutes in (-20, 20):
        page.clock.install(time=datetime.now() + timedelta(minutes=minutes))
        backend.order = an_order(expires_in=581)
        page.goto(address(backend))
        expect(page.get_by_role("timer")).to_have_text(re.compile(r"осталось 9:(3\d|4[01])"))
        expect(page.get_by_role("button", name="Перейти к оплате")).to_be_enabled()


def test_a_purchase_over_a_network_that_loses_every_third_request_ends_well(backend: FakeBackend, page: Page) -> None:
    backend.lose_every = 3
    page.goto(address(backend, scanned=True))
    page.get_by_role("button", name="Перейти к оплате").click()
    page.wait_for_url("**/provider")
    backend.become("pending")
    page.go_back()  # this question is the third
    for status in ("pending", "paid", "make_pending", "successful"):
        backend.become(status)
        expect(page.get_by_role("heading", name=backend.order["status_text"])).to_be_visible()
    assert len(backend.calls) >= 5
