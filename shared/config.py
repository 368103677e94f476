"""The environment as typed settings, checked once at start; every problem is named, no value of a secret shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from shared.domain.refunds import AutoRefund, Policy

T = TypeVar("T")


class ConfigError(Exception):
    """The environment is unusable; the message names every problem at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Configuration: " + "; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class YooKassaShop:
    shop_id: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TBankTerminal:
    terminal_key: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of SPEC §12; `.env.example` explains each variable."""

    project: str | None
    database: str
    status_page_url: str | None
    allowed_origins: frozenset[str]
    webhook_url: str | None
    tmetr_base_url: str | None
    tmetr_token: str | None = field(repr=False)
    tmetr_webhook_token: str | None = field(repr=False)
    yookassa_api_url: str
    yookassa_default: YooKassaShop | None
    yookassa_ip_check: bool
    yookassa_shops: Mapping[str, YooKassaShop]
    trusted_proxy_hops: int
    tbank_api_url: str
    tbank_default: TBankTerminal | None
    tbank_terminals: Mapping[str, TBankTerminal]
    own_credentials: frozenset[str]
    recurring_enabled: bool
    policy: Policy
    order_lifetime: timedelta
    payment_window: timedelta
    online_threshold: timedelta
    make_attempts: int
    retention: timedelta
    log_format: str
    log_level: str
    in_cloud: bool

    def yookassa_shop(self, merchant_id: str) -> YooKassaShop | None:
        """The merchant's shop. A merchant with credentials of its own never falls back on somebody else's."""
        own = merchant_id in self.own_credentials
        return self.yookassa_shops.get(merchant_id) if own else self.yookassa_default

    def tbank_terminal(self, merchant_id: str) -> TBankTerminal | None:
        """The merchant's terminal; as with shops, no falling back for a merchant that has its own credentials."""
        own = merchant_id in self.own_credentials
        return self.tbank_terminals.get(merchant_id) if own else self.tbank_default

    @property
    def all_terminals(self) -> list[TBankTerminal]:
        """Every terminal that a notification may be signed by."""
        default = [self.tbank_default] if self.tbank_default else []
        return [*default, *self.tbank_terminals.values()]


Credentials = tuple[frozenset[str], dict[str, YooKassaShop], dict[str, TBankTerminal]]
NO_CREDENTIALS: Credentials = (frozenset(), {}, {})
NO_ORIGINS: frozenset[str] = frozenset()


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        return self._environment.get(name, "").strip() or None

    def read(self, name: str, parse: Callable[[str], T], default: T) -> T:
        value = self.text(name)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
            return default

    def require(self, *names: str) -> None:
        self.problems += [f"{name} is not set" for name in names if self.text(name) is None]


def _boolean(value: str) -> bool:
    known = {
        "true": True,
        "1": True,
        "on": True,
        "yes": True,
        "false": False,
        "0": False,
        "off": False,
        "no": False,
    }
    if value.lower() not in known:
        raise ValueError("must be true or false")
    return known[value.lower()]


def _number(smallest: int, largest: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value) or not smallest <= int(value) <= largest:
            raise ValueError(f"must be a whole number from {smallest} to {largest}")
        return int(value)

    return parse


def _minutes(value: str) -> timedelta:
    return timedelta(minutes=_number(1, 24 * 60)(value))


def _days(value: str) -> timedelta:
    return timedelta(days=_number(1, 3650)(value))


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be an http:// or https:// address")
    return value.rstrip("/")


def _page_url(value: str) -> str:
    _url(value)
    return value


def _auto_refund(value: str) -> AutoRefund:
    try:
        return AutoRefund(value.lower())
    except ValueError:
        raise ValueError("must be off, definite or always") from None


def _log_format(value: str) -> str:
    if value not in ("json", "text"):
        raise ValueError("must be json or text")
    return value


def _log_level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return value.upper()


def origin_of(url: str) -> str:
    """The origin of an address as browsers send it: scheme, host and a port that is not the scheme's own."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def _origins(value: str) -> frozenset[str]:
    return frozenset(origin_of(_url(part)) for part in re.split(r"[,\s]+", value) if part)


def _credentials(value: str) -> Credentials:
    """`MERCHANT_CREDENTIALS`; messages name merchants and keys, never values."""
    try:
        merchants = json.loads(value)
    except ValueError:
        raise ValueError("is not JSON") from None
    if not isinstance(merchants, dict):
        raise ValueError("must be a JSON object of merchants")
    shops: dict[str, YooKassaShop] = {}
    terminals: dict[str, TBankTerminal] = {}
    for merchant_id, providers in merchants.items():
        if not isinstance(providers, dict) or not set(providers) <= {"yookassa", "tbank"}:
            raise ValueError(f"merchant {merchant_id}: only yookassa and tbank are known")
        if "yookassa" in providers:
            shops[merchant_id] = YooKassaShop(*_pair(merchant_id, providers["yookassa"], "shop_id", "secret_key"))
        if "tbank" in providers:
            terminals[merchant_id] = TBankTerminal(*_pair(merchant_id, providers["tbank"], "terminal_key", "password"))
    return frozenset(merchants), shops, terminals


def _pair(merchant_id: str, given: object, *names: str) -> list[str]:
    found = [given.get(name) for name in names] if isinstance(given, dict) else []
    values = [str(value) for value in found if isinstance(value, str | int) and str(value)]
    if len(values) != len(names):
        raise ValueError(f"merchant {merchant_id}: {' and '.join(names)} are needed")
    return values


def load_settings(environment: Mapping[str, str], *required: str) -> Settings:
    """The settings of this environment. Raises ConfigError naming all problems; `required`: variables needed."""
    read = _Reader(environment)
    read.require(*required)
    merchants, shops, terminals = read.read("MERCHANT_CREDENTIALS", _credentials, NO_CREDENTIALS)
    status_page = read.read("STATUS_PAGE_URL", _page_url, None)
    origins = read.read("ALLOWED_ORIGINS", _origins, NO_ORIGINS)
    settings = Settings(
        project=read.text("GOOGLE_CLOUD_PROJECT"),
        database=read.text("FIRESTORE_DATABASE") or "(default)",
        status_page_url=status_page,
        allowed_origins=origins | ({origin_of(status_page)} if status_page else set()),
        webhook_url=read.read("WEBHOOK_URL", _url, None),
        tmetr_base_url=read.read("TMETR_BASE_URL", _url, None),
        tmetr_token=read.text("TMETR_TOKEN"),
        tmetr_webhook_token=read.text("TMETR_WEBHOOK_TOKEN"),
        yookassa_api_url=read.read("YOOKASSA_API_URL", _url, "https://api.yookassa.ru/v3"),
        yookassa_default=_shop(read),
        yookassa_ip_check=read.read("YOOKASSA_IP_CHECK", _boolean, True),
        yookassa_shops=shops,
        trusted_proxy_hops=read.read("TRUSTED_PROXY_HOPS", _number(0, 10), 0),
        tbank_api_url=read.read("TBANK_API_URL", _url, "https://securepay.tinkoff.ru/v2"),
        tbank_default=_terminal(read),
        tbank_terminals=terminals,
        own_credentials=merchants,
        recurring_enabled=read.read("BILLING_RECURRING_ENABLED", _boolean, False),
        policy=Policy(
            auto_refund=read.read("AUTO_REFUND", _auto_refund, AutoRefund.DEFINITE),
            allow_test_payments=read.read("ALLOW_TEST_PAYMENTS", _boolean, False),
        ),
        order_lifetime=read.read("ORDER_EXPIRATION_MINUTES", _minutes, timedelta(minutes=15)),
        payment_window=read.read("PAYMENT_WINDOW_MINUTES", _minutes, timedelta(minutes=10)),
        online_threshold=read.read("DEVICE_ONLINE_THRESHOLD_MINUTES", _minutes, timedelta(minutes=15)),
        make_attempts=read.read("MAKE_ATTEMPTS", _number(1, 10), 3),
        retention=read.read("ORDER_RETENTION_DAYS", _days, timedelta(days=90)),
        log_format=read.read("LOG_FORMAT", _log_format, "json"),
        log_level=read.read("LOG_LEVEL", _log_level, "INFO"),
        in_cloud=read.text("K_SERVICE") is not None and read.text("FIRESTORE_EMULATOR_HOST") is None,
    )
    if read.problems:
        raise ConfigError(read.problems)
    return settings


def _shop(read: _Reader) -> YooKassaShop | None:
    shop_id, secret_key = read.text("YOOKASSA_SHOP_ID"), read.text("YOOKASSA_SECRET_KEY")
    if (shop_id is None) != (secret_key is None):
        read.problems.append("YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY go together")
    return YooKassaShop(shop_id, secret_key) if shop_id and secret_key else None


def _terminal(read: _Reader) -> TBankTerminal | None:
    key, password = read.text("TBANK_TERMINAL_KEY"), read.text("TBANK_PASSWORD")
    if (key is None) != (password is None):
        read.problems.append("TBANK_TERMINAL_KEY and TBANK_PASSWORD go together")
    return TBankTerminal(key, password) if key and password else None


def key_warnings(settings: Settings) -> list[str]:
    """What looks wrong with the YooKassa keys though it may work: for the log at start, naming no secret."""
    shops = {"default": settings.yookassa_default, **settings.yookassa_shops}
    warnings = []
    for owner, shop in shops.items():
        if shop is None:
            continue
        if not shop.shop_id.isdecimal():
            warnings.append(f"YooKassa shop_id of {owner} is not a number")
        if re.search(r"\.\.\.|x{4,}|your|change|placeholder|secret_key|<|>|\s", shop.secret_key, re.IGNORECASE):
            warnings.append(f"YooKassa secret_key of {owner} looks like a placeholder")
        if settings.in_cloud and shop.secret_key.startswith("test_") and not settings.policy.allow_test_payments:
            warnings.append(f"YooKassa secret_key of {owner} is a test key, but ALLOW_TEST_PAYMENTS is off")
    return warnings
