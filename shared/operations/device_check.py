"""What is wrong with the documents that operators edit: every problem with its field, value and remedy (no I/O)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from shared.credentials import Credentials
from shared.domain.device import CLIENT_INFO, Device, read_device
from shared.domain.fields import Problem
from shared.domain.merchant import Merchant, read_merchant
from shared.domain.order import Scenario
from shared.operations.remedies import remedy

_ITEM = ("vat_code", "measure", "payment_subject", "payment_mode")
_RECEIPT = ("is_mandatory", "tax_system_code", "timezone", "drinks", *_ITEM)
_MERCHANT = ("name", "contact_email", "valid_until", "receipt")
_DEVICE = (
    *("merchant_id", "location", "logo_url", "payment_scenario", "redirect_url", "enabled", "brew_seconds"),
    *CLIENT_INFO,
    "client_error_info",
)
_CREDENTIAL = re.compile(r"secret|password|token|api_?key|shop_?id|terminal", re.IGNORECASE)


class Weight(IntEnum):
    """How much a problem costs."""

    STOPS_SALES = 0
    WARNING = 1
    NOTE = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, and in Russian what to do about it."""

    weight: Weight
    problem: Problem
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the documents are checked against. `credentials` None: they are not known here, so not checked."""

    now: datetime
    credentials: Credentials | None = None


def check_documents(
    devices: Mapping[str, Mapping[str, Any]], merchants: Mapping[str, Mapping[str, Any]], against: Checked
) -> list[Finding]:
    """Every problem of every document, what stops sales first."""
    read = {name: read_merchant(name, data)[0] for name, data in merchants.items()}
    found: list[Finding] = []
    for name, data in devices.items():
        found += _device(name, data, read, against)
    used = {data.get("merchant_id") for data in devices.values()}
    for name, data in merchants.items():
        found += _merchant(name, data, against)
        if name not in used:
            problem = Problem(f"merchants/{name}", "", None, "no device has it")
            found.append(Finding(Weight.NOTE, problem, "Ни одна кофемашина не ссылается на этого владельца."))
    return sorted(found, key=lambda finding: (finding.weight, finding.problem.document))


def _device(
    name: str, data: Mapping[str, Any], merchants: Mapping[str, Merchant], against: Checked
) -> Iterator[Finding]:
    device, problems = read_device(name, data)
    yield from (Finding(Weight.WARNING, p, remedy(p.field)) for p in problems if p.field != "merchant_id")
    yield from _unknown(f"devices/{name}", data, _DEVICE)
    if not device.enabled:
        yield Finding(Weight.NOTE, _problem(device, "enabled", False), "Выключена: клиентам отказывают. Так задумано?")
    merchant = merchants.get(device.merchant_id or "")
    if merchant is None:
        yield _stop(device, "merchant_id", data.get("merchant_id"), _no_merchant(device))
    else:
        yield from _payable(device, merchant, against)


def _no_merchant(device: Device) -> str:
    if device.merchant_id is None:
        return remedy("merchant_id")
    return f"Создайте документ merchants/{device.merchant_id} или исправьте merchant_id."


def _payable(device: Device, merchant: Merchant, against: Checked) -> Iterator[Finding]:
    """Everything that a payment at this device needs, as `place_order` checks it."""
    scenario, owner = device.payment_scenario, f"merchants/{merchant.merchant_id}"
    if scenario is Scenario.CUSTOM and device.redirect_url is None:
        yield _stop(device, "redirect_url", None, "Для Custom нужен адрес страницы оплаты: " + remedy("redirect_url"))
    if scenario is Scenario.YOOKASSA_RECEIPT and not merchant.receipt.usable_for(""):
        problem = Problem(owner, "receipt.vat_code", None, "receipts are mandatory")
        text = f"Чек обязателен, а ставки НДС нет: {device.device_uuid} не продаёт. {remedy('vat_code')}"
        yield Finding(Weight.STOPS_SALES, problem, text)
    if against.credentials is not None and not _has_account(scenario, merchant, against.credentials):
        text = f"У владельца {merchant.merchant_id} нет ключей для {scenario.value}. Их добавляет инженер: .env."
        yield _stop(device, "payment_scenario", scenario.value, text)


def _has_account(scenario: Scenario, merchant: Merchant, credentials: Credentials) -> bool:
    match scenario:
        case Scenario.CUSTOM:
            return True
        case Scenario.TBANK:
            return credentials.terminal(merchant.merchant_id) is not None
        case _:
            return credentials.shop(merchant.merchant_id) is not None


def _merchant(name: str, data: Mapping[str, Any], against: Checked) -> Iterator[Finding]:
    merchant, problems = read_merchant(name, data)
    document = f"merchants/{name}"
    yield from (Finding(Weight.WARNING, problem, remedy(problem.field)) for problem in problems)
    if not merchant.active(against.now):
        problem = Problem(document, "valid_until", data.get("valid_until"), "is over")
        text = "Срок истёк: кофемашины этого владельца не продают. Продлите дату."
        yield Finding(Weight.STOPS_SALES, problem, text)
    yield from _unknown(document, data, _MERCHANT)
    receipt = data.get("receipt")
    if isinstance(receipt, Mapping):
        yield from _unknown(document, receipt, _RECEIPT, "receipt.")
        drinks = receipt.get("drinks")
        for drink, item in drinks.items() if isinstance(drinks, Mapping) else ():
            if isinstance(item, Mapping):
                yield from _unknown(document, item, _ITEM, f"receipt.drinks.{drink}.")


def _unknown(document: str, data: Mapping[str, Any], known: Collection[str], prefix: str = "") -> Iterator[Finding]:
    """Fields that nothing reads: a misspelt one is a setting that does not work."""
    for name in sorted(set(data) - set(known)):
        near = difflib.get_close_matches(name.lower(), known, 1, cutoff=0.75)
        if _CREDENTIAL.search(name):
            problem = Problem(document, prefix + name, "***", "credentials do not belong here")
            yield Finding(Weight.WARNING, problem, "Ключам и паролям здесь не место: удалите поле и смените ключ.")
        elif near:
            problem = Problem(document, prefix + name, data[name], "is not known")
            yield Finding(Weight.WARNING, problem, f"Такого поля нет. Опечатка? Нужно {prefix}{near[0]}.")
        else:
            problem = Problem(document, prefix + name, data[name], "is not known")
            yield Finding(Weight.NOTE, problem, "Такого поля нет, оно ни на что не влияет.")


def _problem(device: Device, field: str, value: object) -> Problem:
    return Problem(f"devices/{device.device_uuid}", field, value, "")


def _stop(device: Device, field: str, value: object, text: str) -> Finding:
    weight = Weight.STOPS_SALES if device.enabled else Weight.WARNING
    return Finding(weight, _problem(device, field, value), text)
