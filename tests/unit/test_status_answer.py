"""What the page is told: SPEC §6's object, §3's texts, harmless HTML, and a tag that ignores the clock."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.device import CLIENT_INFO
from shared.domain.order import EmailRule, RefundStatus, Scenario, Status
from shared.services.show_status import device_in_error, rendered, sanitize, show_order, status_answer
from tests.worlds.builders import NOON, ORDER_ID, a_device, a_refund, an_order, later
from tests.worlds.live import LiveWorld

TEXTS = {
    Status.CREATED: "Подтвердите заказ для оплаты",
    Status.PENDING: "Проверяем оплату заказа...",
    Status.PAID: "Заказ успешно оплачен, начинаем готовить",
    Status.NOT_PAID: "Оплата не прошла",
    Status.MAKE_PENDING: "Готовим напиток...",
    Status.SUCCESSFUL: "Напиток готов",
    Status.FAILED: "Произошла ошибка при обработке заказа",
    Status.MAKE_FAILED: "Не удалось отправить команду на приготовление. Пожалуйста, обратитесь в поддержку.",
}


def answer(status: Status = Status.CREATED, **changes: Any) -> dict[str, Any]:
    return status_answer(an_order(status, **changes), a_device(), NOON)


def test_the_object_is_the_specifications() -> None:
    device = a_device(
        logo_url="https://cdn.example/logo.svg",
        client_info={name: f"<b>{name}</b>" for name in CLIENT_INFO},
        client_error_info="<i>8 800</i>",
    )
    assert status_answer(an_order(), device, later(1.5)) == {
        "order_id": ORDER_ID,
        "status": "created",
        "status_text": "Подтвердите заказ для оплаты",
        "drink_name": "Молочная пена",
        "drink_size": "средний",
        "price": 150.0,
        "expires_at": "2026-03-17T12:15:00.000+03:00",
        "server_time": "2026-03-17T12:00:01.500+03:00",
        "payment_scenario": "Yookassa",
        "receipt": {"email": "hidden"},
        "refund": None,
        "poll_after_ms": None,
        "device": {
            "location": "Лобби, 1 этаж",
            "logo_url": "https://cdn.example/logo.svg",
            **{name: f"<b>{name}</b>" for name in CLIENT_INFO},
            "client_error_info": "<i>8 800</i>",
        },
    }


@pytest.mark.parametrize(("status", "text"), TEXTS.items())
def test_each_status_has_its_text(status: Status, text: str) -> None:
    told = answer(status)
    assert (told["status"], told["status_text"]) == (status.value, text)


def test_a_drink_whose_time_is_over_is_told_as_ready() -> None:
    told = status_answer(an_order(Status.MAKE_PENDING), a_device(), later(90))
    assert (told["status"], told["status_text"], told["poll_after_ms"]) == ("successful", "Напиток готов", None)


@pytest.mark.parametrize(("size", "name"), [(0, "маленький"), (1, "средний"), (2, "большой")])
def test_each_size_has_its_name(size: int, name: str) -> None:
    assert answer(size=size)["drink_size"] == name


@pytest.mark.parametrize(("kopecks", "rubles"), [(15000, 150.0), (15050, 150.5), (1, 0.01)])
def test_a_price_is_told_in_rubles(kopecks: int, rubles: float) -> None:
    assert answer(price=kopecks)["price"] == rubles


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize("rule", EmailRule)
def test_scenario_and_email_rule_are_told_as_words(scenario: Scenario, rule: EmailRule) -> None:
    told = answer(payment_scenario=scenario, receipt_email=rule)
    assert (told["payment_scenario"], told["receipt"]) == (scenario.value, {"email": rule.value})


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (RefundStatus.DUE, "pending"),
        (RefundStatus.PENDING, "pending"),
        (RefundStatus.SUCCEEDED, "succeeded"),
        (RefundStatus.FAILED, "failed"),
    ],
)
def test_a_refund_is_told_with_its_amount(status: RefundStatus, word: str) -> None:
    told = answer(Status.MAKE_FAILED, refunds=(a_refund(status, amount=15050),))
    assert told["refund"] == {"status": word, "amount": 150.5}


def test_a_machine_that_is_gone_leaves_empty_fields() -> None:
    device = status_answer(an_order(), None, NOON)["device"]
    assert set(device) == {"location", "logo_url", "client_error_info", *CLIENT_INFO}
    assert set(device.values()) == {None}


def test_an_error_has_only_what_the_error_screen_shows() -> None:
    device = a_device(client_error_info="<script>x</script><b>8 800</b>", client_info={"client_info": "not here"})
    assert device_in_error(device) == {
        "location": "Лобби, 1 этаж",
        "logo_url": None,
        "client_error_info": "<b>8 800</b>",
    }


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        (None, None),
        ("", ""),
        ("Скидка 10 %", "Скидка 10 %"),
        (
            "<b>b</b><strong>s</strong><i>i</i><em>e</em><u>u</u>",
            "<b>b</b><strong>s</strong><i>i</i><em>e</em><u>u</u>",
        ),
        ("<ul><li>1</li></ul><ol><li>2</li></ol>", "<ul><li>1</li></ul><ol><li>2</li></ol>"),
        ("<p>a<br>b</p>", "<p>a<br>b</p>"),
        ("2 < 3 & 4", "2 &lt; 3 &amp; 4"),
        ("<script>alert(1)</script>", ""),
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"),
        ("<style>body{display:none}</style>x", "x"),
        ("<b onclick=alert(1) style=color:red class=x id=y>x</b>", "<b>x</b>"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<svg onload=alert(1)></svg>", ""),
        ("<iframe src=https://evil.example></iframe>", ""),
        ("<form action=/><input name=card></form>", ""),
        ("<div><h1>x</h1></div>", "x"),
        ("<!-- comment -->x", "x"),
        ("<b>never closed", "<b>never closed</b>"),
    ],
)
def test_html_keeps_emphasis_and_lists_and_nothing_that_runs(html: str | None, clean: str | None) -> None:
    assert sanitize(html) == clean


@pytest.mark.parametrize(
    "url", ["https://example.ru/?a=1", "http://example.ru", "mailto:a@example.ru", "tel:88005553535"]
)
def test_a_link_keeps_its_address_and_tells_nobody_where_it_came_from(url: str) -> None:
    assert sanitize(f'<a href="{url}" target=_blank>x</a>') == f'<a href="{url}" rel="noopener noreferrer">x</a>'


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
    ],
)
def test_a_link_that_runs_something_loses_its_address(url: str) -> None:
    assert sanitize(f'<a href="{url}">x</a>') == '<a rel="noopener noreferrer">x</a>'


@pytest.mark.parametrize("name", [*CLIENT_INFO, "client_error_info"])
def test_every_html_field_of_a_device_is_sanitized(name: str) -> None:
    hostile = "<b>x</b><script>alert(1)</script>"
    changes: dict[str, Any] = {"client_info": {name: hostile}} if name in CLIENT_INFO else {name: hostile}
    device = a_device(**changes)
    assert status_answer(an_order(), device, NOON)["device"][name] == "<b>x</b>"


def test_the_rendered_answer_is_the_answer() -> None:
    told = answer(Status.PENDING)
    body, _ = rendered(told)
    assert json.loads(body) == told
    assert "Молочная пена".encode() in body


def test_the_tag_ignores_the_clock() -> None:
    bodies, tags = zip(*(rendered(status_answer(an_order(), a_device(), later(s))) for s in (0, 1)), strict=True)
    assert bodies[0] != bodies[1]
    assert tags[0] == tags[1]


@pytest.mark.parametrize(
    "other",
    [
        answer(Status.PENDING),
        answer(expires_at=later(minutes=16)),
        answer(refunds=(a_refund(),)),
        status_answer(an_order(), a_device(location="Холл"), NOON),
        status_answer(an_order(), a_device(client_info={"client_info": "x"}), NOON),
    ],
    ids=["status", "expiry", "refund", "location", "client_info"],
)
def test_the_tag_changes_with_everything_else(other: dict[str, Any]) -> None:
    assert rendered(answer())[1] != rendered(other)[1]


def test_a_tag_is_a_weak_one() -> None:
    _, tag = rendered(answer())
    assert tag.startswith('W/"')
    assert tag.endswith('"')
    assert tag[3:-1].isalnum()


def test_a_poll_reads_the_order_once_and_writes_nothing() -> None:
    live = LiveWorld().put(an_order(Status.PENDING))
    assert show_order(live.world, ORDER_ID)["status"] == "pending"
    names = [type(call).__name__ for call in live.calls]
    assert (names.count("GetOrder"), names.count("ReplaceOrder")) == (1, 0)


def test_nothing_of_the_payment_is_told_to_whoever_knows_the_order() -> None:
    order = an_order(Status.PENDING)
    told = json.dumps(status_answer(replace(order, merchant_id="secret-llc"), a_device(), NOON))
    assert not any(word in told for word in ("payment-1", "key-1", "secret-llc", "checkout.example"))
