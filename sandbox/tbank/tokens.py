"""The signature of requests and notifications (developer.tbank.ru/eacq/intro/developer/token)."""

from __future__ import annotations

import hashlib
import hmac

from sandbox.serving import Json


def sign(params: Json, password: str) -> str:
    """`Token` over the root-level scalars: SHA-256 of the values in the order of their names."""
    signed = {
        name: value
        for name, value in params.items()
        if name != "Token" and value is not None and not isinstance(value, dict | list)
    }
    signed["Password"] = password
    joined = "".join(_text(value) for _, value in sorted(signed.items()))
    return hashlib.sha256(joined.encode()).hexdigest()


def is_signed(params: Json, password: str) -> bool:
    """Whether `Token` is there and right."""
    return hmac.compare_digest(str(params.get("Token", "")).encode(), sign(params, password).encode())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
