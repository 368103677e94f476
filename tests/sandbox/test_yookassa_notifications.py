"""The stand-in YooKassa notifies as the real one does, and badly on demand; one real process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests

from sandbox.notifier import parse_schedule
from sandbox.yookassa.app import create_app
from sandbox.yookassa.shops import Shop
from tests.sandbox.providers import (
    SECRET,
    SHOP,
    Receiver,
    ShopClient,
    payment_request,
    receiving,
    until,
)


def shop_notifying(receiver: Receiver) -> ShopClient:
    app = create_app(notify_url=receiver.url, shops=[Shop(SHOP, SECRET)], redeliver=(0.05,))
    return ShopClient(app.test_client())


def under_way(shop: ShopClient) -> int:
    return int((shop.http.get("/_sandbox/notifications").json or {})["under_way"])


def throw(shop: ShopClient, on: str, fault: str, seconds: float = 0.2) -> None:
    shop.control("/faults", {"rules": [{"on": on, "fault": fault, "seconds": seconds}]})


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("pay", "payment.succeeded"),
        ("hold", "payment.waiting_for_capture"),
        ("cancel", "payment.canceled"),
        ("expire", "payment.canceled"),
    ],
)
def test_each_end_of_a_payment_is_told(action: str, event: str) -> None:
    with receiving() as receiver:
        shop = shop_notifying(receiver)
        payment = shop.control(f"/payments/{shop.create()['id']}/{action}")
        (notification,) = receiver.wait_for(1)
        assert notification == {"type": "notification", "event": event, "object": payment}
        assert receiver.headers[0]["X-Forwarded-For"] == "185.71.76.1"


def test_a_saved_card_is_told_as_well() -> None:
    with receiving() as receiver:
        shop_notifying(receiver).paid(save_payment_method=True)
        events = {notification["event"] for notification in receiver.wait_for(2)}
        assert events == {"payment.succeeded", "payment_method.active"}


def test_a_refund_is_told_only_when_it_succeeds() -> None:
    with receiving() as receiver:
        shop = shop_notifying(receiver)
        payment = shop.paid()
        receiver.wait_for(1)
        shop.control("/refunds/behaviour", {"behaviour": "canceled"})
        assert (shop.refund(payment).json or {})["status"] == "canceled"
        shop.control("/refunds/behaviour", {"behaviour": "succeeded"})
        refund = shop.refund(payment).json
        assert receiver.wait_for(2)[1] == {
            "type": "notification",
            "event": "refund.succeeded",
            "object": refund,
        }


def test_a_notification_is_sent_again_until_it_is_answered_200() -> None:
    with receiving((503, b""), (302, b""), (200, b"")) as receiver:
        shop = shop_notifying(receiver)
        shop.paid()
        bodies = receiver.wait_for(3)
        assert bodies[0] == bodies[1] == bodies[2]
        until(lambda: under_way(shop) == 0)
        report = shop.http.get("/_sandbox/notifications").json
        assert report is not None
        assert [(d["attempt"], d["answered"]) for d in report["deliveries"]] == [(1, 503), (2, 302), (3, 200)]


def test_a_lost_notification_never_arrives() -> None:
    with receiving() as receiver:
        shop = shop_notifying(receiver)
        throw(shop, "payment.succeeded", "notify_lost")
        shop.paid()
        shop.control(f"/payments/{shop.create()['id']}/cancel")
        assert [body["event"] for body in receiver.wait_for(1)] == ["payment.canceled"]
        until(lambda: under_way(shop) == 0)
        assert len(receiver.bodies) == 1


def test_a_notification_can_arrive_twice() -> None:
    with receiving() as receiver:
        shop = shop_notifying(receiver)
        throw(shop, "notify", "notify_twice")
        shop.paid()
        first, second = receiver.wait_for(2)
        assert first == second


def test_a_notification_can_arrive_before_the_answer() -> None:
    with receiving() as receiver:
        shop = shop_notifying(receiver)
        throw(shop, "notify", "notify_before_answer")
        payment = shop.create()
        shop.http.post(f"/checkout/{payment['id']}", data={"action": "pay"})
        assert [body["object"]["id"] for body in receiver.bodies] == [payment["id"]]


def test_an_early_notification_that_is_refused_is_sent_again() -> None:
    with receiving((503, b""), (200, b"")) as receiver:
        shop = shop_notifying(receiver)
        throw(shop, "notify", "notify_before_answer")
        shop.paid()
        assert len(receiver.wait_for(2)) == 2


def test_the_receiver_can_ask_the_api_while_it_is_notified() -> None:
    asked: list[str] = []
    shops: list[ShopClient] = []

    def ask() -> None:
        client = ShopClient(shops[0].http.application.test_client())
        asked.append(client.payment(payment_id)["status"])

    with receiving(on_delivery=ask) as receiver:
        shops.append(shop_notifying(receiver))
        throw(shops[0], "notify", "notify_before_answer")
        payment_id = shops[0].create()["id"]
        shops[0].control(f"/payments/{payment_id}/pay")
        assert asked == ["succeeded"]


def test_a_notification_can_be_overtaken() -> None:
    with receiving() as receiver:
        shop = shop_notifying(receiver)
        throw(shop, "payment.waiting_for_capture", "notify_reordered", seconds=5)
        held = shop.control(f"/payments/{shop.create()['id']}/hold")
        shop.post(f"/payments/{held['id']}/capture", {})
        events = [body["event"] for body in receiver.wait_for(2)]
        assert events == ["payment.succeeded", "payment.waiting_for_capture"]


def test_a_late_notification_arrives_all_the_same() -> None:
    with receiving() as receiver:
        shop = shop_notifying(receiver)
        throw(shop, "payment.succeeded", "notify_late", seconds=0.2)
        sent_at = time.monotonic()
        shop.paid()
        assert receiver.wait_for(1)[0]["event"] == "payment.succeeded"
        assert time.monotonic() - sent_at >= 0.2


def test_reset_gives_up_what_is_under_way() -> None:
    with receiving((503, b"")) as receiver:
        app = create_app(notify_url=receiver.url, shops=[Shop(SHOP, SECRET)], redeliver=(60,))
        shop = ShopClient(app.test_client())
        shop.paid()
        receiver.wait_for(1)
        shop.control("/reset")
        until(lambda: under_way(shop) == 0)
        assert len(receiver.bodies) == 1


def test_any_notification_can_be_sent_now() -> None:
    with receiving((418, b"no")) as receiver:
        shop = shop_notifying(receiver)
        forged = {"event": "payment.succeeded", "object": {"id": "made up"}}
        answer = shop.http.post("/_sandbox/notify", json=forged)
        assert answer.json == {"answered": 418, "body": "no"}
        assert receiver.bodies == [forged]


def test_schedules_are_read_from_the_command_line() -> None:
    assert parse_schedule("1,2.5,30") == (1.0, 2.5, 30.0)
    for wrong in ("", "0", "1,soon"):
        with pytest.raises(ValueError, match=r"could not convert|positive"):
            parse_schedule(wrong)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.yookassa", "--port", "0", "--shop", f"{SHOP}:{SECRET}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            assert process.wait(timeout=5) == 0


@pytest.fixture
def post_payment(url: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (SHOP, SECRET)
        session.headers["Idempotence-Key"] = "k"
        session.post(f"{url}/_sandbox/reset").close()
        yield session


def test_the_real_process_serves_the_api_and_its_page(url: str, post_payment: requests.Session) -> None:
    payment = post_payment.post(f"{url}/v3/payments", json=payment_request()).json()
    page = post_payment.get(payment["confirmation"]["confirmation_url"])
    assert page.status_code == 200 and "Оплатить" in page.text
    style = post_payment.get(f"{url}/checkout/static/checkout.css")
    assert style.headers["Content-Type"].startswith("text/css")


@pytest.mark.parametrize(("fault", "seconds"), [("drop", 0), ("hang", 0.1), ("drip", 1)])
def test_a_broken_answer_hides_a_payment_that_exists(
    url: str, post_payment: requests.Session, fault: str, seconds: float
) -> None:
    rule = {"on": "create_payment", "fault": fault, "seconds": seconds, "times": 1, "after_effect": True}
    post_payment.post(f"{url}/_sandbox/faults", json={"rules": [rule]})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        post_payment.post(f"{url}/v3/payments", json=payment_request())
    (hidden,) = post_payment.get(f"{url}/_sandbox/payments").json()
    assert post_payment.post(f"{url}/v3/payments", json=payment_request()).json()["id"] == hidden["id"]


def test_a_hanging_answer_does_not_hold_up_others(url: str, post_payment: requests.Session) -> None:
    rule = {"on": "create_payment", "fault": "hang", "seconds": 30}
    post_payment.post(f"{url}/_sandbox/faults", json={"rules": [rule]})
    with pytest.raises(requests.ReadTimeout):
        post_payment.post(f"{url}/v3/payments", json=payment_request(), timeout=0.2)
    assert post_payment.get(f"{url}/_sandbox/payments", timeout=20).json() == []
