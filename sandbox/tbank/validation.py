"""Checks the body of `Init` (developer.tbank.ru/eacq/api/init)."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from sandbox.serving import Json
from sandbox.tbank.errors import Refused

ORDER_ID_LIMIT = 36
DESCRIPTION_LIMIT = 140
DEFAULT_DUE_SECONDS = 24 * 3600
MIN_DUE_SECONDS = 60
MAX_DUE_SECONDS = 90 * 24 * 3600
_DUE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


def check_init(body: Json, now: float) -> float:
    """The Unix time until which the form lives; raises Refused for a malformed request."""
    amount, order_id = body.get("Amount"), body.get("OrderId")
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        raise Refused("9999", "Поле Amount должно быть целым числом копеек больше нуля")
    if not isinstance(order_id, str) or not 1 <= len(order_id) <= ORDER_ID_LIMIT:
        raise Refused("9999", f"Поле OrderId должно быть строкой не длиннее {ORDER_ID_LIMIT}")
    description = body.get("Description", "")
    if not isinstance(description, str) or len(description) > DESCRIPTION_LIMIT:
        raise Refused("9999", f"Поле Description не должно быть длиннее {DESCRIPTION_LIMIT}")
    for name in ("NotificationURL", "SuccessURL", "FailURL"):
        if name in body and urlsplit(str(body[name])).scheme not in ("http", "https"):
            raise Refused("9999", f"Поле {name} должно быть адресом")
    return _due(body.get("RedirectDueDate"), now)


def _due(raw: object, now: float) -> float:
    if raw is None:
        return now + DEFAULT_DUE_SECONDS
    if not isinstance(raw, str) or not _DUE.fullmatch(raw):
        raise Refused("9999", "Поле RedirectDueDate должно быть вида 2016-08-31T12:28:00+03:00")
    try:
        due = datetime.fromisoformat(raw).timestamp()
    except ValueError as error:
        raise Refused("9999", "Такой даты в поле RedirectDueDate не бывает") from error
    if not now + MIN_DUE_SECONDS <= due <= now + MAX_DUE_SECONDS:
        raise Refused("9999", "Поле RedirectDueDate: от 1 минуты до 90 дней от текущего времени")
    return due
