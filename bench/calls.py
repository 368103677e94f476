"""One request as a value, so that a fresh process, a caller thread and a test all send the same."""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

NEW_ORDER_ID = "@NEW_ORDER_ID@"
PATIENCE_SECONDS = 20.0


class WrongAnswer(Exception):
    """A request of the bench was not answered as it must be: what was timed means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to 127.0.0.1. `NEW_ORDER_ID` in the body becomes a fresh order id each time it is sent."""

    port: int
    path: str
    method: str = "GET"
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: int = 200

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def connect(self) -> http.client.HTTPConnection:
        """A connection that can be kept for many sendings. Raises OSError when nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.connect()
        return connection

    def send(self, connection: http.client.HTTPConnection) -> bytes:
        """The answer's body. Raises WrongAnswer, OSError or http.client.HTTPException."""
        body = None if self.body is None else self.body.replace(NEW_ORDER_ID, new_order_id()).encode()
        connection.request(self.method, self.path, body, dict(self.headers))
        response = connection.getresponse()
        answer = response.read()
        if response.status != self.expected:
            raise WrongAnswer(f"{self.method} {self.path}: {response.status} {answer[:300]!r}")
        return answer


def new_order_id() -> str:
    """As the machines make them: the time, then something random."""
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}{uuid.uuid4().hex[:16]}-bnch"
