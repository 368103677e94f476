"""YooKassa's API v3 over our own HTTP: per-shop credentials, time limits, one pooled session (SPEC §8).

The SDK's own client keeps its settings in a class, sets no time limit and loses the status of an HTML error page.
Its exceptions are used for what they name; the HTTP status alone chooses among them.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import requests
from yookassa.domain.exceptions import (
    ApiError,
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    ResponseProcessingError,
    TooManyRequestsError,
    UnauthorizedError,
)

from shared.adapters import wire
from shared.credentials import YooKassaShop
from shared.errors import (
    PaymentUnknown,
    ProviderBadRequest,
    ProviderError,
    ProviderForbidden,
    ProviderRefused,
    ProviderUnauthorized,
    ProviderUnavailable,
)

LOOK_UP_SECONDS = 2.5
CREATE_SECONDS = 10.0
REFUND_SECONDS = 3.5

_SDK_ERRORS: dict[int, type[ApiError]] = {
    error.HTTP_CODE: error
    for error in (
        BadRequestError,
        ForbiddenError,
        NotFoundError,
        ResponseProcessingError,
        TooManyRequestsError,
        UnauthorizedError,
    )
}
_FINAL: tuple[tuple[type[ApiError], type[ProviderError]], ...] = (
    (ForbiddenError, ProviderForbidden),
    (UnauthorizedError, ProviderUnauthorized),
    (NotFoundError, PaymentUnknown),
    (BadRequestError, ProviderBadRequest),
)


class YooKassaClient:
    """One shop's access to the API; safe for threads, the session may be shared between shops."""

    def __init__(self, api_url: str, shop: YooKassaShop, session: requests.Session) -> None:
        self.shop_id = shop.shop_id
        self._api_url = api_url
        self._auth = (shop.shop_id.encode(), shop.secret_key.encode())
        self._session = session

    def post(self, path: str, body: dict[str, Any], idempotence_key: str, seconds: float) -> dict[str, Any]:
        """Create something. The key makes a repetition return the same; raises ProviderError's kinds."""
        return self._call("POST", path, seconds, json=body, headers={"Idempotence-Key": idempotence_key})

    def get(self, *path: str) -> dict[str, Any]:
        """Look something up by its id, in a time that a waiting notification can afford."""
        return self._call("GET", "/" + "/".join(quote(part, safe="") for part in path), LOOK_UP_SECONDS)

    def _call(self, method: str, path: str, seconds: float, **options: Any) -> dict[str, Any]:
        try:
            reply = wire.call(
                self._session,
                method,
                self._api_url + path,
                seconds=seconds,
                repeat_if_lost=True,
                auth=self._auth,
                **options,
            )
        except (wire.NotSent, wire.NoAnswer) as error:
            raise ProviderUnavailable(f"YooKassa {method}: {error}") from error
        body = _json_object(reply.body)
        if reply.status != 200:
            raise _error(reply, body)
        if body is None:
            raise ProviderUnavailable(f"YooKassa {method}: HTTP 200 with an unreadable body")
        return body


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _error(reply: wire.Reply, body: dict[str, Any] | None) -> ProviderError:
    """The typed error of an answer other than 200; 4xx are final, the rest leaves the outcome unknown."""
    sdk_error = _SDK_ERRORS.get(reply.status, ApiError)(body or {})
    message = f"YooKassa answered HTTP {reply.status} {_said(body)}".rstrip()
    for sdk_kind, kind in _FINAL:
        if isinstance(sdk_error, sdk_kind):
            raised = kind(message)
            break
    else:
        if 400 <= reply.status < 500 and reply.status not in (408, 409, 429):
            raised = ProviderRefused(message)
        else:
            raised = ProviderUnavailable(message, retry_after=_retry_after(reply, body))
    raised.__cause__ = sdk_error
    return raised


def _said(body: dict[str, Any] | None) -> str:
    """YooKassa's error code and parameter: the description may quote what a customer typed."""
    if body is None:
        return "(not JSON)"
    return " ".join(str(body[name])[:60] for name in ("code", "parameter") if body.get(name))


def _retry_after(reply: wire.Reply, body: dict[str, Any] | None) -> float | None:
    """Seconds: the header's (429), else the body's `retry_after` in milliseconds (202, 429)."""
    header = reply.headers.get("Retry-After", "")
    if header.isdecimal():
        return float(header)
    told = (body or {}).get("retry_after")
    return told / 1000 if isinstance(told, int | float) and not isinstance(told, bool) else None
