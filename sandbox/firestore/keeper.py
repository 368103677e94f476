"""HTTP beside the gRPC port: health, counted operations, and the clearing of a project.

Google's emulator answers its `DELETE` on the gRPC port itself; Python's gRPC server cannot.
"""

from __future__ import annotations

import json
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from sandbox.firestore.service import FirestoreService

_DOCUMENTS = re.compile(r"/emulator/v1/projects/([^/]+)/databases/([^/]+)/documents")


class KeeperHttp:
    """The HTTP server; bound when made, answering between `start` and `stop`."""

    def __init__(self, service: FirestoreService, address: str, port: int) -> None:
        self._server = ThreadingHTTPServer((address, port), _handler(service))
        self._server.daemon_threads = True
        self._thread: threading.Thread | None = None

    @property
    def host(self) -> str:
        """The address, `127.0.0.1:PORT`."""
        return f"{self._server.server_address[0]!s}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Answer requests, in a thread of its own."""
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close the port."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()


def _handler(service: FirestoreService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in ("/", "/_sandbox/health"):
                self._answer(HTTPStatus.OK, {"status": "ok"})
            elif self.path == "/_sandbox/counts":
                self._answer(HTTPStatus.OK, service.counts.as_dict())
            else:
                self._answer(HTTPStatus.NOT_FOUND, {})

        def do_POST(self) -> None:
            if self.path != "/_sandbox/counts/reset":
                self._answer(HTTPStatus.NOT_FOUND, {})
                return
            service.counts.reset()
            self._answer(HTTPStatus.OK, {})

        def do_DELETE(self) -> None:
            match = _DOCUMENTS.fullmatch(unquote(self.path))
            if match is None:
                self._answer(HTTPStatus.NOT_FOUND, {})
                return
            service.clear(match[1], match[2])
            self._answer(HTTPStatus.OK, {})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay quiet: the operations are in the counts."""

        def _answer(self, status: HTTPStatus, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
