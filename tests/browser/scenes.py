"""Every state of the page, set up once for the checks and pictures that go through all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.fake_backend import LOST, FakeBackend, Reply, refusal
from tests.browser.orders import ORDER_ID, QR_PARAMETERS, STATUS_TEXTS, a_device, a_refund, an_order, moment

LOGO_URL = "https://logo.example/logo.svg"
INFO = (
    "<p>Стаканы и крышки — <b>слева от машины</b>.</p>"
    "<ul><li>Сахар и сироп — на стойке</li><li>Без лактозы — выберите на экране</li></ul>"
)
HELP = '<p>Поможем по телефону <a href="tel:+78000000000">8 800 000-00-00</a>, ежедневно с 8 до 22.</p>'
DEVICE = a_device(
    logo_url=LOGO_URL,
    client_info=INFO,
    client_info_pending="<p>Не закрывайте страницу.</p>",
    client_info_make_pending="<p>Поставьте стакан под носик <b>А</b>.</p>",
    client_info_successful='<p>Осторожно, горячо! Скидки — <a href="https://example.com/">в приложении</a>.</p>',
    client_info_not_paid="<p>Оплатить можно и через СБП.</p>",
    client_info_make_failed=HELP,
    client_error_info=HELP,
)
OFFLINE = refusal(
    503,
    "DEVICE_OFFLINE",
    "Кофемашина недоступна. Пожалуйста, попробуйте другое устройство или обратитесь к администратору.",
    {"location": DEVICE["location"], "logo_url": LOGO_URL, "client_error_info": HELP},
)
EXPIRED = "Срок действия заказа истёк. Отсканируйте QR-код ещё раз."
CARD = {"brand": "MIR", "last4": "4242"}


def stop_clock(page: Page) -> None:
    """From now on the page's clock runs only when it is told to (`page.clock.run_for`)."""
    start = datetime.now()
    page.clock.install(time=start)
    page.clock.pause_at(start + timedelta(minutes=5))  # it has run since: a moment that a busy machine cannot pass


def _nothing(page: Page) -> None:
    """Most states need no more than to be opened."""


@dataclass(frozen=True)
class Scene:
    """`changes` are made to the order in that status, `act` is what the customer does then."""

    name: str
    status: str = "created"
    changes: dict[str, Any] = field(default_factory=dict)
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    scanned: bool = False
    bare: bool = False
    text: str = ""
    card_saving: bool = False
    saved_card: dict[str, str] | None = None
    act: Callable[[Page], None] = _nothing

    def play(self, backend: FakeBackend, page: Page) -> None:
        """Opens the page in this state and waits until it is there, its logo included."""
        backend.order = an_order(self.status, **{"device": DEVICE, **self.changes})
        backend.card_saving, backend.saved_card = self.card_saving, self.saved_card
        for kind, replies in self.replies.items():
            backend.script(kind, *replies)
        if self.saved_card:
            page.add_init_script("localStorage.setItem('customer_key', 'known-only-to-this-browser')")
        page.goto(address(backend, scanned=self.scanned, bare=self.bare))
        self.act(page)
        expect(page.get_by_text(self.text or STATUS_TEXTS[self.status], exact=True).first).to_be_visible()
        if self.name not in ("scan", "loading"):
            expect(page.locator("header img")).to_be_visible()


def address(backend: FakeBackend, *, scanned: bool = False, bare: bool = False, **parameters: str) -> str:
    """The page as it is opened from the QR code, with an order's id (the usual case), or with nothing."""
    asked: dict[str, Any] = {} if bare else {**QR_PARAMETERS, **parameters} if scanned else {"order_id": ORDER_ID}
    return backend.site_url + ("?" + urlencode(asked) if asked else "")


def _press_pay(page: Page) -> None:
    page.get_by_role("button", name="Перейти к оплате").click()


EMAIL = {"receipt": {"email": "required"}}
PENDING = Reply(200, an_order("pending", device=DEVICE))
HELD = Reply(held=True)

SCENES = [
    Scene("scan", bare=True, text="Отсканируйте QR-код на кофемашине"),
    Scene("loading", scanned=True, replies={"create": [HELD]}, text="Проверяем заказ…"),
    Scene("created"),
    Scene("created-receipt", changes=EMAIL, card_saving=True),
    Scene("email-missing", changes=EMAIL, act=_press_pay, text="Укажите почту: на неё придёт чек."),
    Scene("created-saved-card", scanned=True, card_saving=True, saved_card=CARD),
    Scene("paying", replies={"pay": [HELD]}, act=_press_pay, text="Открываем оплату…"),
    Scene("pending", "pending"),
    Scene("no-connection", "pending", replies={"status": [PENDING, *[LOST] * 9]}, text="Нет связи. Пробуем ещё раз…"),
    Scene("paid", "paid"),
    Scene("not-paid", "not_paid"),
    Scene("make-pending", "make_pending"),
    Scene("successful", "successful"),
    Scene("failed-refund", "failed", {"refund": a_refund("pending"), "poll_after_ms": 5000}),
    Scene("make-failed-refunded", "make_failed", {"refund": a_refund("succeeded")}),
    Scene("make-failed-refund-failed", "make_failed", {"refund": a_refund("failed")}),
    Scene("expired", changes={"expires_at": moment(-1)}, text=EXPIRED),
    Scene("error", replies={"create": [OFFLINE]}, scanned=True, text=OFFLINE.body["error"]["message"]),
]
