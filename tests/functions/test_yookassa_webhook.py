"""YooKassa's notifications and the page's check: only the API's own answer counts, once (SPEC §6, §7)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.functions.serving import Json
from tests.functions.stand import MILK_FOAM, YOOKASSA_ADDRESS, Stand, answered, at_once
from tests.functions.texts import refusal, told


def test_a_purchase_goes_from_the_scan_to_the_made_drink(stand: Stand) -> None:
    order_id = stand.order()
    payment_id = stand.start(order_id)
    stand.yookassa.post(f"payments/{payment_id}/pay")
    answer = stand.notify(payment_id)
    assert (answer.status_code, answer.json) == (200, {})
    (command,) = stand.commands(order_id)
    assert {name: command[name] for name in ("deviceId", "orderUuid", "drinkUuid", "size", "price")} == {
        "deviceId": "test",
        "orderUuid": order_id,
        "drinkUuid": MILK_FOAM,
        "size": "medium",
        "price": 15000,
    }
    assert stand.shown(order_id)["status"] == "make_pending"
    assert answered(stand.report(order_id, "success")) == {"order_id": order_id, "status": "successful"}
    assert stand.history(order_id) == [
        ("created", None),
        ("pending", None),
        ("paid", None),
        ("make_pending", None),
        ("successful", None),
    ]


def test_a_step_is_logged_with_the_make_commands_parameters(stand: Stand) -> None:
    order_id = stand.brewing()
    lines = stand.logged(event="order_status_changed", status="make_pending", severity="INFO")
    (line,) = lines
    assert f"Order {order_id} status changed: paid → make_pending" in line["message"]
    parameters = {"device_id": "test", "order_uuid": order_id, "drink_uuid": MILK_FOAM}
    assert (parameters | {"size": "medium", "price": 15000}).items() <= line.items()


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Cloud-Trace-Context", "105445aa7843bc8bf206b12000100000/1;o=1"),
        ("traceparent", "00-105445aa7843bc8bf206b12000100000-0000000000000001-01"),
    ],
)
def test_log_lines_carry_trace_order_device_and_payment(stand: Stand, header: str, value: str) -> None:
    order_id, payment_id = stand.paid()
    headers = {"X-Forwarded-For": YOOKASSA_ADDRESS, header: value}
    stand.post("webhook", "/yookassa", stand.notification(payment_id), headers=headers)
    (line,) = stand.logged(event="order_status_changed", status="make_pending")
    project = stand.client.project
    assert line["logging.googleapis.com/trace"] == f"projects/{project}/traces/105445aa7843bc8bf206b12000100000"
    assert (line["order_id"], line["device_uuid"], line["payment_id"]) == (order_id, "test", payment_id)


def test_a_thousand_deliveries_by_fifty_callers_make_one_drink(stand: Stand) -> None:
    order_id, payment_id = stand.paid()
    body = stand.notification(payment_id)
    stand.tmetr.fail("make", "slow", seconds=0.3)
    answers = at_once(50, lambda _: [stand.deliver(body).status_code for _ in range(20)])
    codes = Counter(code for of_one in answers for code in of_one)
    assert set(codes) <= {200, 503} and codes[200] > 0 and codes.total() == 1000
    assert (len(stand.tmetr.calls("make")), stand.refunds()) == (1, [])
    assert stand.history(order_id)[2:] == [("paid", None), ("make_pending", None)]
    assert stand.deliver(body).status_code == 200


def test_two_deliveries_at_once_are_not_both_acknowledged_before_the_drink_is_safe(stand: Stand) -> None:
    """Should the one that is on the way to the machine be killed, the other one's redelivery takes over."""
    order_id, payment_id = stand.paid()
    body = stand.notification(payment_id)
    stand.tmetr.fail("make", "slow", seconds=1)
    codes = [answer.status_code for answer in at_once(2, lambda _: stand.deliver(body))]
    assert sorted(codes) == [200, 503]
    assert (len(stand.commands(order_id)), stand.refunds()) == (1, [])


def test_a_notification_that_overtakes_our_own_record_is_believed_all_the_same(stand: Stand) -> None:
    """The customer pays before the answer to the creation was stored: the attempt has no payment id yet."""
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "http_500", after_effect=True, times=1)
    stand.tap(order_id)
    (payment,) = stand.yookassa.get("payments")
    stand.yookassa.post(f"payments/{payment['id']}/pay")
    assert stand.notify(payment["id"]).status_code == 200
    assert stand.status(order_id) == "make_pending"
    assert [status for status, _ in stand.history(order_id)] == [
        "created",
        "pending",
        "paid",
        "make_pending",
    ]


def test_a_payment_that_was_refused_to_our_face_and_made_all_the_same_buys_a_drink(stand: Stand) -> None:
    order_id = stand.order()
    stand.yookassa.fail("create_payment", "html_403", after_effect=True, times=1)
    assert stand.tap(order_id).status_code == 403
    (payment,) = stand.yookassa.get("payments")
    stand.yookassa.post(f"payments/{payment['id']}/pay")
    assert stand.notify(payment["id"]).status_code == 200
    assert stand.status(order_id) == "make_pending"


def test_a_canceled_payment_is_not_paid_with_yookassas_reason(stand: Stand) -> None:
    order_id = stand.order()
    payment_id = stand.start(order_id)
    stand.yookassa.post(f"payments/{payment_id}/cancel", reason="insufficient_funds")
    assert stand.notify(payment_id).status_code == 200
    assert stand.history(order_id)[-1] == ("not_paid", "insufficient_funds")


def test_the_end_of_an_older_attempt_does_not_touch_the_current_one(stand: Stand) -> None:
    order_id = stand.order()
    first = stand.start(order_id)
    stand.yookassa.post(f"payments/{first}/cancel")
    stand.notify(first)
    stand.start(order_id)
    assert stand.notify(first).status_code == 200
    assert stand.status(order_id) == "pending"


@pytest.mark.parametrize("fault", ["http_500", "html_502", "http_429", "http_401", "not_json", "empty", "drop", "hang"])
def test_what_cannot_be_verified_now_is_delivered_again_and_settled_then(
    stand: Stand, impatient: None, fault: str
) -> None:
    order_id, payment_id = stand.paid()
    before = stand.document(order_id)
    stand.yookassa.fail("get_payment", fault, seconds=2)
    assert told(stand.notify(payment_id)) == refusal("TEMPORARILY_UNAVAILABLE")
    assert stand.document(order_id) == before
    stand.yookassa.heal()
    assert stand.notify(payment_id).status_code == 200
    assert (stand.status(order_id), len(stand.commands(order_id))) == ("make_pending", 1)


def test_credentials_that_are_missing_while_verifying_are_no_reason_to_lose_a_payment(stand: Stand) -> None:
    order_id, payment_id = stand.paid()
    body = stand.notification(payment_id)
    stand.configure(YOOKASSA_SHOP_ID="", YOOKASSA_SECRET_KEY="")
    assert told(stand.deliver(body)) == refusal("TEMPORARILY_UNAVAILABLE")
    assert stand.status(order_id) == "pending"


GOOD: Json = {"event": "payment.succeeded", "object": {"id": "2f0e1d2c-000f-5000-8000-1a2b3c4d5e6f"}}


MALFORMED: dict[str, Json] = {
    "an empty object": {},
    "no event": {"object": {"id": "x"}},
    "an event that is a number": GOOD | {"event": 5},
    "no object": {"event": "payment.succeeded"},
    "an object that is a list": GOOD | {"object": []},
    "no id": GOOD | {"object": {}},
    "an id that is a number": GOOD | {"object": {"id": 5}},
    "an empty id": GOOD | {"object": {"id": ""}},
    "a long id": GOOD | {"object": {"id": "x" * 65}},
    "an id in Russian": GOOD | {"object": {"id": "платёж"}},
    "a refund without a payment": {"event": "refund.succeeded", "object": {"id": "x"}},
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_notification_is_refused(stand: Stand, body: Json) -> None:
    status, code, _ = told(stand.deliver(body))
    assert (status, code) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("raw", [b"", b"hello", b'{"event": ', b"[" * 9999])
def test_a_notification_that_is_not_json_is_refused(stand: Stand, raw: bytes) -> None:
    headers = {"X-Forwarded-For": YOOKASSA_ADDRESS}
    assert told(stand.call("webhook", "POST", "/yookassa", data=raw, headers=headers)) == refusal("INVALID_JSON")


@pytest.mark.parametrize(
    "body",
    [
        {"event": "payment_method.active", "object": {"id": "x"}},
        {"event": "payout.succeeded", "object": {"id": "x"}},
        {"event": "something.new", "object": {}},
        GOOD | {"object": {"id": "unknown", "metadata": {"order_id": "../../x"}}},
        GOOD | {"object": {"id": "../../v3/payments", "metadata": "x"}},
        {"event": "refund.succeeded", "object": {"id": "r", "payment_id": "unknown"}},
    ],
)
def test_an_event_that_does_not_concern_us_is_acknowledged(stand: Stand, body: Json) -> None:
    assert stand.deliver(body).status_code == 200
    assert stand.look_ups() == 0
