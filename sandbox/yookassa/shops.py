"""The shops that the stand-in knows, and who is calling."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from flask import request

from sandbox.yookassa.errors import Refused

DEFAULT_SHOP = "100500:test_secret_of_the_sandbox"


@dataclass(frozen=True)
class Shop:
    """One shop; without `recurring` it may not save cards, with `test` its payments are tests."""

    shop_id: str
    secret: str
    recurring: bool = True
    test: bool = False


def parse_shop(text: str) -> Shop:
    """`ID:SECRET[:no-recurring][:test]`; raises ValueError for anything else."""
    shop_id, separator, rest = text.partition(":")
    secret, *flags = rest.split(":")
    if not (separator and shop_id and secret) or set(flags) - {"no-recurring", "test"}:
        raise ValueError(f"a shop is ID:SECRET[:no-recurring][:test], not {text!r}")
    return Shop(shop_id, secret, recurring="no-recurring" not in flags, test="test" in flags)


class Shops:
    """Tells the calling shop by its Basic credentials."""

    def __init__(self, shops: Iterable[Shop]) -> None:
        self._shops = {shop.shop_id: shop for shop in shops}

    def get(self, shop_id: str) -> Shop | None:
        return self._shops.get(shop_id)

    def caller(self) -> Shop:
        """The shop that sent the current request; raises Refused (401) for wrong credentials."""
        given = request.authorization
        shop = self._shops.get(str(given.username)) if given and given.type == "basic" else None
        if shop is None or given is None or not hmac.compare_digest(shop.secret.encode(), str(given.password).encode()):
            raise Refused(401, parameter="Authorization")
        return shop
