"""The checkout page that the stand-in payment providers share: strict, small, made for a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

# No `form-action`: Chromium applies it to the redirect back to the shop as well.
POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"

# What the page says when nothing is left to do, by state.
ENDS = {
    "paid": ("Оплачено", "Спасибо! Деньги получены."),
    "held": ("Деньги заблокированы на карте", "Магазин ещё не подтвердил списание."),
    "refunded": ("Деньги возвращены", "Магазин вернул оплату на карту."),
    "canceled": ("Платёж отменён", "Деньги не списаны."),
    "expired": ("Время на оплату вышло", "Деньги не списаны. Вернитесь к заказу, чтобы попробовать ещё раз."),
}


@dataclass(frozen=True)
class Action:
    """A button of the section for testers: what it posts, its label, what it leads to."""

    value: str
    label: str
    hint: str


@dataclass(frozen=True)
class Screen:
    """What the page shows; `state` is open or one of ENDS."""

    provider: str
    shop: str
    description: str
    kopecks: int
    state: str
    back_url: str
    notes: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def title(self) -> str:
        return ENDS[self.state][0] if self.state in ENDS else f"Оплата {self.amount}"

    @property
    def text(self) -> str:
        return ENDS[self.state][1] if self.state in ENDS else ""

    @property
    def amount(self) -> str:
        rubles = f"{self.kopecks // 100:,}".replace(",", "\N{NO-BREAK SPACE}")
        rest = self.kopecks % 100
        return f"{rubles},{rest:02d}\N{NO-BREAK SPACE}₽" if rest else f"{rubles}\N{NO-BREAK SPACE}₽"


def checkout_pages(theme: str, show: Callable[[str], Screen], act: Callable[[str, str], str | None]) -> Blueprint:
    """`GET` and `POST /checkout/<payment id>`.

    `show` describes the page of a payment. `act(payment id, action)` carries out a button and says
    where the browser goes next; None: back to the page itself.
    """
    pages = Blueprint("checkout", __name__, template_folder="templates", static_folder="static", url_prefix="/checkout")

    @pages.get("/<payment_id>")
    def show_checkout(payment_id: str) -> Response:
        screen = show(payment_id)
        back_url = screen.back_url if urlsplit(screen.back_url).scheme in ("http", "https") else ""
        page = render_template("checkout.html", screen=screen, theme=theme, back_url=back_url)
        answer = make_response(page)
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.post("/<payment_id>")
    def finish_checkout(payment_id: str) -> WerkzeugResponse:
        onward = act(payment_id, request.form.get("action", ""))
        return redirect(onward or url_for(".show_checkout", payment_id=payment_id), code=303)

    return pages
