"""The make command is repeated only where it certainly did not arrive; questions get an answer or a typed error."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from urllib3.connection import HTTPConnection

from shared.adapters import tmetr as limits
from shared.adapters.tmetr import Tmetr
from shared.adapters.wire import LARGEST_BODY
from shared.domain.dispensing import Sent
from shared.domain.order import MakeOutcome, Order
from shared.errors import MachineError
from tests.functions.serving import refusing_port
from tests.unit.answering import (
    Answer,
    Server,
    answering,
    breaks_off,
    drips,
    drips_a_header,
    drips_a_status,
    drops,
    hangs,
    says,
    writes,
)
from tests.worlds.builders import DEVICE, DRINK, ORDER_ID, PRICE, an_order

ACCEPTED, REFUSED, UNKNOWN = MakeOutcome.ACCEPTED, MakeOutcome.REFUSED, MakeOutcome.UNKNOWN
TOKEN = "tmetr-topsecret"


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FIRST_PAUSE", 0.005)


@contextmanager
def tmetr(*answers: Answer, attempts: int = 3) -> Iterator[tuple[Tmetr, Server]]:
    with answering(*answers) as server:
        yield Tmetr(server.url, TOKEN, attempts), server


def always() -> bool:
    return True


def made(*answers: Answer, order: Order | None = None, attempts: int = 3) -> tuple[Sent, Server]:
    with tmetr(*answers, attempts=attempts) as (machine, server):
        return machine.make(order or an_order(), always), server


def test_the_command_is_what_tmetr_takes() -> None:
    sent, server = made(says(200, {}))
    assert sent == Sent(outcome=ACCEPTED, tries=1)
    (request,) = server.received
    assert (request.method, request.path) == ("POST", "/api/commander/v1/command/make")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert (request.headers["Content-Type"], request.headers["TimeZoneOffset"]) == ("application/json", "3")
    assert request.json == [
        {"deviceId": DEVICE, "orderUuid": ORDER_ID, "drinkUuid": DRINK, "size": "medium", "price": PRICE}
    ]


@pytest.mark.parametrize(("size", "name"), [(0, "small"), (1, "medium"), (2, "big")])
def test_a_size_is_named_in_lower_case(size: int, name: str) -> None:
    _, server = made(says(200), order=an_order(size=size))
    assert server.received[0].json[0]["size"] == name


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("body", [b"", "<html>", {"any": "thing"}], ids=["empty", "html", "json"])
def test_any_success_is_an_acceptance_whatever_the_body_says(status: int, body: object) -> None:
    sent, _ = made(says(status, b"" if status == 204 else body))
    assert sent == Sent(outcome=ACCEPTED, tries=1)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 409, 422, 451])
def test_a_final_answer_is_refused_at_once(status: int) -> None:
    sent, server = made(says(status, headers={"Location": "/elsewhere"}))
    assert sent == Sent(outcome=REFUSED, tries=1, error=f"HTTP {status}")
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_answer_that_may_get_better_is_tried_again_then_refused(status: int) -> None:
    sent, server = made(says(status))
    assert sent == Sent(outcome=REFUSED, tries=3, error=f"HTTP {status}")
    assert len(server.received) == 3
    assert len({request.body for request in server.received}) == 1


@pytest.mark.parametrize("status", [429, 500])
def test_a_later_acceptance_counts(status: int) -> None:
    sent, _ = made(says(status), says(status), says(200))
    assert sent == Sent(outcome=ACCEPTED, tries=3)


@pytest.mark.parametrize(
    "answer",
    [
        breaks_off,
        drips,
        says(200, b"not gzip", {"Content-Encoding": "gzip"}),
        says(202, b" " * 2 * LARGEST_BODY),
    ],
    ids=["cut", "drips", "not what it says", "endless"],
)
def test_the_status_alone_accepts_whatever_becomes_of_the_body(answer: Answer) -> None:
    assert made(answer)[0] == Sent(outcome=ACCEPTED, tries=1)


def test_the_status_alone_accepts_though_the_headers_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAKE_SECONDS", 2.0)
    assert made(drips_a_header)[0] == Sent(outcome=ACCEPTED, tries=1)


@pytest.mark.parametrize("answer", [hangs, drips_a_status], ids=["silence", "a byte now and then"])
def test_the_time_for_finding_the_address_counts_as_well(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    real = socket.getaddrinfo

    def slow(*args: Any, **options: Any) -> Any:
        time.sleep(0.4)
        return real(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr(limits, "MAKE_SECONDS", 0.2)
    begun = time.monotonic()
    sent, _ = made(answer)
    assert (sent.outcome, sent.tries) == (UNKNOWN, 1)
    assert time.monotonic() - begun < 30


def test_an_error_is_certain_whatever_becomes_of_its_body() -> None:
    cut = writes(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\nhalf")
    assert made(cut)[0] == Sent(outcome=REFUSED, tries=1, error="HTTP 400")


@pytest.mark.parametrize("answer", [drops, writes(b"HTTP/1.1 20")], ids=["no answer", "half a status"])
def test_a_lost_connection_is_unknown_and_never_repeated(answer: Answer) -> None:
    sent, server = made(answer)
    assert (sent.outcome, sent.tries) == (UNKNOWN, 1)
    assert len(server.received) == 1


@pytest.mark.parametrize("answer", [hangs, drips_a_status], ids=["silence", "a byte now and then"])
def test_a_timeout_is_unknown_and_never_repeated(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(limits, "MAKE_SECONDS", 0.2)
    begun = time.monotonic()
    sent, server = made(answer)
    assert (sent.outcome, sent.tries) == (UNKNOWN, 1)
    assert len(server.received) == 1
    assert time.monotonic() - begun < 30


def test_an_unknown_outcome_ends_the_tries_that_went_before() -> None:
    sent, server = made(says(500), drops, says(200))
    assert (sent.outcome, sent.tries) == (UNKNOWN, 2)
    assert len(server.received) == 2


def test_a_refused_connection_is_tried_again_then_certain() -> None:
    with refusing_port() as address:
        sent = Tmetr(f"http://{address}", TOKEN, 3).make(an_order(), always)
    assert sent == Sent(outcome=REFUSED, tries=3, error="connection refused")


def test_a_tls_error_after_the_request_has_left_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def corrupt(self: HTTPConnection) -> None:
        raise ssl.SSLError("DECRYPTION_FAILED_OR_BAD_RECORD_MAC")

    monkeypatch.setattr(HTTPConnection, "getresponse", corrupt)
    sent, _ = made(says(200))
    assert (sent.outcome, sent.tries) == (UNKNOWN, 1)


def test_a_tls_handshake_that_fails_has_sent_nothing() -> None:
    with answering(says(200)) as server:
        sent = Tmetr(server.url.replace("http:", "https:"), TOKEN, 3).make(an_order(), always)
    assert (sent.outcome, sent.tries, server.received) == (REFUSED, 3, [])


def test_all_tries_together_stay_within_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAKE_SECONDS", 0.4)
    monkeypatch.setattr(limits, "FIRST_PAUSE", 0.3)
    begun = time.monotonic()
    sent, _ = made(says(500), attempts=10)
    assert sent.outcome is REFUSED
    assert sent.tries <= 2
    assert time.monotonic() - begun < 30


def test_a_single_attempt_is_a_single_try() -> None:
    assert made(says(500), attempts=1)[0].tries == 1


def test_a_claim_that_is_not_fresh_sends_nothing() -> None:
    with tmetr(says(200)) as (machine, server):
        sent = machine.make(an_order(), lambda: False)
    assert (sent.outcome, sent.tries) == (REFUSED, 0)
    assert server.received == []


def test_a_claim_that_ages_between_two_tries_is_not_sent_again() -> None:
    answers = iter([True, False])
    with tmetr(says(500)) as (machine, server):
        sent = machine.make(an_order(), lambda: next(answers))
    assert sent == Sent(outcome=REFUSED, tries=1, error="HTTP 500")
    assert len(server.received) == 1


def test_no_error_tells_the_token() -> None:
    assert all(TOKEN not in repr(made(answer)[0]) for answer in (drops, says(401), breaks_off))


@pytest.mark.parametrize(
    ("answer", "price"),
    [({"price": 15000}, 15000), ({"price": 15000.0}, 15000), ({"price": 0}, 0), ({"price": None}, 0), ({}, 0)],
)
def test_a_price_is_whole_kopecks_or_none_at_all(answer: dict[str, Any], price: int) -> None:
    with tmetr(says(200, answer)) as (machine, server):
        assert machine.price(DEVICE, DRINK, 2) == price
    assert server.received[0].path == "/api/ui/v1/static/drink"
    assert server.received[0].json == {"deviceId": DEVICE, "drinkIdAtDevice": DRINK, "drinkSize": "BIG"}


@pytest.mark.parametrize("price", ["15000", 150.5, -1, True, [15000], {"value": 1}, float("inf"), float("nan")])
def test_a_price_that_is_none_is_an_error(price: object) -> None:
    with tmetr(says(200, {"price": price})) as (machine, _), pytest.raises(MachineError):
        machine.price(DEVICE, DRINK, 1)


@pytest.mark.parametrize(
    ("content", "heard"),
    [
        ([], None),
        ([{"deviceId": "another", "heartbeatCreatedAt": 1742198482}], None),
        ([{"deviceId": DEVICE, "heartbeatCreatedAt": 1742198482}], datetime(2025, 3, 17, 8, 1, 22, tzinfo=UTC)),
        (
            [{"deviceId": DEVICE, "heartbeatCreatedAt": moment} for moment in (1742198400, 1742198482)],
            datetime(2025, 3, 17, 8, 1, 22, tzinfo=UTC),
        ),
    ],
)
def test_the_last_heartbeat_of_the_asked_machine_counts(content: list[Any], heard: datetime | None) -> None:
    with tmetr(says(200, {"content": content})) as (machine, server):
        assert machine.last_heartbeat(DEVICE) == heard
    assert server.received[0].json == {"deviceIds": [DEVICE], "offset": 0, "limit": 1}
    assert server.received[0].headers["X-TimeZoneOffset"] == "0"


@pytest.mark.parametrize(
    "content",
    [None, "x", {}, ["x"], [{"deviceId": DEVICE}], [{"deviceId": DEVICE, "heartbeatCreatedAt": "now"}]]
    + [[{"deviceId": DEVICE, "heartbeatCreatedAt": moment}] for moment in (None, 10**18, float("nan"))],
    ids=str,
)
def test_a_heartbeat_that_is_none_is_an_error(content: object) -> None:
    with tmetr(says(200, {"content": content})) as (machine, _), pytest.raises(MachineError):
        machine.last_heartbeat(DEVICE)


@pytest.mark.parametrize(
    "answer",
    [says(500), says(302, headers={"Location": "/"}), says(404), says(200, "<html>"), says(200, "[]"), drops],
    ids=["500", "redirect", "404", "html", "list", "lost"],
)
def test_a_question_without_a_usable_answer_is_an_error(answer: Answer) -> None:
    with tmetr(answer) as (machine, _):
        with pytest.raises(MachineError):
            machine.price(DEVICE, DRINK, 1)
        with pytest.raises(MachineError):
            machine.last_heartbeat(DEVICE)


def test_a_question_is_asked_once_more_when_its_connection_breaks() -> None:
    with tmetr(drops, says(200, {"price": 15000})) as (machine, _):
        assert machine.price(DEVICE, DRINK, 1) == 15000


def test_a_question_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUESTION_SECONDS", 0.2)
    with tmetr(hangs) as (machine, _), pytest.raises(MachineError, match="in time"):
        machine.price(DEVICE, DRINK, 1)
