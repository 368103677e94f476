"""A loopback HTTP server that answers as a test says: whole, broken off, byte by byte, or not at all."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LONGEST_HANG = 60.0  # seconds: a client without a time limit must fail its test, not stop the run


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server(ThreadingHTTPServer):
    """Answers the requests with `answers`, one after the other; the last one again and again."""

    daemon_threads = True

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.closing = threading.Event()
        self._answers = list(answers)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, request: Received) -> Answer:
        """The answer to this request."""
        with self._lock:
            self.received.append(request)
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = self.server.take(Received(self.command, self.path, dict(self.headers), body))
        with suppress(OSError):  # the client has given up: this is what the test is about
            answer(self)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `received` has it."""


Answer = Callable[[_Handler], None]


def says(status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """An ordinary answer; `body`: bytes, a text, or something for JSON."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()

    def answer(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def hangs(handler: _Handler) -> None:
    """Takes the request and says nothing."""
    handler.close_connection = True
    handler.server.closing.wait(LONGEST_HANG)


def drops(handler: _Handler) -> None:
    """Takes the request and breaks the connection."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def breaks_off(handler: _Handler) -> None:
    """Promises more than it sends."""
    handler.close_connection = True
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"id": ')


def dribbles(begun: bytes) -> Answer:
    """Begins with these bytes and goes on with one now and then, so that no single read ever takes long."""

    def answer(handler: _Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(begun)
        for _ in range(int(LONGEST_HANG / 0.05)):
            if handler.server.closing.wait(0.05):
                return
            handler.wfile.write(b"x")

    return answer


drips = dribbles(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
drips_endlessly = dribbles(b"HTTP/1.1 200 OK\r\n\r\n")
drips_a_header = dribbles(b"HTTP/1.1 200 OK\r\nX-Endless: ")
drips_a_status = dribbles(b"HTTP/1.1 ")

SLOW = {
    "silence": hangs,
    "drips of a status": drips_a_status,
    "drips of a header": drips_a_header,
    "drips of a body": drips,
    "drips without a length": drips_endlessly,
}


def writes(raw: bytes) -> Answer:
    """Exactly these bytes, then the end of the connection."""

    def answer(handler: _Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(raw)

    return answer


@contextmanager
def answering(*answers: Answer) -> Iterator[Server]:
    server = Server(answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
