"""Reading documents that people edit by hand: a bad optional field is left out and named, never fatal (SPEC §4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

MOSCOW = ZoneInfo("Europe/Moscow")
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_DOCUMENT_ID = re.compile(r"[^/\x00-\x1f]{1,128}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One field of one document that could not be used, and why."""

    document: str
    field: str
    value: object
    reason: str

    def __str__(self) -> str:
        return f"{self.document}: field {self.field} is ignored: {self.reason}"


class Fields:
    """The fields of one document; each reader returns a usable value or the default, and notes the problem."""

    def __init__(self, document: str, data: Mapping[str, Any], prefix: str = "") -> None:
        self.document = document
        self.problems: list[Problem] = []
        self._data = data
        self._prefix = prefix

    def read(self, name: str, parse: Callable[[Any], T], default: T) -> T:
        """The field through `parse`, which raises ValueError with the reason; missing, null and "" are absent."""
        value = self._data.get(name)
        if value is None or value == "":
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.problems.append(Problem(self.document, self._prefix + name, value, str(error)))
            return default

    def nested(self, name: str) -> Fields:
        """The fields of a map inside this document; its problems are this document's."""
        inner = Fields(self.document, self.read(name, mapping, {}), f"{self._prefix}{name}.")
        inner.problems = self.problems
        return inner

    def names(self) -> list[str]:
        return [str(name) for name in self._data]


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a string is expected, not {type(value).__name__}")
    return value.strip()


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false (boolean) is expected, not {type(value).__name__}")
    return value


def whole(smallest: int, largest: int) -> Callable[[Any], int]:
    """A reader of whole numbers; the console may have stored 60 as 60.0."""

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise ValueError(f"a whole number is expected, not {value!r:.40}")
        if not smallest <= value <= largest:
            raise ValueError(f"a number from {smallest} to {largest} is expected, not {value!r:.40}")
        return int(value)

    return parse


def word(known: Collection[str]) -> Callable[[Any], str]:
    """A reader of a closed list of words, written exactly."""

    def parse(value: Any) -> str:
        written = text(value)
        if written not in known:
            raise ValueError(f"one of {', '.join(sorted(known))} is expected, not {written[:60]!r}")
        return written

    return parse


def one_of(kind: type[E]) -> Callable[[Any], E]:
    """A reader of an enumeration's words."""
    parse = word([str(member.value) for member in kind])
    return lambda value: kind(parse(value))


def https_url(value: Any) -> str:
    url = text(value)
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").strip("."), parts.port
    except ValueError:
        raise ValueError("an https:// address is expected") from None
    if parts.scheme.lower() != "https" or not host or any(ord(c) <= 32 for c in url):
        raise ValueError("an https:// address is expected")
    return url


def document_id(value: Any) -> str:
    found = text(value)
    if not _DOCUMENT_ID.fullmatch(found) or found in (".", "..") or re.fullmatch(r"__.*__", found):
        raise ValueError("the id of a document is expected")
    return found


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"a map is expected, not {type(value).__name__}")
    return dict(value)


def moscow_day(value: Any) -> date:
    """A calendar day: a timestamp's day in Moscow, or a string "2026-12-31" or "31.12.2026"."""
    try:
        if isinstance(value, datetime):
            return value.astimezone(MOSCOW).date()
        written = text(value)
        if re.fullmatch(r"\d{2}\.\d{2}\.\d{4}", written):
            return datetime.strptime(written, "%d.%m.%Y").date()
        moment = datetime.fromisoformat(written)
        return (moment.astimezone(MOSCOW) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError):  # the last hours of the year 9999 are beyond it in Moscow
        raise ValueError("a date such as 2026-12-31 is expected") from None
