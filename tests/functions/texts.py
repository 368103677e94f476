"""The refusals of the HTTP contract: each code with its status and its exact words (SPEC §6, §8, §14)."""

from __future__ import annotations

from werkzeug.test import TestResponse

_TRY_LATER = "Ошибка платёжной системы. Попробуйте позже."

REFUSALS = {
    "INVALID_JSON": (400, "Не удалось прочитать запрос. Отсканируйте QR-код ещё раз."),
    "INVALID_REQUEST": (400, "Некорректный параметр: {}. Отсканируйте QR-код ещё раз."),
    "BODY_TOO_LARGE": (413, "Слишком большой запрос."),
    "METHOD_NOT_ALLOWED": (405, "Такой запрос не поддерживается."),
    "NOT_FOUND": (404, "Страница не найдена."),
    "FORBIDDEN": (403, "Доступ запрещён."),
    "TEMPORARILY_UNAVAILABLE": (503, "Сервис временно недоступен. Пожалуйста, попробуйте ещё раз."),
    "ORDER_NOT_FOUND": (404, "Заказ не найден. Отсканируйте QR-код ещё раз."),
    "ORDER_CONFLICT": (
        409,
        "Этот QR-код уже использован для другого заказа. Отсканируйте новый QR-код.",
    ),
    "ORDER_EXPIRED": (410, "Срок действия заказа истёк. Отсканируйте QR-код ещё раз."),
    "ORDER_ALREADY_PAID": (409, "Заказ уже оплачен."),
    "ORDER_NOT_PAYABLE": (409, "Этот заказ нельзя оплатить. Отсканируйте новый QR-код."),
    "DEVICE_NOT_FOUND": (404, "Кофемашина не найдена. Пожалуйста, обратитесь к администратору."),
    "DEVICE_DISABLED": (
        403,
        "Кофемашина временно отключена. Пожалуйста, попробуйте другое устройство.",
    ),
    "DEVICE_OFFLINE": (
        503,
        "Кофемашина недоступна. Пожалуйста, попробуйте другое устройство или обратитесь к администратору.",
    ),
    "HEARTBEAT_CHECK_FAILED": (
        503,
        "Не удалось проверить статус устройства. Пожалуйста, попробуйте позже.",
    ),
    "MERCHANT_INACTIVE": (
        403,
        "Кофемашина временно не принимает оплату. Пожалуйста, попробуйте другое устройство.",
    ),
    "PAYMENT_NOT_CONFIGURED": (
        503,
        "Оплата на этой кофемашине пока не настроена. Пожалуйста, обратитесь к администратору.",
    ),
    "PRICE_UNAVAILABLE": (503, "Не удалось узнать цену напитка. Пожалуйста, попробуйте позже."),
    "EMAIL_REQUIRED": (400, "Укажите адрес электронной почты для чека."),
    "INVALID_EMAIL": (400, "Проверьте адрес электронной почты."),
    "RECURRING_NOT_AVAILABLE": (
        403,
        "Автопродление временно недоступно. Попробуйте оплатить без сохранения карты.",
    ),
    "YOOKASSA_FORBIDDEN": (403, "Ошибка доступа к платёжной системе. Свяжитесь с поддержкой."),
    "YOOKASSA_UNAUTHORIZED": (500, "Ошибка конфигурации платёжной системы. Свяжитесь с поддержкой."),
    "INVALID_PAYMENT_REQUEST": (
        400,
        "Некорректные данные платежа. Попробуйте позже или свяжитесь с поддержкой.",
    ),
    "YOOKASSA_API_ERROR": (502, _TRY_LATER),
    "TBANK_API_ERROR": (502, _TRY_LATER),
    "PAYMENT_CREATE_FAILED": (500, "Не удалось создать платеж. Попробуйте позже."),
}

Refusal = tuple[int, str, str]


def refusal(code: str, parameter: str = "") -> Refusal:
    """How the contract words this code: HTTP status, code, message."""
    status, message = REFUSALS[code]
    return status, code, message.format(parameter)


def told(answer: TestResponse) -> Refusal:
    """What a refusing answer says, in the same order."""
    assert answer.json is not None, answer.text
    error = answer.json["error"]
    assert set(error) == {"code", "message"}
    return answer.status_code, error["code"], error["message"]
