"""Loopback servers of the function tests: stand-ins in threads, ports that refuse, ports that stay silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

Json = dict[str, Any]


class _Handler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the stand-in's own call log has it."""

    def connection_dropped(self, error: BaseException, environ: Mapping[str, Any] | None = None) -> None:
        # Without this a connection that a fault breaks off would stay open instead.
        self.close_connection = True


class StandIn:
    """A stand-in of `sandbox/` that listens at `url`, and its controls."""

    def __init__(self, app: Flask, url: str) -> None:
        self.url = url
        self._app = app

    def get(self, path: str) -> Any:
        return self._app.test_client().get(f"/_sandbox/{path}").json

    def post(self, path: str, **body: Any) -> Any:
        answer = self._app.test_client().post(f"/_sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json

    def fail(self, on: str, fault: str, **rule: Any) -> None:
        """Throw this fault from now on, `times` times or until `heal`."""
        self.post("faults?add=1", rules=[{"on": on, "fault": fault, **rule}])

    def heal(self) -> None:
        self.post("faults", rules=[])

    def calls(self, operation: str) -> list[Json]:
        """The calls of one operation that arrived here, oldest first."""
        return [call for call in self.get("log") if call["operation"] == operation]


@contextmanager
def served(app: Flask) -> Iterator[StandIn]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield StandIn(app, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def refusing_port() -> Iterator[str]:
    """host:port where every connection is refused: bound, so that nobody else takes it, but not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def silent_port() -> Iterator[str]:
    """host:port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
