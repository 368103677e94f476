"""What a deployment reads: `.env`, what is wrong with it, and which function gets which variable."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from shared.config import ConfigError, load_settings

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("create_order", "webhook", "order_status", "reconcile")

# Variable → functions that need it. Values go to Secret Manager and nowhere else.
_ACTING = ("create_order", "webhook", "reconcile")
SECRETS: Mapping[str, tuple[str, ...]] = {
    "TMETR_TOKEN": _ACTING,
    "TMETR_WEBHOOK_TOKEN": ("webhook",),
    "YOOKASSA_SECRET_KEY": _ACTING,
    "TBANK_PASSWORD": _ACTING,
    "MERCHANT_CREDENTIALS": _ACTING,
    "TELEGRAM_BOT_TOKEN": _ACTING,
}
# Reading an order's status needs no more than this.
_READING = frozenset(
    ["GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "STATUS_PAGE_URL", "ALLOWED_ORIGINS", "LOG_FORMAT", "LOG_LEVEL"]
)
_TELEGRAM = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", "TELEGRAM_API_URL")
_LOCAL_ONLY = "FIRESTORE_EMULATOR_HOST"
_REQUIRED = ("GOOGLE_CLOUD_PROJECT", "TMETR_BASE_URL", "TMETR_TOKEN")
_PROVIDERS = ("YOOKASSA_SHOP_ID", "TBANK_TERMINAL_KEY", "MERCHANT_CREDENTIALS")

# Of deploy.sh alone; docs/deploy.md explains them.
DEPLOY_DEFAULTS: Mapping[str, str] = {
    "DEPLOY_REGION": "europe-west1",
    "DEPLOY_FIRESTORE_LOCATION": "",
    "DEPLOY_PAGE_BUCKET": "",
    "DEPLOY_ALERT_EMAIL": "",
    "DEPLOY_MIN_INSTANCES": "0",
    "DEPLOY_PROJECT_NUMBER": "PROJECT_NUMBER",
}
_DEPLOY_FORMS = {
    "DEPLOY_REGION": r"[a-z]+(-[a-z]+)+\d+",
    "DEPLOY_FIRESTORE_LOCATION": r"[a-z]+(-[a-z]+)*\d+",
    "DEPLOY_PAGE_BUCKET": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "DEPLOY_ALERT_EMAIL": r"[^\s@,=]+@[^\s@,=]+\.[^\s@,=]+",
    "DEPLOY_MIN_INSTANCES": r"\d{1,2}",
    "GOOGLE_CLOUD_PROJECT": r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    "FIRESTORE_DATABASE": r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]",
}

# Stands in for an `.env` that is not there yet, so that a dry run shows a whole deployment.
EXAMPLE: Mapping[str, str] = {
    "GOOGLE_CLOUD_PROJECT": "example",
    "TMETR_BASE_URL": "https://tmetr.example",
    "YOOKASSA_SHOP_ID": "100500",
    "TBANK_TERMINAL_KEY": "1700000000001",
    "TELEGRAM_CHAT_ID": "-1001",
    "DEPLOY_ALERT_EMAIL": "alerts@example.com",
    **{name: "{}" if name == "MERCHANT_CREDENTIALS" else "value-of-an-example" for name in SECRETS},
}


def read_env_file(text: str) -> dict[str, str]:
    """`NAME=value` lines; nothing is expanded or executed, quotes around a whole value are dropped."""
    values = {}
    for line in text.splitlines():
        found = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", line)
        if found:
            name, value = found.groups()
            quoted = re.fullmatch(r"(['\"])(.*)\1", value)
            values[name] = quoted.group(2) if quoted else value
    return values


def known_names() -> frozenset[str]:
    """Every variable that `.env` may hold."""
    documented = read_env_file((ROOT / ".env.example").read_text(encoding="utf-8"))
    return frozenset(documented) | set(SECRETS) | set(DEPLOY_DEFAULTS) | set(_TELEGRAM)


def deployment_values(file: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """All known variables that are set: the shell's over the file's, and what follows from them."""
    names = known_names() - {_LOCAL_ONLY}
    given = {**file, **{name: environment[name] for name in names if environment.get(name)}}
    values = {**DEPLOY_DEFAULTS, **{name: value for name, value in given.items() if name in names and value}}
    project, region = values.get("GOOGLE_CLOUD_PROJECT", ""), values["DEPLOY_REGION"]
    derived = {
        "FIRESTORE_DATABASE": "(default)",
        "DEPLOY_FIRESTORE_LOCATION": region,
        "DEPLOY_PAGE_BUCKET": f"{project}-coffee-page",
        "WEBHOOK_URL": function_url(values, "webhook"),
    }
    values = {**values, **{name: value for name, value in derived.items() if not values.get(name)}}
    # A host name of its own, and so an origin of its own: storage.googleapis.com/BUCKET would share its
    # localStorage, where a customer's card key is kept, with every other bucket in the world.
    page = f"https://{values['DEPLOY_PAGE_BUCKET']}.storage.googleapis.com/index.html"
    return {**values, "STATUS_PAGE_URL": values.get("STATUS_PAGE_URL") or page}


def service_name(function: str) -> str:
    """Cloud Run knows no underscores."""
    return function.replace("_", "-")


def function_url(values: Mapping[str, str], function: str) -> str:
    """The address that Cloud Run gives a service, known before it exists (Cloud Run, "deterministic URL")."""
    number, region = values["DEPLOY_PROJECT_NUMBER"], values["DEPLOY_REGION"]
    return f"https://{service_name(function)}-{number}.{region}.run.app"


def problems(values: Mapping[str, str]) -> list[str]:
    """Why this must not be deployed; no value of a secret is in it."""
    found = []
    try:
        load_settings(values, *_REQUIRED)
    except ConfigError as error:
        found += error.problems
    if not any(values.get(name) for name in _PROVIDERS):
        found.append(f"one of {', '.join(_PROVIDERS)} is needed: nobody could pay")
    for name, form in _DEPLOY_FORMS.items():
        if values.get(name) and not re.fullmatch(form, values[name]):
            found.append(f"{name} is not one: {values[name]!r}")
    found += [
        f"{name} must be an https:// address"
        for name in ("STATUS_PAGE_URL", "WEBHOOK_URL", "TMETR_BASE_URL")
        if values.get(name) and not values[name].startswith("https://")
    ]
    return found


def warnings(file: Mapping[str, str], values: Mapping[str, str]) -> list[str]:
    """What looks wrong but may be meant: unknown names, keys of a test shop, nobody to tell."""
    found = []
    for name in sorted(set(file) - known_names()):
        near = difflib.get_close_matches(name, known_names(), 1)
        found.append(f"{name} is not known and is left out" + (f": is it {near[0]}?" if near else ""))
    if file.get(_LOCAL_ONLY):
        found.append(f"{_LOCAL_ONLY} is for this machine only and is left out")
    if not values.get("DEPLOY_ALERT_EMAIL"):
        found.append("DEPLOY_ALERT_EMAIL is not set: alerts will be seen in the console only")
    try:
        settings = load_settings(values)
    except ConfigError:
        return found
    test_keys_are_wrong = not settings.policy.allow_test_payments
    return found + settings.credentials.warnings(test_keys_are_wrong=test_keys_are_wrong)


def secrets_of(functions: Collection[str], values: Mapping[str, str]) -> list[str]:
    """The secrets that are set and that these functions may read."""
    return [name for name, readers in SECRETS.items() if set(functions) & set(readers) and values.get(name)]


def variables_of(function: str, values: Mapping[str, str]) -> dict[str, str]:
    """The function's plain variables; secrets are mounted from Secret Manager instead."""
    return {
        name: value
        for name, value in sorted(values.items())
        if value
        and name not in SECRETS
        and name not in DEPLOY_DEFAULTS
        and (function != "order_status" or name in _READING)
    }
