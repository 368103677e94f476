"""Log lines as Cloud Logging reads them, and as people do; nothing secret, no whole e-mail address."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared import logs

log = logging.getLogger("shared.tests")


Written = Callable[[], str]


@pytest.fixture
def stream(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """What the process writes; the test runner's own handlers come back afterwards."""
    root, library = logging.getLogger(), logging.getLogger("shared")
    kept, levels = root.handlers[:], (root.level, library.level)
    yield lambda: capsys.readouterr().out
    root.handlers[:] = kept
    root.setLevel(levels[0])
    library.setLevel(levels[1])
    logs.begin_request({}, None)


def line(stream: Written) -> dict[str, Any]:
    (only,) = stream().splitlines()
    found: dict[str, Any] = json.loads(only)
    return found


def test_a_json_line_has_severity_message_trace_and_what_it_is_about(stream: Written) -> None:
    logs.setup("webhook", "json", "INFO")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    logs.begin_request({"Traceparent": f"00-{trace}-00f067aa0ba902b7-01"}, "coffee")
    logs.about(order_id="order-1", device_uuid="test", payment_id=None)
    log.warning("Paid %s", "twice", extra={"event": "duplicate"})
    found = line(stream)
    assert found["severity"] == "WARNING"
    assert found["message"] == "Paid twice"
    assert found["function"] == "webhook"
    assert found["event"] == "duplicate"
    assert found["order_id"] == "order-1"
    assert found["device_uuid"] == "test"
    assert "payment_id" not in found
    assert found["logging.googleapis.com/trace"] == f"projects/coffee/traces/{trace}"
    assert found["logging.googleapis.com/spanId"] == "00f067aa0ba902b7"


def test_the_older_trace_header_is_understood(stream: Written) -> None:
    logs.setup("webhook", "json", "INFO")
    logs.begin_request({"X-Cloud-Trace-Context": "105445aa7843bc8bf206b12000100000/1;o=1"}, "coffee")
    log.info("here")
    found = line(stream)
    assert found["logging.googleapis.com/trace"] == "projects/coffee/traces/105445aa7843bc8bf206b12000100000"
    assert found["logging.googleapis.com/spanId"] == "0000000000000001"


@pytest.mark.parametrize("header", ["", "nonsense", "zz/1", "105445aa7843bc8bf206b12000100000" * 2])
def test_a_broken_trace_header_is_left_out(stream: Written, header: str) -> None:
    logs.setup("webhook", "json", "INFO")
    logs.begin_request({"X-Cloud-Trace-Context": header}, "coffee")
    log.info("here")
    assert "logging.googleapis.com/trace" not in line(stream)


def test_a_request_forgets_what_the_last_one_was_about(stream: Written) -> None:
    logs.setup("webhook", "json", "INFO")
    logs.about(order_id="order-1")
    logs.begin_request({}, None)
    log.info("here")
    assert "order_id" not in line(stream)


def test_the_text_format_is_for_people(stream: Written) -> None:
    logs.setup("create_order", "text", "INFO")
    record = logging.LogRecord("shared", logging.INFO, "", 0, "Order created", None, None)
    record.created = 1763451000.0
    logging.getLogger().handle(record)
    assert stream() == "[2025-11-18T10:30:00+03:00] INFO [create_order] Order created\n"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_addresses_are_masked_wherever_they_come_from(stream: Written, log_format: str) -> None:
    logs.setup("create_order", log_format, "INFO")
    try:
        raise ValueError("no receipt for anna.petrova@example.ru")
    except ValueError:
        log.exception("Receipt for %s failed", "boris@mail.example.com")
    written = stream()
    assert "b***@mail.example.com" in written
    assert "a***@example.ru" in written
    assert "boris@" not in written
    assert "petrova@" not in written


def test_the_level_hides_what_is_below_it(stream: Written) -> None:
    logs.setup("create_order", "text", "ERROR")
    log.warning("not shown")
    assert stream() == ""
