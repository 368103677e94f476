"""What every stand-in shares: the server, the call log, and the `/_sandbox/*` endpoints."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from flask import Blueprint, Flask, Response, g, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.faults import BadRule, ErrorAnswer, Faults, Rule, spoil

LOG_LIMIT = 20_000
_SHOWN_HEADERS = (
    "Idempotence-Key",
    "Content-Type",
    "X-Forwarded-For",
    "TimeZoneOffset",
    "X-TimeZoneOffset",
)

Json = dict[str, Any]


class CallLog:
    """The calls that a stand-in received, oldest first; the oldest go when there are very many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Json] = deque(maxlen=LOG_LIMIT)

    def add(self, call: Json) -> None:
        with self._lock:
            self._calls.append(call)

    def list(self) -> list[Json]:
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()


def now_iso() -> str:
    """The time as the providers write it: UTC with milliseconds, `2025-03-17T08:01:22.659Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def posted_object() -> Json:
    """The JSON object in the current request's body; anything else counts as an empty one."""
    given: Any = request.get_json(force=True, silent=True)
    return given if isinstance(given, dict) else {}


def equip(
    app: Flask,
    *,
    faults: Faults,
    error_answer: ErrorAnswer,
    on_reset: Callable[[], None],
    extra_faults: Mapping[str, Callable[[Rule], Response]] | None = None,
) -> CallLog:
    """Give a stand-in its `/_sandbox/*` endpoints, its call log, and faults on every other call.

    The operation that a fault rule names is the name of the view function (`create_payment`).
    `error_answer(status)` is the outside system's own error body for a status.
    """
    log = CallLog()
    app.register_blueprint(_control(log, faults, on_reset))

    def throw(rule: Rule, right: Response | None) -> Response | None:
        if rule.fault == "slow":
            time.sleep(rule.seconds)
            return right
        return spoil(rule, error_answer, extra_faults or {})

    @app.before_request
    def throw_before_effect() -> Response | None:
        g.at, g.rule = now_iso(), None
        if not _is_control():
            g.rule = faults.draw_answer(_operation())
        return throw(g.rule, None) if g.rule and not g.rule.after_effect else None

    @app.after_request
    def throw_after_effect(answer: Response) -> Response:
        if _is_control():
            return answer
        if g.rule and g.rule.after_effect:
            answer = throw(g.rule, answer) or answer
        log.add(_entry(answer, g.rule))
        return answer

    return log


def _is_control() -> bool:
    return request.path.startswith("/_sandbox/")


def _operation() -> str:
    return (request.endpoint or "unknown_path").rpartition(".")[2]


def _entry(answer: Response, rule: Rule | None) -> Json:
    unanswered = rule is not None and rule.fault in ("hang", "drop")
    return {
        "at": g.at,
        "method": request.method,
        "path": request.full_path.rstrip("?"),
        "operation": _operation(),
        "body": _body(),
        "headers": _headers(),
        "answered": None if unanswered else answer.status_code,
        "fault": rule.fault if rule else None,
    }


def _body() -> object:
    if request.form:
        return request.form.to_dict()
    parsed = request.get_json(force=True, silent=True)
    return parsed if parsed is not None else request.get_data(as_text=True)


def _headers() -> dict[str, str]:
    shown = {name: request.headers[name] for name in _SHOWN_HEADERS if name in request.headers}
    if "Authorization" in request.headers:
        # The log may be printed or kept: it names who called, never the secret.
        user = request.authorization.username if request.authorization else None
        shown["Authorization"] = user or "(hidden)"
    return shown


def _control(log: CallLog, faults: Faults, on_reset: Callable[[], None]) -> Blueprint:
    control = Blueprint("sandbox_base", __name__, url_prefix="/_sandbox")

    @control.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @control.get("/log")
    def calls() -> Response:
        return jsonify(log.list())

    @control.get("/faults")
    def thrown() -> Response:
        return jsonify(faults.counts())

    @control.post("/faults")
    def set_faults() -> tuple[Response, int] | Response:
        raw = request.get_json(force=True, silent=True)
        try:
            faults.set(raw.get("rules") if isinstance(raw, dict) else None, add=request.args.get("add") == "1")
        except BadRule as error:
            return jsonify(error=str(error)), 400
        return jsonify(status="ok")

    @control.post("/reset")
    def reset() -> Response:
        faults.clear()
        log.clear()
        on_reset()
        return jsonify(status="ok")

    return control


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the call log has it."""

    def connection_dropped(self, error: BaseException, environ: Mapping[str, Any] | None = None) -> None:
        # Without this an unanswered keep-alive connection would stay open instead of breaking.
        self.close_connection = True


def base_parser(name: str) -> argparse.ArgumentParser:
    """The options that every stand-in takes; the caller adds its own."""
    parser = argparse.ArgumentParser(prog=f"python -m sandbox.{name}")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=None, help="makes the faults' probabilities repeatable")
    return parser


def serve(app: Flask, port: int, name: str) -> None:
    """Serve until SIGTERM or Ctrl-C, a thread per request; prints one line once it listens."""
    signal.signal(signal.SIGTERM, _leave)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)
    print(f"{name} listening on http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return
    finally:
        server.server_close()


def _leave(signum: int, frame: object) -> NoReturn:
    sys.exit(0)
