"""What any caller may send: bodies, methods, paths, origins; and a Firestore that is away (SPEC §6)."""

from __future__ import annotations

import io
import json
import time

import pytest
from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkExtension, InvalidChunkSize, NoMoreData

from tests.functions.leaks import leaks_in
from tests.functions.serving import Json, refusing_port, silent_port
from tests.functions.stand import Stand, at_once
from tests.functions.texts import refusal, told

PAGE, STAFF, STRANGER = "https://pay.coffee.example", "https://staff.coffee.example", "https://evil.example"
ID = "20250317110122659ba6d7-9ace-cndn"
NOT_JSON = {
    "nothing": b"",
    "half an object": b'{"uuid": ',
    "a word": b"hello",
    "not a number": b'{"size": NaN}',
    "infinity": b'{"size": -Infinity}',
    "a number of 5000 digits": b'{"ts": ' + b"9" * 5000 + b"}",
    "60,000 open brackets": b"[" * 60_000,
    "10,000 nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "half a surrogate pair": b'{"uuid": "\\ud800"}',
    "half a surrogate pair as raw bytes": b'{"uuid": "\xed\xa0\x80"}',
    "a byte that is no UTF-8": b'{"uuid": "\xff"}',
    "half a surrogate pair in UTF-16": '{"uuid": "\\ud800"}'.encode("utf-16"),
    "a form": b"order_id=1",
}


@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON.keys())
@pytest.mark.parametrize(
    ("function", "path"),
    [("create_order", "/"), ("create_order", "/pay"), ("webhook", "/tbank"), ("webhook", "/check")],
)
def test_what_is_not_json_is_refused(stand: Stand, function: str, path: str, raw: bytes) -> None:
    assert told(stand.call(function, "POST", path, data=raw)) == refusal("INVALID_JSON")


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_a_body_that_is_no_object_is_refused(stand: Stand, value: object) -> None:
    answer = stand.call("create_order", "POST", "/", data=json.dumps(value))
    assert told(answer) == refusal("INVALID_REQUEST", "body")


def test_a_surrogate_pair_is_a_character_like_any_other(stand: Stand) -> None:
    raw = json.dumps(stand.scan(drinkName="Кофе ☕ 🥛"))
    assert "\\ud83e" in raw
    assert stand.call("create_order", "POST", "/", data=raw).status_code == 201


def _large(size: int) -> bytes:
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


@pytest.mark.parametrize(
    ("function", "path"),
    [("create_order", "/"), ("create_order", "/pay"), ("webhook", "/tmetr"), ("webhook", "/check")],
)
def test_a_body_over_64_kib_is_too_large(stand: Stand, function: str, path: str) -> None:
    headers = {"Authorization": "Bearer machine-reports-secret"}
    answer = stand.call(function, "POST", path, data=_large(64 * 1024 + 1), headers=headers)
    assert told(answer) == refusal("BODY_TOO_LARGE")


def test_a_body_of_64_kib_is_read(stand: Stand) -> None:
    answer = stand.call("create_order", "POST", "/", data=_large(64 * 1024))
    assert told(answer) == refusal("INVALID_REQUEST", "deviceUuid")


def test_a_large_body_in_chunks_without_a_length_is_too_large(stand: Stand) -> None:
    """As gunicorn hands it over: no Content-Length, and the input ends by itself."""
    answer = stand.call(
        "create_order",
        "POST",
        "/",
        input_stream=io.BytesIO(_large(200_000)),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert told(answer) == refusal("BODY_TOO_LARGE")


class _Broken(io.BytesIO):
    """Input that gunicorn cannot make sense of: told once, then it is at its end."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._errors = [error]

    def read(self, size: int | None = -1) -> bytes:
        if self._errors:
            raise self._errors.pop()
        return b""


@pytest.mark.parametrize(
    "error", [InvalidChunkSize("zz"), ChunkMissingTerminator("XX"), InvalidChunkExtension(";"), NoMoreData()]
)
def test_chunks_that_are_none_are_no_json(stand: Stand, error: Exception) -> None:
    answer = stand.call(
        "create_order",
        "POST",
        "/pay",
        input_stream=_Broken(error),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert told(answer) == refusal("INVALID_JSON")


@pytest.mark.parametrize("length", ["-5", "many"])
def test_a_length_that_is_none_is_no_body(stand: Stand, length: str) -> None:
    answer = stand.call("create_order", "POST", "/", environ_overrides={"CONTENT_LENGTH": length})
    assert told(answer) == refusal("INVALID_JSON")


@pytest.mark.parametrize(
    ("function", "method", "path", "allowed"),
    [
        ("create_order", "DELETE", "/", "GET, HEAD, OPTIONS, POST"),
        ("create_order", "GET", "/pay", "OPTIONS, POST"),
        ("create_order", "PUT", "/pay", "OPTIONS, POST"),
        ("order_status", "POST", "/", "GET, HEAD, OPTIONS"),
        ("order_status", "DELETE", f"/{ID}", "GET, HEAD, OPTIONS"),
        ("webhook", "GET", "/yookassa", "OPTIONS, POST"),
        ("webhook", "PATCH", "/tbank", "OPTIONS, POST"),
        ("webhook", "GET", "/tmetr", "OPTIONS, POST"),
        ("webhook", "GET", "/check", "OPTIONS, POST"),
        ("reconcile", "GET", "/", "OPTIONS, POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    stand: Stand, function: str, method: str, path: str, allowed: str
) -> None:
    answer = stand.call(function, method, path)
    assert told(answer) == refusal("METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize(
    ("function", "path"),
    [
        ("create_order", "/nothing"),
        ("create_order", "/pay/more"),
        ("order_status", "/a/b"),
        ("webhook", "/"),
        ("webhook", "/yookassa/x"),
        ("reconcile", "/now"),
    ],
)
def test_an_unknown_path_is_not_found(stand: Stand, function: str, path: str) -> None:
    for method in ("POST", "OPTIONS"):
        assert told(stand.call(function, method, path)) == refusal("NOT_FOUND")


@pytest.mark.parametrize("origin", [PAGE, STAFF])
@pytest.mark.parametrize(("function", "path"), [("create_order", "/"), ("webhook", "/check"), ("order_status", "/")])
def test_the_pages_origin_may_read_the_answers_errors_included(
    stand: Stand, function: str, path: str, origin: str
) -> None:
    answer = stand.call(function, "GET", path, headers={"Origin": origin})
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", [STRANGER, "null", "https://pay.coffee.example.evil.example", ""])
def test_other_origins_may_not(stand: Stand, origin: str) -> None:
    answer = stand.call("create_order", "POST", "/", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("function", "path", "methods"),
    [
        ("create_order", "/", "GET, HEAD, OPTIONS, POST"),
        ("create_order", "/pay", "OPTIONS, POST"),
        ("order_status", f"/{ID}", "GET, HEAD, OPTIONS"),
        ("webhook", "/check", "OPTIONS, POST"),
    ],
)
def test_a_preflight_is_answered_204(stand: Stand, function: str, path: str, methods: str) -> None:
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    answer = stand.call(function, "OPTIONS", path, headers=headers)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Methods"] == methods
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]


def test_without_firestore_every_function_says_so_within_ten_seconds(stand: Stand) -> None:
    notification = {
        "event": "payment.succeeded",
        "object": {"id": "2d8f1-000f", "metadata": {"order_id": ID}},
    }
    headers = {"X-Forwarded-For": "185.71.76.5"}
    requests: list[tuple[str, str, str, Json]] = [
        ("create_order", "POST", "/", {"json": stand.scan()}),
        ("create_order", "POST", "/pay", {"json": {"order_id": ID}}),
        ("order_status", "GET", f"/{ID}", {}),
        ("webhook", "POST", "/yookassa", {"json": notification, "headers": headers}),
        ("webhook", "POST", "/check", {"json": {"order_id": ID}}),
        ("reconcile", "POST", "/", {}),
    ]

    def ask(number: int) -> tuple[tuple[int, str, str], str | None, float]:
        function, method, path, options = requests[number]
        begun = time.monotonic()
        answer = stand.call(function, method, path, **options)
        return told(answer), answer.headers.get("Retry-After"), time.monotonic() - begun

    for port in (refusing_port, silent_port):
        with port() as host:
            stand.configure(FIRESTORE_EMULATOR_HOST=host)
            answers = at_once(len(requests), ask)
        assert [(said, retry) for said, retry, _ in answers] == [(refusal("TEMPORARILY_UNAVAILABLE"), "1")] * 6
        assert max(seconds for _, _, seconds in answers) < 10


@pytest.mark.parametrize(
    "text",
    [
        "calling with {'Authorization': 'x'}",
        "sent Basic MTAwNTAwOnNlY3JldA==",
        "to anna@example.ru",
        'body {"canary": "whole-notification-canary"}',
        "got 'metadata'",
        "the key is very-secret",
        "encoded dmVyeS1zZWNyZXQ=",
    ],
)
def test_the_watch_over_the_log_sees_what_must_not_be_there(text: str) -> None:
    assert leaks_in(text, ["very-secret"])
    assert not leaks_in("Order 1 paid, receipt to a***@example.ru", ["very-secret"])
