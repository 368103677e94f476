"""Whose money goes where: the merchants' accounts at the payment providers (SPEC §12, `MERCHANT_CREDENTIALS`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_PLACEHOLDER = re.compile(r"\.\.\.|x{4,}|your|change|placeholder|secret_key|<|>|\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class YooKassaShop:
    shop_id: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TBankTerminal:
    terminal_key: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MerchantAccounts:
    """What one merchant of `MERCHANT_CREDENTIALS` has."""

    yookassa: YooKassaShop | None = None
    tbank: TBankTerminal | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A merchant with accounts of its own never falls back on the default ones: they are somebody else's."""

    default: MerchantAccounts = MerchantAccounts()
    merchants: Mapping[str, MerchantAccounts] = field(default_factory=dict)

    def shop(self, merchant_id: str) -> YooKassaShop | None:
        return self.merchants.get(merchant_id, self.default).yookassa

    def terminal(self, merchant_id: str) -> TBankTerminal | None:
        return self.merchants.get(merchant_id, self.default).tbank

    def terminals(self, terminal_key: object) -> list[TBankTerminal]:
        """Those of this key: a notification must be signed with the password of one of them."""
        accounts = (self.default, *self.merchants.values())
        return [one.tbank for one in accounts if one.tbank and one.tbank.terminal_key == terminal_key]

    def warnings(self, *, test_keys_are_wrong: bool) -> list[str]:
        """What looks wrong with the YooKassa keys though it may work: for the log at start, naming no secret."""
        found = []
        for owner, accounts in {"default": self.default, **self.merchants}.items():
            shop = accounts.yookassa
            if shop is None:
                continue
            if not shop.shop_id.isdecimal():
                found.append(f"YooKassa shop_id of {owner} is not a number")
            if _PLACEHOLDER.search(shop.secret_key):
                found.append(f"YooKassa secret_key of {owner} looks like a placeholder")
            if test_keys_are_wrong and shop.secret_key.startswith("test_"):
                found.append(f"YooKassa secret_key of {owner} is a test key, but ALLOW_TEST_PAYMENTS is off")
        return found


def parse_merchants(value: str) -> dict[str, MerchantAccounts]:
    """`MERCHANT_CREDENTIALS`. Raises ValueError naming merchants and keys, never values."""
    try:
        merchants = json.loads(value)
    except ValueError:
        raise ValueError("is not JSON") from None
    if not isinstance(merchants, dict):
        raise ValueError("must be a JSON object of merchants")
    return {merchant_id: _accounts(merchant_id, given) for merchant_id, given in merchants.items()}


def _accounts(merchant_id: str, given: object) -> MerchantAccounts:
    if not isinstance(given, dict) or not set(given) <= {"yookassa", "tbank"}:
        raise ValueError(f"merchant {merchant_id}: only yookassa and tbank are known")
    shop = _pair(merchant_id, given.get("yookassa"), "shop_id", "secret_key")
    terminal = _pair(merchant_id, given.get("tbank"), "terminal_key", "password")
    return MerchantAccounts(
        yookassa=YooKassaShop(*shop) if shop else None, tbank=TBankTerminal(*terminal) if terminal else None
    )


def _pair(merchant_id: str, given: object, *names: str) -> list[str]:
    if given is None:
        return []
    found = [given.get(name) for name in names] if isinstance(given, dict) else []
    values = [str(value) for value in found if isinstance(value, str | int) and str(value)]
    if len(values) != len(names):
        raise ValueError(f"merchant {merchant_id}: {' and '.join(names)} are needed")
    return values
