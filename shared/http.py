"""HTTP for all four functions: routes, limits, CORS, and errors as SPEC §6 words them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from shared import logs
from shared.config import Settings
from shared.errors import Refusal, StoreUnavailable
from shared.messages import ERROR_TEXTS

log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
PREFLIGHT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers: an object as JSON, bytes that are JSON already, a string as plain text, or nothing."""

    body: Mapping[str, Any] | bytes | str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` as werkzeug writes it; its variables become keyword arguments. `bug`: the code for a bug of ours."""

    method: str
    path: str
    handler: Handler
    bug: str = "INTERNAL_ERROR"


class Endpoint:
    """One cloud function: a flask request in, a response out, no exception ever."""

    def __init__(self, settings: Settings, routes: Iterable[Route]) -> None:
        self._settings = settings
        self._map = Map(
            [Rule(route.path, methods=[route.method], endpoint=route) for route in routes],
            strict_slashes=False,
            merge_slashes=False,
        )

    def __call__(self, request: Request) -> Response:
        logs.begin_request(dict(request.headers), self._settings.project)
        urls = self._map.bind("", path_info=request.path, default_method=request.method)
        preflight = request.method == "OPTIONS"
        response = _preflight(urls.allowed_methods()) if preflight else _respond(request, urls)
        return self._with_common_headers(request, response)

    def _with_common_headers(self, request: Request, response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Cache-Control", "private, no-store")
        headers["X-Content-Type-Options"] = "nosniff"
        headers.add("Vary", "Origin")
        origin = request.headers.get("Origin")
        if origin is not None and origin in self._settings.allowed_origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "ETag"
        return response


def read_json(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises Refusal BODY_TOO_LARGE, INVALID_JSON or INVALID_REQUEST."""
    raw = _read_body(request)
    try:
        body = json.loads(raw.decode(), parse_constant=_no_constant)  # bytes would pass as other encodings
        if b"\\u" in raw:
            json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair cannot be stored
    except (ValueError, RecursionError) as error:
        raise Refusal("INVALID_JSON") from error
    if not isinstance(body, dict):
        raise Refusal("INVALID_REQUEST", parameter="body")
    return body


def _read_body(request: Request) -> bytes:
    """At most 64 KiB, whether the length was announced or not.

    Werkzeug's own limit is not used: functions-framework reads what is left after the answer, and would fail on it.
    """
    if (request.content_length or 0) > LARGEST_BODY:
        raise Refusal("BODY_TOO_LARGE")
    try:
        raw = request.stream.read(LARGEST_BODY + 1)
    except (BadRequest, OSError, ParseException) as error:
        raise Refusal("INVALID_JSON") from error
    if len(raw) > LARGEST_BODY:
        raise Refusal("BODY_TOO_LARGE")
    return raw


def caller_address(request: Request, trusted_hops: int) -> str | None:
    """Who called, by the entry that our own front end appended to `X-Forwarded-For`.

    Counted from the right, because everything on the left of it was written by the caller. None when there are
    fewer entries than hops.
    """
    entries = [entry.strip() for entry in request.headers.get("X-Forwarded-For", "").split(",")]
    return entries[-1 - trusted_hops] or None if len(entries) > trusted_hops else None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _respond(request: Request, urls: Any) -> Response:
    bug = "INTERNAL_ERROR"
    try:
        route, variables = urls.match()
        bug = route.bug
        return _response(route.handler(request, **variables))
    except NotFound:
        return _refused(Refusal("NOT_FOUND"))
    except MethodNotAllowed as error:
        allowed = ", ".join(sorted({*(error.valid_methods or ()), "OPTIONS"}))
        return _refused(Refusal("METHOD_NOT_ALLOWED"), {"Allow": allowed})
    except Refusal as refusal:
        _log_refusal(refusal)
        return _refused(refusal)
    except StoreUnavailable as error:
        log.error("%s", error, extra={"event": "store_unavailable"})
        return _refused(Refusal("TEMPORARILY_UNAVAILABLE"), {"Retry-After": "1"})
    except Exception:  # the outermost layer: a bug of ours becomes an answer and an ERROR line
        log.exception("Unexpected error", extra={"event": "unexpected_error"})
        return _refused(Refusal(bug))


def _log_refusal(refusal: Refusal) -> None:
    """An ERROR line where a machine cannot sell until somebody mends its settings."""
    level = logging.ERROR if refusal.code == "PAYMENT_NOT_CONFIGURED" else logging.INFO
    log.log(level, "Refused: %s", refusal, extra={"event": refusal.code.lower()})


def _response(answer: Answer) -> Response:
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, answer.headers, mimetype="text/plain")
    if answer.body is None:
        return Response(status=answer.status, headers=answer.headers)
    body = answer.body
    encoded = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(encoded, answer.status, answer.headers, mimetype="application/json")


def _refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    text = ERROR_TEXTS[refusal.code].format(parameter=refusal.parameter)
    body: dict[str, Any] = {"error": {"code": refusal.code, "message": text}}
    if refusal.device is not None:
        # Here, because reconcile knows no customer and ships no HTML sanitizer.
        from shared.services.show_status import device_in_error

        body["device"] = device_in_error(refusal.device)
    return _response(Answer(body, refusal.http_status, headers or {}))


def _preflight(allowed: Iterable[str]) -> Response:
    methods = sorted({*allowed, "OPTIONS"})
    if methods == ["OPTIONS"]:
        return _refused(Refusal("NOT_FOUND"))
    listed = ", ".join(methods)
    return Response(
        status=204,
        headers={
            "Allow": listed,
            "Access-Control-Allow-Methods": listed,
            "Access-Control-Allow-Headers": "Content-Type, If-None-Match",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
