"""The Tmetr stand-in answers as SPEC §11 says, and refuses what the real one is not known to take."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.tmetr.app import create_app
from sandbox.tmetr.machine import ShownDevice

MILK_FOAM = "9b900a2e63042d350f45b6675ef26ced"
BEARER = {"Authorization": "Bearer token-1"}
PRICE = "/api/ui/v1/static/drink"
HEARTBEAT = "/api/ui/v1/stat/heartbeat/recent"
MAKE = "/api/commander/v1/command/make"


class ReportBox:
    """A webhook that keeps the reports it gets; `answers` are given in turn, then 200."""

    def __init__(self) -> None:
        self.reports: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answers: list[int] = []
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                box.reports.put(body | {"bearer": self.headers["Authorization"]})
                self.send_response(box.answers.pop(0) if box.answers else 200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/tmetr"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> dict[str, Any]:
        return self.reports.get(timeout=5)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook() -> Iterator[ReportBox]:
    box = ReportBox()
    yield box
    box.close()


@pytest.fixture
def tmetr(webhook: ReportBox) -> Iterator[FlaskClient]:
    app = create_app(
        token="token-1",
        create_order_url="http://127.0.0.1:1",
        devices=[ShownDevice("test", "ЮKassa")],
        brew_seconds=0.02,
        report_url=webhook.url,
        report_token="report-token",
    )
    client = app.test_client()
    yield client
    client.post("/_sandbox/reset")  # drinks whose report nobody waited for are not reported to whoever listens next


def a_price_question(**changes: object) -> dict[str, object]:
    return {"deviceId": "test", "drinkIdAtDevice": MILK_FOAM, "drinkSize": "MEDIUM"} | changes


def a_command(**changes: object) -> dict[str, object]:
    command = {"deviceId": "test", "orderUuid": "order-0001", "drinkUuid": MILK_FOAM, "size": "medium"}
    return command | {"price": 15000} | changes


def commands(tmetr: FlaskClient) -> Any:
    return tmetr.get("/_sandbox/commands").json


def control(tmetr: FlaskClient, path: str, **body: object) -> None:
    assert tmetr.post(f"/_sandbox/{path}", json=body).status_code == 200


@pytest.mark.parametrize("path", [PRICE, HEARTBEAT, MAKE])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer token-2"}, {"Authorization": "token-1"}])
def test_every_call_needs_the_bearer_token(tmetr: FlaskClient, path: str, headers: dict[str, str]) -> None:
    assert tmetr.post(path, json=[a_command()], headers=headers).status_code == 401
    assert commands(tmetr) == []


@pytest.mark.parametrize(("size", "kopecks"), [("SMALL", 12000), ("MEDIUM", 15000), ("BIG", 18000)])
def test_a_price_depends_on_the_size(tmetr: FlaskClient, size: str, kopecks: int) -> None:
    answer = tmetr.post(PRICE, json=a_price_question(drinkSize=size), headers=BEARER)
    assert (answer.status_code, answer.json["price"]) == (200, kopecks)  # type: ignore[index]


@pytest.mark.parametrize(
    "body",
    [
        a_price_question(drinkSize="medium"),
        a_price_question(drinkSize=1),
        a_price_question(deviceId=""),
        a_price_question(extra=1),
        {"deviceId": "test"},
        [a_price_question()],
    ],
)
def test_an_odd_price_question_is_refused(tmetr: FlaskClient, body: object) -> None:
    assert tmetr.post(PRICE, json=body, headers=BEARER).status_code == 400


def test_an_unknown_drink_has_no_price(tmetr: FlaskClient) -> None:
    answer = tmetr.post(PRICE, json=a_price_question(drinkIdAtDevice="f" * 32), headers=BEARER)
    assert answer.status_code == 404


def test_a_price_can_be_taken_away(tmetr: FlaskClient) -> None:
    control(tmetr, "prices", drinkIdAtDevice=MILK_FOAM, drinkSize="MEDIUM", price=None)
    answer = tmetr.post(PRICE, json=a_price_question(), headers=BEARER)
    assert answer.status_code == 200
    assert "price" not in (answer.json or {})


def heartbeats(tmetr: FlaskClient) -> Any:
    question = {"deviceIds": ["test"], "offset": 0, "limit": 1}
    answer = tmetr.post(HEARTBEAT, json=question, headers=BEARER)
    assert answer.status_code == 200
    return (answer.json or {})["content"]


def test_a_device_is_online_until_told_otherwise(tmetr: FlaskClient) -> None:
    (seen,) = heartbeats(tmetr)
    assert seen["deviceId"] == "test"
    assert 0 <= time.time() - seen["heartbeatCreatedAt"] < 60


def test_a_device_can_be_offline_or_never_seen(tmetr: FlaskClient) -> None:
    control(tmetr, "heartbeat", deviceId="test", state="offline")
    assert time.time() - heartbeats(tmetr)[0]["heartbeatCreatedAt"] > 15 * 60
    control(tmetr, "heartbeat", deviceId="test", state="never")
    assert heartbeats(tmetr) == []
    control(tmetr, "heartbeat", deviceId="test", ageSeconds=899)
    assert 898 <= time.time() - heartbeats(tmetr)[0]["heartbeatCreatedAt"] < 910


@pytest.mark.parametrize(
    "body",
    [
        a_command(),
        [],
        [a_command(), a_command(orderUuid="order-0002")],
        [a_command(size="MEDIUM")],
        [a_command(size=1)],
        [a_command(price="15000")],
        [a_command(price=150.0)],
        [a_command(price=True)],
        [a_command(price=0)],
        [a_command(orderId="x")],
        [{key: value for key, value in a_command().items() if key != "drinkUuid"}],
    ],
)
def test_a_make_command_that_differs_from_the_documented_one_is_refused(tmetr: FlaskClient, body: object) -> None:
    assert tmetr.post(MAKE, json=body, headers=BEARER).status_code == 400
    assert commands(tmetr) == []


def test_a_make_command_is_recorded_brewed_and_reported(tmetr: FlaskClient, webhook: ReportBox) -> None:
    assert tmetr.post(MAKE, json=[a_command()], headers=BEARER).status_code == 202
    (recorded,) = commands(tmetr)
    assert a_command().items() <= recorded.items()
    assert recorded["duplicate"] is False
    expected = {"orderUuid": "order-0001", "status": "success", "bearer": "Bearer report-token"}
    assert webhook.next() == expected


def test_a_repeated_command_is_recorded_as_a_duplicate(tmetr: FlaskClient) -> None:
    for order in ("order-0001", "order-0002", "order-0001"):
        tmetr.post(MAKE, json=[a_command(orderUuid=order)], headers=BEARER)
    assert [one["duplicate"] for one in commands(tmetr)] == [False, False, True]


def test_planned_brews_fail_or_stay_silent_and_then_all_is_well_again(tmetr: FlaskClient, webhook: ReportBox) -> None:
    control(tmetr, "brews", next=["failed", "silent"])
    tmetr.post(MAKE, json=[a_command(orderUuid="order-0001")], headers=BEARER)
    assert webhook.next()["status"] == "failed"
    for order in ("order-0002", "order-0003"):
        tmetr.post(MAKE, json=[a_command(orderUuid=order)], headers=BEARER)
    report = webhook.next()
    assert (report["orderUuid"], report["status"]) == ("order-0003", "success")


def test_a_report_is_repeated_until_it_is_taken(tmetr: FlaskClient, webhook: ReportBox) -> None:
    webhook.answers = [503]
    tmetr.post(MAKE, json=[a_command()], headers=BEARER)
    assert webhook.next() == webhook.next()


def test_a_fault_after_the_effect_brews_and_spoils_the_answer(tmetr: FlaskClient) -> None:
    rule = {"on": "make", "fault": "http_503", "times": 1, "after_effect": True}
    control(tmetr, "faults", rules=[rule])
    assert tmetr.post(MAKE, json=[a_command()], headers=BEARER).status_code == 503
    assert len(commands(tmetr)) == 1


def test_a_fault_before_the_effect_leaves_nothing_behind(tmetr: FlaskClient) -> None:
    control(tmetr, "faults", rules=[{"on": "make", "fault": "http_503", "times": 1}])
    assert tmetr.post(MAKE, json=[a_command()], headers=BEARER).status_code == 503
    assert commands(tmetr) == []
    assert tmetr.post(MAKE, json=[a_command()], headers=BEARER).status_code == 202


def test_reset_forgets_everything(tmetr: FlaskClient) -> None:
    control(tmetr, "heartbeat", deviceId="test", state="never")
    tmetr.post(MAKE, json=[a_command()], headers=BEARER)
    control(tmetr, "reset")
    assert commands(tmetr) == []
    assert len(heartbeats(tmetr)) == 1
