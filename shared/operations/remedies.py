"""What an operator is told to enter in each field of a device or merchant document (docs/operators.ru.md)."""

from __future__ import annotations

from shared.domain.merchant import MEASURES, PAYMENT_MODES, PAYMENT_SUBJECTS


def _one_of(words: frozenset[str]) -> str:
    return "Одно из слов: " + ", ".join(sorted(words)) + "."


_HTML = "Строка: текст или простой HTML (ссылки, выделение, списки)."
_HTTPS = "Строка: адрес, который начинается с https://."

REMEDIES = {
    "merchant_id": "Строка: идентификатор документа из коллекции merchants.",
    "location": "Строка: где стоит кофемашина.",
    "logo_url": _HTTPS + " Пока логотип не показывается.",
    "payment_scenario": (
        "Строка: Yookassa, YookassaReceipt, TBank или Custom, точно так. Пока действует Yookassa без чека."
    ),
    "redirect_url": _HTTPS,
    "enabled": "Тип boolean: true или false, не строка. Пока кофемашина считается включённой.",
    "brew_seconds": "Тип number: целое число секунд от 0 до 3600. Пока действует 90.",
    "name": "Строка: название владельца.",
    "contact_email": "Строка: адрес почты владельца.",
    "valid_until": "Тип timestamp или строка вида 2026-12-31. Пока срок не ограничен.",
    "receipt": "Тип map: настройки чека. Пока все настройки чека не действуют.",
    "is_mandatory": "Тип boolean: true или false, не строка. Пока чек не обязателен.",
    "tax_system_code": "Тип number: код системы налогообложения от 1 до 6. Пока в чеке не передаётся.",
    "timezone": "Тип number: часовой пояс от 1 до 11. Пока в чеке не передаётся.",
    "vat_code": "Тип number: код ставки НДС от 1 до 12.",
    "measure": _one_of(MEASURES) + " Пока в чеке не передаётся.",
    "payment_subject": _one_of(PAYMENT_SUBJECTS) + " Пока в чеке не передаётся.",
    "payment_mode": _one_of(PAYMENT_MODES) + " Пока в чеке не передаётся.",
    "drinks": "Тип map: номер напитка → настройки чека этого напитка.",
}


def remedy(field: str) -> str:
    """For a field by its full name (`receipt.drinks.77.vat_code`)."""
    last = field.rpartition(".")[2]
    if last.startswith("client_"):
        return _HTML
    if field.startswith("receipt.drinks.") and last not in REMEDIES:
        return "Тип map: настройки чека этого напитка."
    return REMEDIES[last]
