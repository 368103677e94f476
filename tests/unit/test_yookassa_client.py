"""Our HTTP to YooKassa: every answer a typed error, every failure bounded in time, no shop mixed with another."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from shared.adapters.wire import LARGEST_BODY
from shared.adapters.yookassa import client as limits
from shared.adapters.yookassa.client import YooKassaClient
from shared.credentials import YooKassaShop
from shared.errors import (
    PaymentUnknown,
    ProviderBadRequest,
    ProviderError,
    ProviderForbidden,
    ProviderRefused,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from tests.functions.serving import refusing_port
from tests.sandbox.patience import until
from tests.unit.answering import SLOW, Answer, Server, answering, breaks_off, drops, says, writes

SHOP = YooKassaShop("100500", "live_topsecret")
ERRORS: dict[int, type[ProviderError]] = {
    201: ProviderUnavailable,
    202: ProviderUnavailable,
    204: ProviderUnavailable,
    301: ProviderUnavailable,
    302: ProviderUnavailable,
    400: ProviderBadRequest,
    401: ProviderUnauthorized,
    402: ProviderRefused,
    403: ProviderForbidden,
    404: PaymentUnknown,
    405: ProviderRefused,
    408: ProviderUnavailable,
    409: ProviderUnavailable,
    413: ProviderRefused,
    415: ProviderRefused,
    422: ProviderRefused,
    429: ProviderUnavailable,
    500: ProviderUnavailable,
    502: ProviderUnavailable,
    503: ProviderUnavailable,
    504: ProviderUnavailable,
    599: ProviderUnavailable,
}
BODIES = {
    "error": {"type": "error", "id": "e-1", "code": "invalid_request", "parameter": "amount.value"},
    "html": "<html><body><h1>Bad Gateway</h1></body></html>",
    "empty": b"",
    "list": ["error"],
    "odd": {"type": 5, "code": {"x": 1}, "description": None, "retry_after": "soon"},
}


def asked(server: Server, session: requests.Session) -> dict[str, Any]:
    return YooKassaClient(f"{server.url}/v3", SHOP, session).get("payments", "payment-1")


def created(server: Server, session: requests.Session, seconds: float = 5.0) -> dict[str, Any]:
    return YooKassaClient(f"{server.url}/v3", SHOP, session).post("/payments", {"capture": True}, "key-1", seconds)


def error_after(answer: Answer, session: requests.Session) -> ProviderError:
    with answering(answer) as server, pytest.raises(ProviderError) as caught:
        asked(server, session)
    return caught.value


def test_a_request_carries_the_shops_credentials_the_key_and_json(session: requests.Session) -> None:
    with answering(says(200, {"id": "payment-1"})) as server:
        assert created(server, session) == {"id": "payment-1"}
    (request,) = server.received
    assert (request.method, request.path, request.json) == ("POST", "/v3/payments", {"capture": True})
    assert request.headers["Idempotence-Key"] == "key-1"
    assert request.headers["Content-Type"] == "application/json"
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"100500:live_topsecret"


def test_a_repeated_request_is_the_same_to_the_byte_whatever_order_the_store_gave_its_fields(
    session: requests.Session,
) -> None:
    body = {"amount": {"value": "150.00", "currency": "RUB"}, "capture": True, "description": "Кофе"}
    shuffled = {"description": "Кофе", "capture": True, "amount": {"currency": "RUB", "value": "150.00"}}
    with answering(says(200, {"id": "payment-1"})) as server:
        client = YooKassaClient(server.url, SHOP, session)
        for form in (body, shuffled):
            client.post("/payments", form, "key-1", 5.0)
    first, second = server.received
    assert first.body == second.body and first.json == body


def test_an_id_cannot_lead_to_another_address(session: requests.Session) -> None:
    with answering(says(200, {})) as server:
        YooKassaClient(f"{server.url}/v3", SHOP, session).get("payments", "../refunds/1?x=/")
    assert server.received[0].path == "/v3/payments/..%2Frefunds%2F1%3Fx%3D%2F"


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("status", "kind"), ERRORS.items())
def test_the_http_status_alone_chooses_the_error(
    session: requests.Session, status: int, kind: type[ProviderError], body: str
) -> None:
    content = b"" if status == 204 else BODIES[body]
    error = error_after(says(status, content), session)
    assert type(error) is kind
    assert str(status) in str(error)


def test_an_error_names_code_and_parameter_and_not_what_a_customer_typed(session: requests.Session) -> None:
    body = {"code": "invalid_request", "parameter": "receipt.customer.email", "description": "anna@example"}
    error = error_after(says(400, body), session)
    assert str(error) == "YooKassa answered HTTP 400 invalid_request receipt.customer.email"


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (429, {"Retry-After": "3"}, {}, 3.0),
        (429, {}, {"retry_after": 1800}, 1.8),
        (202, {}, {"retry_after": 500}, 0.5),
        (429, {"Retry-After": "3"}, {"retry_after": 500}, 3.0),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, {}, None),
        (429, {"Retry-After": "-1"}, "<html>", None),
        (202, {}, {"retry_after": "soon"}, None),
        (202, {}, {"retry_after": True}, None),
        (202, {}, {"retry_after": -500}, None),
        (202, {}, {"retry_after": 10**400}, None),
        (202, {}, '{"retry_after": NaN}', None),
        (500, {}, {}, None),
    ],
)
def test_when_to_come_again_is_told_in_seconds(
    session: requests.Session, status: int, headers: dict[str, str], body: object, seconds: float | None
) -> None:
    error = error_after(says(status, body, headers), session)
    assert isinstance(error, ProviderUnavailable)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    "body", [b"", "<html>", "null", "5", ["x"], b'{"id": ', b"\xff\xfe", "[" * 100_000], ids=lambda body: str(body)[:9]
)
def test_a_success_with_an_unreadable_body_leaves_the_outcome_unknown(session: requests.Session, body: object) -> None:
    assert type(error_after(says(200, body), session)) is ProviderUnavailable


def test_an_answer_without_end_is_given_up(session: requests.Session) -> None:
    assert type(error_after(says(200, b" " * (LARGEST_BODY + 1)), session)) is ProviderUnavailable


def test_something_that_is_not_http_is_no_answer(session: requests.Session) -> None:
    assert type(error_after(writes(b"SSH-2.0-OpenSSH_9.6\r\n"), session)) is ProviderUnavailable


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW.keys())
def test_a_server_that_never_finishes_is_given_up_in_time(
    session: requests.Session, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(limits, "LOOK_UP_SECONDS", 0.3)
    with answering(answer) as server:
        begun = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            asked(server, session)
        assert time.monotonic() - begun < 30
        until(lambda: server.received)
        assert len(server.received) == 1


@pytest.mark.parametrize("answer", [drops, breaks_off])
def test_a_broken_connection_is_repeated_once_with_the_same_key(session: requests.Session, answer: Answer) -> None:
    with answering(answer, says(200, {"id": "payment-1"})) as server:
        assert created(server, session) == {"id": "payment-1"}
    assert [request.headers["Idempotence-Key"] for request in server.received] == ["key-1", "key-1"]
    assert server.received[0].body == server.received[1].body


@pytest.mark.parametrize("answer", [drops, breaks_off])
def test_a_connection_that_breaks_again_leaves_the_outcome_unknown(session: requests.Session, answer: Answer) -> None:
    with answering(answer) as server:
        with pytest.raises(ProviderUnavailable):
            created(server, session)
        assert len(server.received) == 2


def test_a_server_that_is_not_there_is_unavailable(session: requests.Session) -> None:
    with refusing_port() as address, pytest.raises(ProviderUnavailable, match="refused"):
        YooKassaClient(f"http://{address}/v3", SHOP, session).get("payments", "payment-1")


def test_a_redirect_takes_no_credentials_along(session: requests.Session) -> None:
    with answering(says(200, {})) as elsewhere:
        error_after(says(302, headers={"Location": elsewhere.url}), session)
        assert elsewhere.received == []


def test_no_error_tells_a_secret(session: requests.Session) -> None:
    for answer in (says(401, BODIES["error"]), says(500, "<html>"), says(200, "x"), drops):
        assert "topsecret" not in repr(error_after(answer, session))


def test_two_shops_that_share_a_session_never_mix(session: requests.Session) -> None:
    with answering(says(200, {}, {"Set-Cookie": "shop=first"})) as server:
        shops = [YooKassaShop(str(number), f"live_{number}") for number in (1, 2)]
        clients = [YooKassaClient(server.url, shop, session) for shop in shops]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: clients[number % 2].get(clients[number % 2].shop_id), range(60)))
    assert len(server.received) == 60
    for request in server.received:
        shop = request.path.removeprefix("/")
        assert (
            base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == f"{shop}:live_{shop}".encode()
        )
        assert "Cookie" not in request.headers


def test_the_environments_proxy_is_not_used(session: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as nowhere, answering(says(200, {"id": "payment-1"})) as server:
        monkeypatch.setenv("http_proxy", f"http://{nowhere}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        assert asked(server, session) == {"id": "payment-1"}
