"""Log lines that Cloud Logging understands, with the order, device and payment that a request is about."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from shared.domain.fields import MOSCOW

CONTEXT_FIELDS = ("order_id", "device_uuid", "payment_id")
_LINE_FIELDS = (*CONTEXT_FIELDS, "event")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_context: ContextVar[Mapping[str, str]] = ContextVar("log_context", default={})  # noqa: B039 - never changed in place
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(?:/(\d{1,20}))?(?:;.*)?")
_EMAIL = re.compile(r"([A-Za-z0-9._%+-])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]+\.[A-Za-z]{2,})")


def setup(function: str, log_format: str, level: str) -> None:
    """Send this process's log to stdout in one format; called once, at start."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_TextFormatter(function) if log_format == "text" else _JsonFormatter(function))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("shared").setLevel(level)


def begin_request(headers: Mapping[str, str], project: str | None) -> None:
    """Forget the last request's context and take this one's trace (header names as `Title-Case`)."""
    _context.set(_trace(headers, project))


def about(**fields: str | None) -> None:
    """Name what the lines that follow are about: order_id, device_uuid, payment_id."""
    _context.set({**_context.get(), **{name: value for name, value in fields.items() if value}})


def mask_emails(text: str) -> str:
    """`anna@example.ru` as `a***@example.ru`."""
    return _EMAIL.sub(r"\1***@\2", text)


def _trace(headers: Mapping[str, str], project: str | None) -> dict[str, str]:
    parent = _TRACEPARENT.fullmatch(headers.get("Traceparent", ""))
    cloud = _CLOUD_TRACE.fullmatch(headers.get("X-Cloud-Trace-Context", ""))
    trace = parent.group(1) if parent else cloud.group(1) if cloud else None
    if trace is None:
        return {}
    found = {"trace": f"projects/{project}/traces/{trace}" if project else trace}
    if parent:
        found["span"] = parent.group(2)
    elif cloud and cloud.group(2):
        found["span"] = f"{int(cloud.group(2)) & (2**64 - 1):016x}"
    return found


def _text(record: logging.LogRecord, formatter: logging.Formatter) -> str:
    text = record.getMessage()
    if record.exc_info:
        text = f"{text}\n{formatter.formatException(record.exc_info)}"
    return mask_emails(text)


class _JsonFormatter(logging.Formatter):
    def __init__(self, function: str) -> None:
        super().__init__()
        self._function = function

    def format(self, record: logging.LogRecord) -> str:
        context = dict(_context.get())
        trace, span = context.pop("trace", None), context.pop("span", None)
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        line: dict[str, Any] = {
            "severity": record.levelname,
            "message": _text(record, self),
            "function": self._function,
            "logger": record.name,
            **context,
            **extra,
        }
        if trace is not None:
            line["logging.googleapis.com/trace"] = trace
        if span is not None:
            line["logging.googleapis.com/spanId"] = span
        if record.levelno >= logging.ERROR and record.exc_info:
            line["@type"] = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
        return json.dumps(line, ensure_ascii=False, default=str)


class _TextFormatter(logging.Formatter):
    def __init__(self, function: str) -> None:
        super().__init__()
        self._function = function

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, MOSCOW).isoformat(timespec="seconds")
        fields = {**_context.get(), **vars(record)}
        tail = "".join(f" {name}={fields[name]}" for name in _LINE_FIELDS if fields.get(name))
        return f"[{at}] {record.levelname} [{self._function}] {_text(record, self)}{tail}"
