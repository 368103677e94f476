"""T-Bank's refusals: HTTP 200 with `Success: false` and a code (developer.tbank.ru, error-codes)."""

from __future__ import annotations

from flask import Response, jsonify

# 9999 and 255 are not in the public table: the first is seen in answers to malformed requests, the
# second is this stand-in's choice for what T-Bank does not publish, an unknown payment or order.
MESSAGES = {
    "8": "Неверный статус транзакции",
    "99": "Попробуйте повторить попытку позже",
    "102": "Обратитесь в поддержку, чтобы уточнить детали",
    "204": "Неверный токен. Проверьте пару TerminalKey/SecretKey.",
    "255": "Платёж не найден",
    "331": "Неверный терминал",
    "1051": "Недостаточно средств на карте",
    "9999": "Неверные параметры.",
}


class Refused(Exception):
    """The API refuses a call with this error code."""

    def __init__(self, code: str, details: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def refusal(code: str, details: str = "") -> Response:
    """The answer to a refused call."""
    return jsonify(Success=False, ErrorCode=code, Message=MESSAGES[code], Details=details)


def error_answer(status: int) -> Response:
    """The JSON body of an HTTP-level failure."""
    answer = jsonify(Success=False, ErrorCode=str(status), Message="Внутренняя ошибка системы", Details="")
    answer.status_code = status
    return answer
