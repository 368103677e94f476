"""One way to call an outside HTTP API: pooled, bounded in time and size, and clear about what failed."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.response import HTTPResponse

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


class _Line:
    """The connection that a call uses. It can be cut from another thread, whatever is being waited for."""

    def __init__(self) -> None:
        self.used = False  # from here on, something of the request may have arrived
        self._over = False
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()

    def use(self) -> None:
        """Before anything is sent. Raises TimeoutError when time was up before there was a connection."""
        if self._over:
            raise TimeoutError("no connection in time")
        self.used = True

    def hold(self, sock: socket.socket | None) -> None:
        """`sock`: what to cut from now on; None once it belongs to nobody, or to another call."""
        with self._lock:
            self._sock = sock
            self._cut_if_over()

    def cut(self) -> None:
        """Time is up."""
        with self._lock:
            self._over = True
            self._cut_if_over()

    def _cut_if_over(self) -> None:
        if self._over and self._sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # below TLS, which is in use by the caller


_current = threading.local()


class _Connection(HTTPConnection):
    def request(self, *args: Any, **options: Any) -> None:
        _current.line.use()
        super().request(*args, **options)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
        _current.line.hold(self.sock)
        return super().getresponse()


class _SecureConnection(_Connection, HTTPSConnection):
    """Here the handshake comes before `request`."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection

    def _put_conn(self, conn: Any) -> None:
        """Another call may take it at once, which a late cut of this one must not hit."""
        _current.line.hold(None)
        super()._put_conn(conn)


class _SecurePool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    """Keeps connections; notes the one that a call is using."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def new_session(pool: int = 16) -> requests.Session:
    """A session for one outside system: keeps connections, never retries by itself, ignores the environment.

    A `.netrc` or proxy variable must not add credentials or hops to calls that carry money.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=2, pool_maxsize=pool, max_retries=0)
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
    status_only: bool = False,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    auth: tuple[bytes, bytes] | None = None,
) -> Reply:
    """One request within `seconds` in all; `body` goes as JSON. Raises NotSent or NoAnswer.

    `repeat_if_lost`: for requests that are safe to repeat. A kept connection that the other side has closed
    meanwhile breaks on its next use; once is repeated on a new one. `status_only`: the status says everything,
    whatever becomes of the body.
    """
    end = time.monotonic() + seconds
    options: dict[str, Any] = {"headers": dict(headers or {}), "auth": auth, "status_only": status_only}
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
    """requests limits each read, and a server may send a byte a second: the line is cut when time is up."""
    left = max(0.05, end - time.monotonic())
    line = _current.line = _Line()
    watchdog = threading.Timer(left, line.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        return _exchange(session, method, url, end, (min(connect, left), left), **options)
    except (requests.exceptions.RequestException, HTTPError) as error:
        raise _meaning_of(error, line, end) from error
    finally:
        watchdog.cancel()


def _exchange(
    session: requests.Session,
    method: str,
    url: str,
    end: float,
    timeout: tuple[float, float],
    *,
    status_only: bool,
    **options: Any,
) -> Reply:
    response = session.request(method, url, timeout=timeout, allow_redirects=False, stream=True, **options)
    try:
        body = b"" if status_only else _read(response, end)
        return Reply(response.status_code, body, response.headers)
    finally:
        response.close()


def _meaning_of(error: Exception, line: _Line, end: float) -> NotSent | NoAnswer:
    if _refused(error):
        return NotSent("connection refused")
    if not line.used or isinstance(error, requests.exceptions.ConnectTimeout):
        return NotSent(type(error).__name__)
    if isinstance(error, requests.exceptions.Timeout) or time.monotonic() >= end:
        return NoAnswer("no answer in time")
    return NoAnswer(f"connection lost ({type(error).__name__})", lost=True)


def _refused(error: Exception) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _read(response: requests.Response, end: float) -> bytes:
    body = b""
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > LARGEST_BODY:
                raise NoAnswer("answer too large")
    except OSError as error:
        raise NoAnswer(f"answer broken off ({type(error).__name__})", lost=True) from error
    if time.monotonic() >= end:  # cut by us: without a length, that looks like any other end
        raise NoAnswer("no complete answer in time")
    return body
