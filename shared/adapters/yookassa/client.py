"""YooKassa's API v3 over our own HTTP: per-shop credentials, time limits, one pooled session (SPEC §8).

The SDK's own client keeps its settings in a class, sets no time limit and loses the status of an HTML error page.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import requests

from shared.adapters import wire
from shared.credentials import YooKassaShop
from shared.errors import ProviderUnavailable

LOOK_UP_SECONDS = 2.5
CREATE_SECONDS = 10.0
REFUND_SECONDS = 3.5


class YooKassaClient:
    """One shop's access to the API; safe for threads, the session may be shared between shops."""

    def __init__(self, api_url: str, shop: YooKassaShop, session: requests.Session) -> None:
        self.shop_id = shop.shop_id
        self._api_url = api_url
        self._auth = (shop.shop_id.encode(), shop.secret_key.encode())
        self._session = session

    def post(self, path: str, body: dict[str, Any], idempotence_key: str, seconds: float) -> dict[str, Any]:
        """Create something. The key makes a repetition return the same; raises ProviderError's kinds."""
        return self._call("POST", path, seconds, body=body, headers={"Idempotence-Key": idempotence_key})

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
            # Here, because the SDK takes 35 ms of a cold start to load, and only names errors.
            from shared.adapters.yookassa.errors import error_of

            raise error_of(reply, body)
        if body is None:
            raise ProviderUnavailable(f"YooKassa {method}: HTTP 200 with an unreadable body")
        return body


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
