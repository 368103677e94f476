"""Which error an answer of YooKassa is. The SDK's exceptions name it, the HTTP status alone chooses (SPEC §8)."""

from __future__ import annotations

from typing import Any

from yookassa.domain.exceptions import (
    ApiError,
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    ResponseProcessingError,
    TooManyRequestsError,
    UnauthorizedError,
)

from shared.adapters.wire import Reply
from shared.errors import (
    PaymentUnknown,
    ProviderBadRequest,
    ProviderError,
    ProviderForbidden,
    ProviderRefused,
    ProviderUnauthorized,
    ProviderUnavailable,
)

LONGEST_WAIT_MS = 24 * 3600 * 1000  # more, or less than nothing, is no time to wait

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


def error_of(reply: Reply, body: dict[str, Any] | None) -> ProviderError:
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


def _retry_after(reply: Reply, body: dict[str, Any] | None) -> float | None:
    """Seconds: the header's (429), else the body's `retry_after` in milliseconds (202, 429)."""
    header = reply.headers.get("Retry-After", "")
    if header.isdecimal():
        return float(header)
    told = (body or {}).get("retry_after")
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= LONGEST_WAIT_MS:
        return None
    return told / 1000
