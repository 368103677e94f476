"""Whose money goes where: the merchants' accounts at the payment providers (SPEC §12, `MERCHANT_CREDENTIALS`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    """`MERCHANT_CREDENTIALS`. Raises ValueError naming every wrong merchant and section, never a value."""
    try:
        merchants = json.loads(value, object_pairs_hook=_without_doubles)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("is not JSON") from None
    if not isinstance(merchants, dict):
        raise ValueError("must be a JSON object of merchants")
    problems: list[str] = []
    accounts = {name: _accounts(f"merchant {name}", given, problems) for name, given in merchants.items()}
    if problems:
        raise ValueError(", ".join(problems))
    return accounts


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A merchant written twice is two owners' money in one hand: JSON alone would silently take the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"names {', '.join(name for name in found if names.count(name) > 1)} twice")
    return found


def _accounts(owner: str, given: object, problems: list[str]) -> MerchantAccounts:
    if not isinstance(given, dict) or not set(given) <= {"yookassa", "tbank"}:
        problems.append(f"{owner}: only yookassa and tbank are known")
        return MerchantAccounts()
    shop = _pair(f"{owner} yookassa", given.get("yookassa"), ("shop_id", "secret_key"), problems)
    terminal = _pair(f"{owner} tbank", given.get("tbank"), ("terminal_key", "password"), problems)
    return MerchantAccounts(
        yookassa=YooKassaShop(*shop) if shop else None, tbank=TBankTerminal(*terminal) if terminal else None
    )


def _pair(section: str, given: object, names: tuple[str, str], problems: list[str]) -> list[str]:
    if given is None:
        return []
    found = [given.get(name) for name in names] if isinstance(given, dict) else []
    values = [str(value) for value in found if isinstance(value, str | int) and str(value)]
    if len(values) == len(names):
        return values
    problems.append(f"{section}: {' and '.join(names)} are needed")
    return []
