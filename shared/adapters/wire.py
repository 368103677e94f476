"""One way to call an outside HTTP API: pooled, bounded in time and size, and clear about what failed."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

LARGEST_BODY = 1 << 20
_CHUNK = 1 << 16

# It warns of broken headers with the whole address, which holds the bot's token in a call to Telegram.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class NotSent(Exception):
    """No connection came about: the other side has seen nothing of the request."""


class NoAnswer(Exception):
    """The request may have arrived, the answer did not. `lost`: the connection broke (else: time ran out)."""

    def __init__(self, message: str, *, lost: bool = False) -> None:
        super().__init__(message)
        self.lost = lost


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str]


def new_session(pool: int = 16) -> requests.Session:
    """A session for one outside system: keeps connections, never retries by itself, ignores the environment.

    A `.netrc` or proxy variable must not add credentials or hops to calls that carry money.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=pool, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def call(
    session: requests.Session,
    method: str,
    url: str,
    *,
    seconds: float,
    connect: float = 1.5,
    repeat_if_lost: bool = False,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    auth: tuple[bytes, bytes] | None = None,
) -> Reply:
    """One request within about `seconds`; `body` goes as JSON. Raises NotSent or NoAnswer.

    `repeat_if_lost`: for requests that are safe to repeat. A kept connection that the other side has closed
    meanwhile breaks on its next use; once is repeated on a new one.
    """
    end = time.monotonic() + seconds
    options: dict[str, Any] = {"headers": dict(headers or {}), "auth": auth}
    if body is not None:
        options["data"] = _same_bytes(body)
        options["headers"]["Content-Type"] = "application/json"
    try:
        return _once(session, method, url, end, connect, options)
    except NoAnswer as error:
        if not (repeat_if_lost and error.lost and time.monotonic() < end):
            raise
    return _once(session, method, url, end, connect, options)


def _same_bytes(body: Any) -> bytes:
    """JSON in one order of keys: Firestore keeps none, and a stored request must be repeated byte for byte."""
    return json.dumps(body, sort_keys=True, allow_nan=False).encode()


def _once(
    session: requests.Session, method: str, url: str, end: float, connect: float, options: dict[str, Any]
) -> Reply:
    left = max(0.05, end - time.monotonic())
    try:
        response = session.request(
            method, url, timeout=(min(connect, left), left), allow_redirects=False, stream=True, **options
        )
    except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError) as error:
        raise NotSent(type(error).__name__) from error
    except requests.exceptions.Timeout as error:
        raise NoAnswer("no answer in time") from error
    except requests.exceptions.ConnectionError as error:
        if _never_connected(error):
            raise NotSent("connection refused") from error
        raise NoAnswer("connection lost", lost=True) from error
    except (requests.exceptions.RequestException, HTTPError) as error:
        raise NoAnswer(type(error).__name__, lost=True) from error
    try:
        return Reply(response.status_code, _read(response, end), response.headers)
    finally:
        response.close()


def _read(response: requests.Response, end: float) -> bytes:
    """The body, given up when time runs out: a server that sends a byte a second is a hanging server."""
    body = b""
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > LARGEST_BODY:
                raise NoAnswer("answer too large")
            if time.monotonic() > end:
                raise NoAnswer("no complete answer in time")
    except (HTTPError, OSError) as error:
        raise NoAnswer(f"answer broken off ({type(error).__name__})", lost=True) from error
    return body


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
