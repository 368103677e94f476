"""The environment as typed settings, checked once at start; every problem is named, no value of a secret shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from shared.credentials import Credentials, MerchantAccounts, TBankTerminal, YooKassaShop, parse_merchants
from shared.domain.refunds import AutoRefund, Policy

T = TypeVar("T")


class ConfigError(Exception):
    """The environment is unusable; the message names every problem at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Configuration: " + "; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class TelegramChat:
    api_url: str
    bot_token: str = field(repr=False)
    chat_id: str


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
    credentials: Credentials
    telegram: TelegramChat | None
    yookassa_api_url: str
    yookassa_ip_check: bool
    trusted_proxy_hops: int
    tbank_api_url: str
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


NO_MERCHANTS: Mapping[str, MerchantAccounts] = {}
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

    def together(self, *names: str) -> list[str]:
        """Variables that make sense only all at once; nothing when none is set."""
        values = [value for name in names if (value := self.text(name)) is not None]
        if 0 < len(values) < len(names):
            self.problems.append(f"{' and '.join(names)} go together")
        return values if len(values) == len(names) else []

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


def _token(value: str) -> str:
    """What an HTTP header can carry: another token would fail at the machine, with the customer's money taken."""
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ValueError("must be printable ASCII without spaces")
    return value


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


def warnings(settings: Settings) -> list[str]:
    """What works, and yet is hardly meant: for the log at start, naming no secret."""
    test_keys_are_wrong = settings.in_cloud and not settings.policy.allow_test_payments
    found = settings.credentials.warnings(test_keys_are_wrong=test_keys_are_wrong)
    if not settings.allowed_origins:
        found.append("neither STATUS_PAGE_URL nor ALLOWED_ORIGINS is set: no page may call this from a browser")
    return found


def origin_of(url: str) -> str:
    """The origin of an address as browsers send it: scheme, host and a port that is not the scheme's own."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def _origins(value: str) -> frozenset[str]:
    return frozenset(origin_of(_url(part)) for part in re.split(r"[,\s]+", value) if part)


def load_settings(environment: Mapping[str, str], *required: str) -> Settings:
    """The settings of this environment. Raises ConfigError naming all problems; `required`: variables needed."""
    read = _Reader(environment)
    read.require(*required)
    status_page = read.read("STATUS_PAGE_URL", _page_url, None)
    origins = read.read("ALLOWED_ORIGINS", _origins, NO_ORIGINS)
    settings = Settings(
        project=read.text("GOOGLE_CLOUD_PROJECT"),
        database=read.text("FIRESTORE_DATABASE") or "(default)",
        status_page_url=status_page,
        allowed_origins=origins | ({origin_of(status_page)} if status_page else set()),
        webhook_url=read.read("WEBHOOK_URL", _url, None),
        tmetr_base_url=read.read("TMETR_BASE_URL", _url, None),
        tmetr_token=read.read("TMETR_TOKEN", _token, None),
        tmetr_webhook_token=read.read("TMETR_WEBHOOK_TOKEN", _token, None),
        credentials=_credentials(read),
        telegram=_telegram(read),
        yookassa_api_url=read.read("YOOKASSA_API_URL", _url, "https://api.yookassa.ru/v3"),
        yookassa_ip_check=read.read("YOOKASSA_IP_CHECK", _boolean, True),
        trusted_proxy_hops=read.read("TRUSTED_PROXY_HOPS", _number(0, 10), 0),
        tbank_api_url=read.read("TBANK_API_URL", _url, "https://securepay.tinkoff.ru/v2"),
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


def _credentials(read: _Reader) -> Credentials:
    shop = read.together("YOOKASSA_SHOP_ID", "YOOKASSA_SECRET_KEY")
    terminal = read.together("TBANK_TERMINAL_KEY", "TBANK_PASSWORD")
    default = MerchantAccounts(
        yookassa=YooKassaShop(*shop) if shop else None, tbank=TBankTerminal(*terminal) if terminal else None
    )
    return Credentials(default, read.read("MERCHANT_CREDENTIALS", parse_merchants, NO_MERCHANTS))


def _telegram(read: _Reader) -> TelegramChat | None:
    chat = read.together("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID")
    api_url = read.read("TELEGRAM_API_URL", _url, "https://api.telegram.org")
    return TelegramChat(api_url, *chat) if chat else None
