"""A scripted backend for the page alone: speaks SPEC 6 with CORS, from inside the test process.

It also serves the page itself (with a generated config.js, from a folder as a bucket does) and a provider's
page to be sent to.
"""

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.browser.orders import ORDER_ID, Order, an_order, moment

SITE = Path(__file__).parents[2] / "static_site"
MIME = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
HANG_LIMIT_S = 30


@dataclass
class Reply:
    """What is answered once. `status` 0 drops the connection; `held` waits for `release()` first."""

    status: int = 200
    body: Any = None
    held: bool = False


@dataclass
class Call:
    kind: str
    body: Any
    at: float


def refusal(status: int, code: str, message: str, device: dict[str, Any] | None = None) -> Reply:
    body: dict[str, Any] = {"error": {"code": code, "message": message}}
    return Reply(status, {**body, "device": device} if device else body)


LOST = Reply(status=0)


@dataclass
class FakeBackend:
    """Answers every question from `order`, unless `script` holds replies for that kind of question."""

    order: Order = field(default_factory=an_order)
    card_saving: bool = False
    with_config: bool = True
    with_policy: bool = True
    saved_card: dict[str, str] | None = None
    confirmation_url: str | None = ""  # "" for the provider's page here, None for a saved card that was charged
    lose_every: int = 0  # every n-th question, of whatever kind, is lost on the way
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    site_url: str = ""
    _script: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    _released: threading.Event = field(default_factory=threading.Event)
    _heard: threading.Condition = field(default_factory=threading.Condition)

    def script(self, kind: str, *replies: Reply) -> None:
        """The next answers to that kind of question: create, pay, forget, status or check."""
        self._script[kind].extend(replies)

    def release(self) -> None:
        self._released.set()

    def count(self, kind: str) -> int:
        return sum(call.kind == kind for call in self.calls)

    def bodies(self, kind: str) -> list[Any]:
        return [call.body for call in self.calls if call.kind == kind]

    def wait_for(self, kind: str, count: int, timeout: float = 5) -> None:
        """Until that many questions of the kind were asked. Raises AssertionError with the calls heard."""
        with self._heard:
            enough = self._heard.wait_for(lambda: self.count(kind) >= count, timeout)
        assert enough, f"{count} × {kind} expected, heard {[call.kind for call in self.calls]}"

    def become(self, status: str, **changes: Any) -> None:
        """The same order in another status."""
        self.order = {**self.order, **an_order(status), "device": self.order["device"], **changes}

    def config(self) -> str:
        urls = {"createOrderUrl": "create", "orderStatusUrl": "status", "webhookUrl": "hook"}
        values = {name: f"{self.url}/{path}" for name, path in urls.items()} | {"cardSaving": self.card_saving}
        return f"export const config = {json.dumps(values)};\n"

    def answer(self, kind: str, body: Any) -> Reply:
        with self._heard:
            self.calls.append(Call(kind, body, time.monotonic()))
            scripted = self._script[kind].pop(0) if self._script[kind] else None
            lost = self.lose_every and len(self.calls) % self.lose_every == 0
            reply = scripted or (LOST if lost else self._usual(kind, body))
            self._heard.notify_all()
        if reply.held:
            self._released.wait(HANG_LIMIT_S)
        return reply

    def _usual(self, kind: str, body: Any) -> Reply:
        now = {"server_time": moment()}
        if kind == "pay":
            url = f"{self.url}/provider" if self.confirmation_url == "" else self.confirmation_url
            if url is None and self.order["status"] == "created":
                self.become("pending")  # as the functions do before they answer: the page's next question tells it
            return Reply(200, {"order_id": ORDER_ID, "status": "pending", "confirmation_url": url})
        if kind == "forget":
            return Reply(200, {"saved_card": None})
        if kind == "create" and "customer_key" in body:
            return Reply(201, {**self.order, **now, "saved_card": self.saved_card})
        return Reply(201 if kind == "create" else 200, {**self.order, **now})


KINDS = {"/create/": "create", "/create/pay": "pay", "/create/forget-card": "forget", "/hook/check": "check"}


@contextmanager
def running(backend: FakeBackend) -> Iterator[FakeBackend]:
    """Both servers, the functions' and the page's, on ports of their own for as long as the block lasts."""
    with _serving(_functions(backend)) as backend.url, _serving(_site(backend)) as site:
        backend.site_url = f"{site}/bucket/index.html"
        try:
            yield backend
        finally:
            backend.release()


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """The tests say what went wrong; an access log would only bury it."""

    def send(self, status: int, mime: str = "text/plain", body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": mime, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _functions(backend: FakeBackend) -> type[BaseHTTPRequestHandler]:
    class Functions(_Quiet):
        def do_OPTIONS(self) -> None:
            self.allow()

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/provider":
                self.send(200, "text/html", b"<title>provider</title>")
            elif address.path == "/status/":
                self.reply(backend.answer("status", parse_qs(address.query)["order_id"][0]))
            else:
                self.send(404)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply(backend.answer(KINDS[self.path], body))

        def reply(self, reply: Reply) -> None:
            if reply.status == 0:
                self.close_connection = True
                return
            raw = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            self.allow(reply.status, raw)

        def allow(self, status: int = 204, body: str = "") -> None:
            """Answers with what CORS wants of SPEC 6: the page's own origin and no other."""
            own = backend.site_url.rsplit("/bucket/")[0]
            origin = own if self.headers.get("Origin") == own else ""
            methods = {"Access_Control_Allow_Methods": "GET, POST", "Access_Control_Allow_Headers": "content-type"}
            self.send(status, "application/json", body.encode(), Access_Control_Allow_Origin=origin, **methods)

    return Functions


def _site(backend: FakeBackend) -> type[BaseHTTPRequestHandler]:
    class Site(_Quiet):
        def do_GET(self) -> None:
            name = urlsplit(self.path).path.removeprefix("/bucket/")
            if name == "config.js" and backend.with_config:
                self.send(200, MIME[".js"], backend.config().encode())
            elif name == "index.html" and not backend.with_policy:
                page = re.sub(rb"<meta http-equiv=[^>]*>", b"", (SITE / name).read_bytes())
                self.send(200, MIME[".html"], page)
            elif (SITE / name).is_file() and (SITE / name).parent == SITE:
                self.send(200, MIME[Path(name).suffix], (SITE / name).read_bytes())
            else:
                self.send(404)

    return Site
