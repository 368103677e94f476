"""What keeps create_order from selling, in SPEC §6's order, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.functions.serving import Json
from tests.functions.stand import DEVICE_IN_ERROR, MILK_FOAM, Stand, answered
from tests.functions.texts import refusal, told


def _offline(stand: Stand) -> None:
    stand.tmetr.post("heartbeat", deviceId="test", state="offline")


def _yesterday() -> str:
    return (datetime.now(UTC) - timedelta(days=2)).date().isoformat()


# SPEC §6's order of checks; each entry breaks one of them and no other.
CHECKS: list[tuple[str, Callable[[Stand], object]]] = [
    ("DEVICE_NOT_FOUND", lambda stand: stand.client.document("devices/test").delete()),
    ("DEVICE_DISABLED", lambda stand: stand.client.document("devices/test").update({"enabled": False})),
    ("MERCHANT_INACTIVE", lambda stand: stand.merchant(valid_until=_yesterday())),
    ("PAYMENT_NOT_CONFIGURED", lambda stand: stand.configure(YOOKASSA_SHOP_ID="", YOOKASSA_SECRET_KEY="")),
    ("DEVICE_OFFLINE", _offline),
    ("PRICE_UNAVAILABLE", lambda stand: stand.tmetr.fail("price", "http_500")),
]


@pytest.mark.parametrize(("code", "break_it"), CHECKS, ids=[code for code, _ in CHECKS])
def test_each_check_refuses_with_its_own_words_and_creates_nothing(
    stand: Stand, code: str, break_it: Callable[[Stand], object]
) -> None:
    break_it(stand)
    answer = stand.scanned()
    assert told(answer) == refusal(code)
    assert list(stand.client.collection("orders").stream()) == []
    known = None if code == "DEVICE_NOT_FOUND" else DEVICE_IN_ERROR
    assert answered(answer, answer.status_code).get("device") == known


@pytest.mark.parametrize("earlier", range(len(CHECKS) - 1), ids=[code for code, _ in CHECKS[:-1]])
def test_of_two_neighbouring_checks_that_fail_the_earlier_answers(stand: Stand, earlier: int) -> None:
    (code, break_it), (_, break_next) = CHECKS[earlier], CHECKS[earlier + 1]
    break_next(stand)
    break_it(stand)
    assert told(stand.scanned()) == refusal(code)


def test_parameters_are_checked_before_the_order_that_exists(stand: Stand) -> None:
    scan = stand.scan()
    stand.order(**scan)
    answer = stand.post("create_order", "/", scan | {"size": "9", "deviceUuid": "other"})
    assert told(answer) == refusal("INVALID_REQUEST", "size")


def test_an_order_of_another_device_is_a_conflict_even_when_it_has_expired(stand: Stand) -> None:
    scan = stand.scan()
    stand.time_passes(stand.order(**scan), 3600)
    answer = stand.post("create_order", "/", scan | {"deviceUuid": "nowhere"})
    assert told(answer) == refusal("ORDER_CONFLICT")


def test_an_existing_order_is_looked_at_before_its_device(stand: Stand) -> None:
    scan = stand.scan()
    stand.time_passes(stand.order(**scan), 3600)
    stand.client.document("devices/test").delete()
    stand.restart()
    assert told(stand.post("create_order", "/", scan)) == refusal("ORDER_EXPIRED")


@pytest.mark.parametrize("fault", ["http_500", "http_401", "html_502", "not_json", "empty", "drop"])
def test_a_heartbeat_that_cannot_be_asked_for_is_no_offline_machine(stand: Stand, fault: str) -> None:
    stand.tmetr.fail("heartbeat", fault)
    stand.tmetr.fail("price", "http_500")
    assert told(stand.scanned()) == refusal("HEARTBEAT_CHECK_FAILED")


def test_a_tmetr_that_hangs_is_given_up(stand: Stand, impatient: None) -> None:
    stand.tmetr.fail("heartbeat", "hang", seconds=3)
    assert told(stand.scanned()) == refusal("HEARTBEAT_CHECK_FAILED")


@pytest.mark.parametrize("age", [None, 15 * 60 + 1], ids=["never seen", "a quarter of an hour ago"])
def test_a_machine_that_was_not_heard_of_lately_is_offline(stand: Stand, age: int | None) -> None:
    how = {"state": "never"} if age is None else {"ageSeconds": age}
    stand.tmetr.post("heartbeat", deviceId="test", **how)
    assert told(stand.scanned()) == refusal("DEVICE_OFFLINE")


@pytest.mark.parametrize("price", [None, 0, -15000, 10**30])
def test_a_drink_without_a_sensible_price_is_not_sold(stand: Stand, price: int | None) -> None:
    stand.tmetr.post("prices", drinkIdAtDevice=MILK_FOAM, drinkSize="MEDIUM", price=price)
    assert told(stand.scanned()) == refusal("PRICE_UNAVAILABLE")


@pytest.mark.parametrize("fault", ["http_404", "html_502", "not_json", "empty", "drop"])
def test_a_price_that_tmetr_does_not_tell_is_unavailable(stand: Stand, fault: str) -> None:
    stand.tmetr.fail("price", fault)
    assert told(stand.scanned()) == refusal("PRICE_UNAVAILABLE")


@pytest.mark.parametrize("merchant_id", ["nobody", None, 17, "a/b"])
def test_a_device_without_a_merchant_is_an_error_for_the_operator(stand: Stand, merchant_id: object) -> None:
    stand.device(merchant_id=merchant_id)
    assert told(stand.scanned()) == refusal("PAYMENT_NOT_CONFIGURED")
    lines = stand.logged(event="payment_not_configured", severity="ERROR")
    assert lines and all("devices/test" in line["message"] for line in lines)


def test_typos_in_a_device_document_do_not_stop_sales(stand: Stand) -> None:
    typos: Json = {
        "location": 5,
        "logo_url": "http://insecure.example/logo.png",
        "payment_scenario": "Yukassa",
        "enabled": "yes",
        "brew_seconds": "ninety",
        "client_info": ["hello"],
    }
    stand.device(**typos)
    stand.merchant(valid_until="soon", receipt="none")
    created = answered(stand.scanned(), 201)
    assert (created["payment_scenario"], created["device"]["logo_url"]) == ("Yookassa", None)
    warned = [line["message"] for line in stand.logged(event="document_problem", severity="WARNING")]
    named = {f"devices/test: field {name}" for name in typos}
    named |= {f"merchants/merchant-1: field {name}" for name in ("valid_until", "receipt")}
    assert {message.partition(" is ignored: ")[0] for message in warned} == named


def test_the_last_day_of_a_merchant_still_counts_in_moscow(stand: Stand) -> None:
    today = (datetime.now(UTC) + timedelta(hours=3)).date().isoformat()
    stand.merchant(valid_until=today)
    assert stand.scanned().status_code == 201


def test_a_device_that_was_mended_sells_at_once(stand: Stand) -> None:
    stand.device(enabled=False)
    assert told(stand.scanned()) == refusal("DEVICE_DISABLED")
    stand.device(enabled=True)
    assert stand.scanned().status_code == 201
