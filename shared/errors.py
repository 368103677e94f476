"""What can go wrong, as a small tree: answers for the caller, and failures of the systems around us."""

from __future__ import annotations

from shared.domain.device import Device

HTTP_STATUS = {
    "INVALID_JSON": 400,
    "INVALID_REQUEST": 400,
    "BODY_TOO_LARGE": 413,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_FOUND": 404,
    "FORBIDDEN": 403,
    "TEMPORARILY_UNAVAILABLE": 503,
    "INTERNAL_ERROR": 500,
    "ORDER_NOT_FOUND": 404,
    "ORDER_CONFLICT": 409,
    "ORDER_EXPIRED": 410,
    "ORDER_ALREADY_PAID": 409,
    "ORDER_NOT_PAYABLE": 409,
    "DEVICE_NOT_FOUND": 404,
    "DEVICE_DISABLED": 403,
    "DEVICE_OFFLINE": 503,
    "HEARTBEAT_CHECK_FAILED": 503,
    "MERCHANT_INACTIVE": 403,
    "PAYMENT_NOT_CONFIGURED": 503,
    "PRICE_UNAVAILABLE": 503,
    "EMAIL_REQUIRED": 400,
    "INVALID_EMAIL": 400,
    "RECURRING_NOT_AVAILABLE": 403,
    "YOOKASSA_FORBIDDEN": 403,
    "YOOKASSA_UNAUTHORIZED": 500,
    "INVALID_PAYMENT_REQUEST": 400,
    "YOOKASSA_API_ERROR": 502,
    "TBANK_API_ERROR": 502,
    "PAYMENT_CREATE_FAILED": 500,
}


class Refusal(Exception):
    """An answer other than success: a code of SPEC §6 or §8, with the device where it is known.

    `detail` is for the log only.
    """

    def __init__(
        self,
        code: str,
        *,
        parameter: str | None = None,
        device: Device | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(": ".join(part for part in (code, parameter, detail) if part))
        self.code = code
        self.parameter = parameter
        self.device = device

    @property
    def http_status(self) -> int:
        return HTTP_STATUS[self.code]


class StoreUnavailable(Exception):
    """Firestore did not answer in time: nothing is known, the caller may try again."""


class ChangedMeanwhile(Exception):
    """The document is no longer the one that was read: read it again and decide again."""


class NotConfigured(Exception):
    """No credentials for this merchant and provider, or a setting is missing."""


class ProviderError(Exception):
    """A payment provider did not do what was asked."""


class PaymentUnknown(ProviderError):
    """The provider's API does not know this payment or refund. Final."""


class ProviderRefused(ProviderError):
    """The provider understood and said no: nothing happened there. Final."""


class ProviderForbidden(ProviderRefused):
    """The account may not do this (HTTP 403)."""


class ProviderUnauthorized(ProviderRefused):
    """The credentials are wrong (HTTP 401)."""


class ProviderBadRequest(ProviderRefused):
    """The request is wrong (HTTP 400, or another answer that repeating cannot change)."""


class ProviderUnavailable(ProviderError):
    """No usable answer: a network failure, a timeout, a 5xx, 429 or 202, an unreadable body.

    Whether the request took effect is unknown; it may be repeated unchanged. `retry_after`: seconds, when told.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MachineError(Exception):
    """Tmetr did not answer a question (price, heartbeat) usably."""
