"""Who may call as YooKassa, and what its notifications point at; nothing in them is believed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from shared.adapters.yookassa.notification import from_yookassa, read_notification
from shared.http import caller_address
from shared.ports import Notice
from tests.worlds.builders import ORDER_ID

OURS = "185.71.76.5"


def request_through(*forwarded: str) -> Request:
    """A request whose `X-Forwarded-For` says this."""
    headers = [("X-Forwarded-For", value) for value in forwarded]
    return Request(EnvironBuilder(method="POST", headers=headers).get_environ())


def believed(*forwarded: str, hops: int = 0) -> bool:
    return from_yookassa(caller_address(request_through(*forwarded), hops))


def notice(event: object = "payment.succeeded", thing: object = None) -> Notice | None:
    usual = {"id": "payment-1", "status": "succeeded", "metadata": {"order_id": ORDER_ID}}
    return read_notification({"type": "notification", "event": event, "object": usual if thing is None else thing})


@pytest.mark.parametrize(
    "address",
    [
        "185.71.76.0",
        "185.71.76.31",
        "185.71.77.0",
        "185.71.77.31",
        "77.75.153.0",
        "77.75.153.127",
        "77.75.154.128",
        "77.75.154.255",
        "77.75.156.11",
        "77.75.156.35",
        "2a02:5180::",
        "2a02:5180:ffff:ffff:ffff:ffff:ffff:ffff",
        "2A02:5180:0:1::1",
        "::ffff:185.71.76.1",
        "::ffff:b947:4c01",
        " 185.71.76.1 ",
    ],
)
def test_yookassas_own_addresses_are_let_in(address: str) -> None:
    assert from_yookassa(address)


@pytest.mark.parametrize(
    "address",
    [
        "185.71.75.255",
        "185.71.76.32",
        "185.71.77.32",
        "77.75.153.128",
        "77.75.154.127",
        "77.75.156.10",
        "77.75.156.12",
        "77.75.156.36",
        "2a02:517f:ffff::1",
        "2a02:5181::",
        "::ffff:185.71.76.32",
        "::185.71.76.1",
        "64:ff9b::185.71.76.1",
        "127.0.0.1",
        "10.0.0.1",
        "185.71.76.1:443",
        "185.71.076.1",
        "185.71.76.1/27",
        "fe80::1%eth0",
        "yookassa.ru",
        "unknown",
        "",
        None,
    ],
)
def test_everybody_else_is_not(address: str | None) -> None:
    assert not from_yookassa(address)


@pytest.mark.parametrize(
    ("forwarded", "hops"),
    [
        (OURS, 0),
        (f"1.2.3.4, {OURS}", 0),
        (f"{OURS}, 10.0.0.1", 1),
        (f"1.2.3.4, {OURS}, 10.0.0.1, 10.0.0.2", 2),
    ],
)
def test_the_address_that_our_front_end_saw_counts(forwarded: str, hops: int) -> None:
    assert believed(forwarded, hops=hops)


@pytest.mark.parametrize(
    ("forwarded", "hops"),
    [
        (f"{OURS}, 1.2.3.4", 0),
        (f"{OURS},{OURS}, 1.2.3.4", 0),
        (f"{OURS}, 1.2.3.4, 10.0.0.1", 1),
        (OURS, 1),
        (f"{OURS}, ", 0),
        (f", {OURS}", 1),
        ("", 0),
        ("", 1),
    ],
)
def test_what_the_caller_wrote_on_the_left_does_not(forwarded: str, hops: int) -> None:
    assert not believed(forwarded, hops=hops)


def test_several_headers_are_one_list() -> None:
    assert believed("1.2.3.4", OURS)
    assert not believed(OURS, "1.2.3.4")


def test_without_the_header_nobody_is_known() -> None:
    assert caller_address(request_through(), 0) is None


@pytest.mark.parametrize("event", ["payment.succeeded", "payment.canceled", "payment.waiting_for_capture"])
def test_a_payments_event_points_at_the_payment(event: str) -> None:
    assert notice(event) == Notice(provider="yookassa", payment_id="payment-1", order_id=ORDER_ID)


def test_a_refunds_event_points_at_the_payment_that_was_refunded() -> None:
    refund = {"id": "refund-1", "payment_id": "payment-1", "status": "succeeded"}
    assert notice("refund.succeeded", refund) == Notice(provider="yookassa", payment_id="payment-1", refund=True)


@pytest.mark.parametrize("event", ["payment_method.active", "payout.succeeded", "deal.closed", ""])
def test_an_event_about_something_else_points_nowhere(event: str) -> None:
    assert notice(event) is None


@pytest.mark.parametrize(
    "metadata",
    [None, {}, [], "x", {"order_id": None}, {"order_id": 5}, {"order_id": "../devices/x"}, {"order_id": "a/b/c/d/e"}],
)
def test_a_hint_that_is_no_order_id_is_left_out(metadata: object) -> None:
    found = notice(thing={"id": "payment-1", "metadata": metadata})
    assert found == Notice(provider="yookassa", payment_id="payment-1")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": "payment.succeeded"},
        {"object": {"id": "payment-1"}},
        {"event": 5, "object": {"id": "payment-1"}},
        {"event": ["payment.succeeded"], "object": {"id": "payment-1"}},
        {"event": None, "object": {"id": "payment-1"}},
        {"event": "payment.succeeded", "object": []},
        {"event": "payment.succeeded", "object": "payment-1"},
        {"event": "payment.succeeded", "object": None},
    ],
    ids=str,
)
def test_a_body_that_is_no_notification_is_malformed(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="^event$"):
        read_notification(body)


@pytest.mark.parametrize("event", ["payment.succeeded", "refund.succeeded"])
@pytest.mark.parametrize("payment_id", [None, "", 5, True, ["x"], {"x": 1}, "x" * 65, "платёж"])
def test_a_notification_without_a_usable_payment_id_is_malformed(event: str, payment_id: object) -> None:
    with pytest.raises(ValueError, match=r"^object\.id$"):
        notice(event, {"id": payment_id, "payment_id": payment_id})
