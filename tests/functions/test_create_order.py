"""create_order: from a scanned QR code to an order, and every refusal on the way (SPEC §5, §6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.functions.serving import Json
from tests.functions.stand import DEVICE_IN_ERROR, MILK_FOAM, Stand, answered, at_once
from tests.functions.texts import refusal, told

QR_QUERY = (
    "deviceUuid=test&drinkNo=9b900a2e63042d350f45b6675ef26ced&size=1&random=waxoqk&ts=1742198482"
    "&salt=b6c2cca0340a82d0dc843243299800d7&drinkName=Молочная пена&uuid=20250317110122659ba6d7-9ace-cndn"
)


def test_the_link_of_the_qr_code_leads_to_the_page_with_the_same_parameters(stand: Stand) -> None:
    answer = stand.get("create_order", "/", query_string=QR_QUERY)
    assert answer.status_code == 302
    page, _, query = answer.headers["Location"].partition("?")
    assert page == "https://pay.coffee.example/"
    assert query.isascii()
    assert query == (
        "deviceUuid=test&drinkNo=9b900a2e63042d350f45b6675ef26ced&size=1&random=waxoqk&ts=1742198482"
        "&salt=b6c2cca0340a82d0dc843243299800d7"
        "&drinkName=%D0%9C%D0%BE%D0%BB%D0%BE%D1%87%D0%BD%D0%B0%D1%8F%20%D0%BF%D0%B5%D0%BD%D0%B0"
        "&uuid=20250317110122659ba6d7-9ace-cndn"
    )


def test_a_query_in_raw_utf8_as_some_cameras_send_it_is_understood(stand: Stand) -> None:
    raw = "drinkName=Молочная+пена&size=1".encode().decode("latin-1")
    answer = stand.get("create_order", "/", environ_overrides={"QUERY_STRING": raw})
    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == {
        "drinkName": "Молочная пена",
        "size": "1",
    }


def test_a_parameter_given_twice_is_handed_on_twice(stand: Stand) -> None:
    answer = stand.get("create_order", "/?size=1&size=2&uuid=x&salt=")
    assert answer.headers["Location"] == "https://pay.coffee.example/?size=1&size=2&uuid=x&salt="


def test_the_page_keeps_a_query_of_its_own(stand: Stand) -> None:
    stand.configure(STATUS_PAGE_URL="https://pay.coffee.example/?theme=dark")
    answer = stand.get("create_order", "/?size=1")
    assert answer.headers["Location"] == "https://pay.coffee.example/?theme=dark&size=1"


def test_a_link_preview_has_no_side_effect(stand: Stand) -> None:
    stand.get("create_order", "/", query_string=QR_QUERY)
    stand.call("create_order", "HEAD", "/", query_string=QR_QUERY)
    assert list(stand.client.collection("orders").stream()) == []
    assert stand.tmetr.get("log") == []


def test_a_scan_becomes_an_order_at_tmetrs_price(stand: Stand) -> None:
    scan = stand.scan()
    created = answered(stand.post("create_order", "/", scan), 201)
    assert (created["status"], created["price"], created["drink_size"]) == ("created", 150.0, "средний")
    assert created == stand.shown(scan["uuid"]) | {"server_time": created["server_time"]}
    stored = stand.document(scan["uuid"])
    assert (stored["price"], stored["size"], stored["merchant_id"]) == (15000, 1, "merchant-1")
    assert stored["qr"] == {name: scan[name] for name in ("random", "ts", "salt")}
    lifetime = stored["expires_at"] - stored["created_at"]
    assert lifetime == timedelta(minutes=15) and stored["purge_at"] - stored["created_at"] == timedelta(days=90)


@pytest.mark.parametrize(
    ("size", "name", "rubles"),
    [(0, "маленький", 120.0), ("0", "маленький", 120.0), (1, "средний", 150.0), ("2", "большой", 180.0)],
)
def test_the_size_comes_as_string_or_number(stand: Stand, size: object, name: str, rubles: float) -> None:
    created = answered(stand.scanned(size=size), 201)
    assert (created["drink_size"], created["price"]) == (name, rubles)


def test_what_is_optional_may_be_missing_and_other_keys_are_ignored(stand: Stand) -> None:
    assert stand.scanned(random=None, ts=1742198482, salt=None, utm_source="qr", price=1).status_code == 201


def test_a_price_in_the_qr_code_changes_nothing(stand: Stand) -> None:
    assert answered(stand.scanned(price=100), 201)["price"] == 150.0


def test_the_same_code_again_answers_the_same_order_without_asking_tmetr(stand: Stand) -> None:
    scan = stand.scan()
    first = answered(stand.post("create_order", "/", scan), 201)
    second = answered(stand.post("create_order", "/", scan), 200)
    assert second == first | {"server_time": second["server_time"]}
    assert (len(stand.tmetr.calls("price")), len(stand.tmetr.calls("heartbeat"))) == (1, 1)


def test_an_order_past_its_time_that_was_paid_is_still_answered(stand: Stand) -> None:
    scan = stand.scan()
    order_id = stand.brewing(**scan)
    stand.time_passes(order_id, 3600)
    assert answered(stand.post("create_order", "/", scan))["status"] == "successful"


def test_tmetr_is_asked_as_its_interface_wants_it(stand: Stand) -> None:
    stand.order()
    (price,), (heartbeat,) = stand.tmetr.calls("price"), stand.tmetr.calls("heartbeat")
    assert price["body"] == {"deviceId": "test", "drinkIdAtDevice": MILK_FOAM, "drinkSize": "MEDIUM"}
    assert heartbeat["body"] == {"deviceIds": ["test"], "offset": 0, "limit": 1}
    assert price["headers"]["TimeZoneOffset"] == "3" and heartbeat["headers"]["X-TimeZoneOffset"] == "0"
    assert price["headers"]["Content-Type"] == "application/json"


def test_price_and_heartbeat_are_asked_at_the_same_time(stand: Stand) -> None:
    for question in ("price", "heartbeat"):
        stand.tmetr.fail(question, "slow", seconds=2)
    stand.order()
    (price,), (heartbeat,) = stand.tmetr.calls("price"), stand.tmetr.calls("heartbeat")
    apart = datetime.fromisoformat(price["at"]) - datetime.fromisoformat(heartbeat["at"])
    assert abs(apart) < timedelta(seconds=2)


def test_two_simultaneous_posts_create_one_order(stand: Stand) -> None:
    scan = stand.scan()
    stand.tmetr.fail("price", "slow", seconds=0.2)
    answers = at_once(2, lambda _: stand.post("create_order", "/", scan))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert len(list(stand.client.collection("orders").stream())) == 1
    assert len(stand.document(scan["uuid"])["history"]) == 1


@pytest.mark.parametrize(
    "change",
    [{"deviceUuid": "other"}, {"drinkNo": "5c0d9e7a214b4f83a6d7e8f90a1b2c3d"}, {"size": "2"}],
)
def test_a_code_that_is_reused_for_another_drink_is_a_conflict(stand: Stand, change: Json) -> None:
    scan = stand.scan()
    stand.post("create_order", "/", scan)
    before = stand.document(scan["uuid"])
    assert told(stand.post("create_order", "/", scan | change)) == refusal("ORDER_CONFLICT")
    assert stand.document(scan["uuid"]) == before


def test_an_expired_order_has_to_be_scanned_anew(stand: Stand) -> None:
    scan = stand.scan()
    order_id = stand.order(**scan)
    stand.time_passes(order_id, 15 * 60 + 1)
    answer = stand.post("create_order", "/", scan)
    assert told(answer) == refusal("ORDER_EXPIRED")
    assert answered(answer, 410)["device"] == DEVICE_IN_ERROR
