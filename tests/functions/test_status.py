"""order_status: everything that the page is told, and nothing that it need not know (SPEC §6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.functions.stand import Stand, answered
from tests.functions.texts import refusal, told

UNKNOWN = "20250317110122659ba6d7-9ace-none"
TEXTS = {
    "created": "Подтвердите заказ для оплаты",
    "pending": "Проверяем оплату заказа...",
    "paid": "Заказ успешно оплачен, начинаем готовить",
    "not_paid": "Оплата не прошла",
    "make_pending": "Готовим напиток...",
    "successful": "Напиток готов",
    "failed": "Произошла ошибка при обработке заказа",
    "make_failed": "Не удалось отправить команду на приготовление. Пожалуйста, обратитесь в поддержку.",
}
INFO = ("", "_pending", "_paid", "_not_paid", "_make_pending", "_successful", "_make_failed")


def test_the_answer_has_every_field_of_the_contract(stand: Stand) -> None:
    stand.device(**{f"client_info{name}": f"текст{name}" for name in INFO})
    order_id = stand.order()
    answer = stand.shown(order_id)
    expires_at, server_time = answer.pop("expires_at"), answer.pop("server_time")
    assert answer == {
        "order_id": order_id,
        "status": "created",
        "status_text": "Подтвердите заказ для оплаты",
        "drink_name": "Молочная пена",
        "drink_size": "средний",
        "price": 150.0,
        "payment_scenario": "Yookassa",
        "receipt": {"email": "hidden"},
        "refund": None,
        "poll_after_ms": None,
        "device": {
            "location": "Бизнес-центр «Север», 1 этаж",
            "logo_url": "https://cdn.coffee.example/logo.png",
            "client_error_info": "Звоните: <b>8 800 000-00-00</b>",
            **{f"client_info{name}": f"текст{name}" for name in INFO},
        },
    }
    assert expires_at.endswith("+03:00") and server_time.endswith("+03:00")
    left = datetime.fromisoformat(expires_at) - datetime.fromisoformat(server_time)
    assert timedelta(minutes=14, seconds=50) < left <= timedelta(minutes=15)
    assert abs(datetime.fromisoformat(server_time) - datetime.now(UTC)) < timedelta(seconds=10)


def test_price_is_a_number_of_rubles_with_its_kopecks(stand: Stand) -> None:
    order_id = stand.order()
    stand.edit(order_id, price=15050)
    assert stand.shown(order_id)["price"] == 150.5


def test_both_forms_of_the_address_answer_the_same(stand: Stand) -> None:
    order_id = stand.order()
    by_path = stand.shown(order_id)
    by_parameter = answered(stand.get("order_status", f"/?order_id={order_id}"))
    assert by_parameter == by_path | {"server_time": by_parameter["server_time"]}


@pytest.mark.parametrize("path", [f"/{UNKNOWN}", f"/?order_id={UNKNOWN}"])
def test_an_order_that_does_not_exist_is_not_found(stand: Stand, path: str) -> None:
    assert told(stand.get("order_status", path)) == refusal("ORDER_NOT_FOUND")


@pytest.mark.parametrize("order_id", ["", "short", "-20250317110122", "a" * 65, "заказ-номер-один", "a.b.c.d.e"])
def test_what_is_no_order_id_never_reaches_the_store(stand: Stand, order_id: str) -> None:
    answer = stand.get("order_status", "/", query_string={"order_id": order_id})
    assert told(answer) == refusal("INVALID_REQUEST", "order_id")
    if order_id:
        assert told(stand.get("order_status", f"/{order_id}")) == refusal("NOT_FOUND")


@pytest.mark.parametrize("status", TEXTS)
def test_each_status_has_its_text_and_its_pace(stand: Stand, status: str) -> None:
    order_id = stand.order()
    stand.edit(order_id, status=status)
    answer = stand.shown(order_id)
    assert (answer["status"], answer["status_text"]) == (status, TEXTS[status])
    waiting = status in ("pending", "paid", "make_pending")
    assert answer["poll_after_ms"] == (1000 if waiting else None)


def test_an_unchanged_order_is_answered_304_though_the_clock_goes_on(stand: Stand) -> None:
    order_id = stand.order()
    first = stand.get("order_status", f"/{order_id}")
    tag = first.headers["ETag"]
    for known in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        again = stand.get("order_status", f"/{order_id}", headers={"If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Cache-Control"] == "private, no-store"


def test_a_changed_order_is_answered_with_another_tag(stand: Stand) -> None:
    order_id = stand.order()
    tag = stand.get("order_status", f"/{order_id}").headers["ETag"]
    stand.start(order_id)
    again = stand.get("order_status", f"/{order_id}", headers={"If-None-Match": tag})
    assert answered(again)["status"] == "pending" and again.headers["ETag"] != tag


def test_no_cache_on_the_way_may_keep_an_answer(stand: Stand) -> None:
    for path in (f"/{stand.order()}", f"/{UNKNOWN}"):
        answer = stand.get("order_status", path)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<b>Смело</b> и <em>мягко</em><br>дальше", "<b>Смело</b> и <em>мягко</em><br>дальше"),
        ("<ul><li>раз</li></ul>", "<ul><li>раз</li></ul>"),
        (
            '<a href="https://help.example/" onclick="x()">помощь</a>',
            '<a href="https://help.example/" rel="noopener noreferrer">помощь</a>',
        ),
        ('<a href="javascript:alert(1)">х</a>', '<a rel="noopener noreferrer">х</a>'),
        ('<a href=" java\nscript:alert(1)">х</a>', '<a rel="noopener noreferrer">х</a>'),
        ("<script>alert(1)</script>после", "после"),
        ("<style>*{display:none}</style>после", "после"),
        ('<img src=x onerror="alert(1)">', ""),
        ('<p style="position:fixed" class="x">т</p>', "<p>т</p>"),
        ("<iframe src='https://evil.example'></iframe>", ""),
        ("2 < 3 & 4", "2 &lt; 3 &amp; 4"),
    ],
)
def test_operators_html_is_shown_without_anything_that_runs(stand: Stand, html: str, shown: str) -> None:
    stand.device(client_info=html, client_error_info=html)
    order_id = stand.order()
    device = stand.shown(order_id)["device"]
    assert (device["client_info"], device["client_error_info"]) == (shown, shown)
    stand.time_passes(order_id, 3600)
    refused = stand.tap(order_id)
    assert answered(refused, 410)["device"]["client_error_info"] == shown


def test_a_device_document_that_is_gone_leaves_its_fields_empty(stand: Stand) -> None:
    order_id = stand.order()
    stand.client.document("devices/test").delete()
    device = stand.shown(order_id)["device"]
    assert set(device.values()) == {None} and len(device) == 10


def test_a_drink_is_shown_as_ready_as_soon_as_its_time_is_over_and_nothing_is_written(stand: Stand) -> None:
    stand.device(brew_seconds=30)
    order_id = stand.brewing()
    stand.time_passes(order_id, 25)
    assert stand.shown(order_id)["status"] == "make_pending"
    stand.time_passes(order_id, 6)
    before = stand.document(order_id)
    answer = stand.shown(order_id)
    assert (answer["status"], answer["status_text"]) == ("successful", "Напиток готов")
    assert answer["poll_after_ms"] is None
    assert stand.document(order_id) == before


def test_with_brew_seconds_of_zero_only_the_machine_says_that_a_drink_is_ready(stand: Stand) -> None:
    stand.device(brew_seconds=0)
    order_id = stand.brewing()
    stand.time_passes(order_id, 24 * 3600)
    assert (stand.shown(order_id)["status"], stand.work_through()["due"]) == ("make_pending", 0)


@pytest.mark.parametrize(
    ("behaviour", "refund", "pace"),
    [
        ("succeeded", {"status": "succeeded", "amount": 150.0}, None),
        ("pending", {"status": "pending", "amount": 150.0}, 5000),
        ("canceled", {"status": "failed", "amount": 150.0}, None),
    ],
)
def test_the_refund_is_told_to_the_customer(stand: Stand, behaviour: str, refund: Any, pace: int | None) -> None:
    stand.yookassa.post("refunds/behaviour", behaviour=behaviour)
    stand.tmetr.fail("make", "http_400")
    order_id, payment_id = stand.paid()
    stand.notify(payment_id)
    answer = stand.shown(order_id)
    assert (answer["status"], answer["refund"], answer["poll_after_ms"]) == ("make_failed", refund, pace)


def test_a_refund_that_could_not_be_asked_for_yet_is_under_way_for_the_customer(stand: Stand) -> None:
    stand.yookassa.fail("create_refund", "http_500")
    stand.tmetr.fail("make", "http_400")
    order_id, payment_id = stand.paid()
    stand.notify(payment_id)
    assert stand.shown(order_id)["refund"] == {"status": "pending", "amount": 150.0}


def test_nothing_internal_is_told(stand: Stand) -> None:
    order_id = stand.brewing()
    document, text = stand.document(order_id), stand.get("order_status", f"/{order_id}").text
    attempt = document["attempts"][0]
    for secret in (
        attempt["payment_id"],
        attempt["idempotence_key"],
        document["make"]["claim_id"],
        "merchant-1",
    ):
        assert secret not in text
