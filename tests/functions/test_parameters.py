"""Bad parameters are named, and change nothing (SPEC §6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.serving import Json
from tests.functions.stand import Stand
from tests.functions.texts import refusal, told

ID = "20250317110122659ba6d7-9ace-cndn"
TEXTS: tuple[Any, ...] = (None, "", 7, 1.5, True, [], {}, "a\x00b", "a\nb")
BAD: list[tuple[str, Any]] = [
    *(("deviceUuid", value) for value in (*TEXTS[:-2], "a/b", "..", "__all__", "a\x00b", "x" * 129, " ")),
    *(("drinkNo", value) for value in (*TEXTS, "x" * 129)),
    *(("drinkName", value) for value in (*TEXTS, "я" * 257)),
    *(("size", value) for value in (None, "", "3", "-1", "01", "1.0", 3, -1, 1.0, True, [1], {"0": 1}, "٢")),
    *(("uuid", value) for value in (*TEXTS, "short-7", "-starts-with-a-dash", "a" * 65, "with space", "a/b/c/d/e/f")),
    *(("uuid", value) for value in ("заказ-номер-один", "12345678\n", "../../etc/passwd", "12345678%2F")),
    *(("random", value) for value in (["x"], {"x": 1}, 1.5, "x" * 257)),
    *(("ts", value) for value in (10**30, -(10**30), True, 1.5)),
    ("salt", "x" * 257),
    *(("customer_key", value) for value in ("short", "x" * 129, "with spaces in it !", 5, "ключключключключключ")),
]


@pytest.mark.parametrize(("parameter", "value"), BAD, ids=lambda value: ascii(value)[:24])
def test_a_bad_parameter_is_named_and_changes_nothing(stand: Stand, parameter: str, value: Any) -> None:
    scan = {name: given for name, given in stand.scan().items() if name != parameter} | {parameter: value}
    answer = stand.post("create_order", "/", scan)
    assert told(answer) == refusal("INVALID_REQUEST", parameter)
    assert list(stand.client.collection("orders").stream()) == []
    assert stand.tmetr.get("log") == []


@pytest.mark.parametrize("parameter", ["deviceUuid", "drinkNo", "drinkName", "size", "uuid"])
def test_a_missing_parameter_is_named(stand: Stand, parameter: str) -> None:
    answer = stand.post("create_order", "/", stand.scan(**{parameter: None}))
    assert told(answer) == refusal("INVALID_REQUEST", parameter)


@pytest.mark.parametrize("ts", [2**63 - 1, -(2**63), 0, "", "x" * 256])
def test_carried_values_at_their_limits_are_kept(stand: Stand, ts: object) -> None:
    order_id = stand.order(ts=ts)
    assert stand.document(order_id)["qr"]["ts"] == ts


@pytest.mark.parametrize(
    ("function", "path", "body", "parameter"),
    [
        ("create_order", "/pay", {}, "order_id"),
        ("create_order", "/pay", {"order_id": "x"}, "order_id"),
        ("create_order", "/pay", {"order_id": ID, "email": 5}, "email"),
        ("create_order", "/pay", {"order_id": ID, "save_card": "yes"}, "save_card"),
        ("create_order", "/pay", {"order_id": ID, "use_saved_card": 1}, "use_saved_card"),
        ("create_order", "/pay", {"order_id": ID, "customer_key": "short"}, "customer_key"),
        ("create_order", "/forget-card", {"order_id": ID}, "customer_key"),
        ("webhook", "/check", {"order_id": ["x"]}, "order_id"),
    ],
)
def test_each_endpoint_names_its_bad_parameter(
    stand: Stand, function: str, path: str, body: Json, parameter: str
) -> None:
    assert told(stand.post(function, path, body)) == refusal("INVALID_REQUEST", parameter)
