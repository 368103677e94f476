"""The virtual machine: real QR codes with fresh orders, and a screen that follows the make command."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from flask.testing import FlaskClient

from sandbox.tmetr.app import create_app
from sandbox.tmetr.machine import ShownDevice

MILK_FOAM = "9b900a2e63042d350f45b6675ef26ced"
CREATE_ORDER = "http://127.0.0.1:9"


def a_machine(brew_seconds: float = 60) -> FlaskClient:
    return create_app(
        token="token-1",
        create_order_url=CREATE_ORDER,
        devices=[ShownDevice("test", "ЮKassa"), ShownDevice("test-tbank", "Т-Банк")],
        brew_seconds=brew_seconds,
    ).test_client()


def press(machine: FlaskClient, **changes: object) -> Any:
    answer = machine.post("/machine/test/orders", json={"drinkNo": MILK_FOAM, "size": "MEDIUM"} | changes)
    assert answer.status_code == 201
    return answer.json


def make(machine: FlaskClient, **changes: object) -> None:
    command = {"deviceId": "test", "orderUuid": "order-0001", "drinkUuid": MILK_FOAM, "size": "medium"}
    answer = machine.post(
        "/api/commander/v1/command/make",
        json=[command | {"price": 15000} | changes],
        headers={"Authorization": "Bearer token-1"},
    )
    assert answer.status_code == 202


def test_the_screen_lists_drinks_with_sizes_and_prices() -> None:
    page = a_machine().get("/machine/test")
    assert page.status_code == 200
    assert "Молочная пена" in page.text
    assert re.search(r'data-drink="9b900a2e\w+" data-size="BIG"\s+aria-label="[^"]*большой, 180 рублей"', page.text)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_the_first_device_is_shown_when_none_is_named() -> None:
    answer = a_machine().get("/machine/", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/machine/test")


@pytest.mark.parametrize("path", ["/machine/other", "/machine/other/state", "/machine/test/orders/unknown.svg"])
def test_what_the_machine_does_not_know_is_not_found(path: str) -> None:
    assert a_machine().get(path).status_code == 404


def test_a_press_issues_the_link_of_a_real_machine() -> None:
    order = press(a_machine())
    link = urlsplit(order["link"])
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{CREATE_ORDER}/"
    parameters = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert list(parameters) == ["deviceUuid", "drinkNo", "size", "random", "ts", "salt", "drinkName", "uuid"]
    assert parameters["size"] == "1"
    assert parameters["drinkName"] == "Молочная пена"
    assert re.fullmatch(r"\d{14}[0-9a-f]{8}-[0-9a-f]{4}-[a-z]{4}", parameters["uuid"])


def test_every_press_is_a_new_order() -> None:
    machine = a_machine()
    assert press(machine)["uuid"] != press(machine)["uuid"]


@pytest.mark.parametrize("pressed", [{"size": "HUGE"}, {"drinkNo": "none"}, {"size": None}])
def test_a_press_of_something_that_is_not_on_the_menu_is_refused(pressed: dict[str, object]) -> None:
    body = {"drinkNo": MILK_FOAM, "size": "MEDIUM"} | pressed
    assert a_machine().post("/machine/test/orders", json=body).status_code == 400


def test_the_qr_code_says_the_link() -> None:
    machine = a_machine()
    order = press(machine)
    drawn = machine.get(order["qr"])
    assert drawn.mimetype == "image/svg+xml"
    expected = segno.make_qr(order["link"], error="m").svg_inline(border=2, omitsize=True)
    assert re.findall(r' d="([^"]+)"', drawn.text) == re.findall(r' d="([^"]+)"', expected)


def test_the_screen_follows_the_make_command() -> None:
    machine = a_machine(brew_seconds=60)
    assert machine.get("/machine/test/state").json == {"online": True, "brew": None}
    make(machine)
    brew = (machine.get("/machine/test/state").json or {})["brew"]
    assert (brew["stage"], brew["drinkName"], brew["sizeName"]) == ("brewing", "Молочная пена", "средний")
    assert (machine.get("/machine/test-tbank/state").json or {})["brew"] is None


def test_the_lamp_shows_a_lost_connection() -> None:
    machine = a_machine()
    machine.post("/_sandbox/heartbeat", json={"deviceId": "test", "state": "offline"})
    assert (machine.get("/machine/test/state").json or {})["online"] is False


def test_the_pages_own_polling_is_no_call_to_tmetr() -> None:
    machine = a_machine()
    machine.post("/_sandbox/faults", json={"rules": [{"on": "*", "fault": "http_500"}]})
    assert machine.get("/machine/test/state").status_code == 200
    assert machine.get("/_sandbox/log").json == []
