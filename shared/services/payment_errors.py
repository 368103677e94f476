"""What the customer is told when a payment cannot be created: SPEC §8's table, by exception class."""

from __future__ import annotations

from shared.domain.order import Attempt
from shared.errors import (
    ProviderBadRequest,
    ProviderError,
    ProviderForbidden,
    ProviderUnauthorized,
    Refusal,
)

_YOOKASSA: tuple[tuple[type[ProviderError], str], ...] = (
    (ProviderForbidden, "YOOKASSA_FORBIDDEN"),
    (ProviderUnauthorized, "YOOKASSA_UNAUTHORIZED"),
    (ProviderBadRequest, "INVALID_PAYMENT_REQUEST"),
    (ProviderError, "YOOKASSA_API_ERROR"),
)


def refusal_for(error: ProviderError, attempt: Attempt) -> Refusal:
    """The answer to `POST /pay` for this failure of this attempt."""
    if attempt.provider == "tbank":
        return Refusal("TBANK_API_ERROR")
    if isinstance(error, ProviderForbidden) and attempt.save_card:
        return Refusal("RECURRING_NOT_AVAILABLE")
    return Refusal(next(code for kind, code in _YOOKASSA if isinstance(error, kind)))
