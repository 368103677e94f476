"""Orders as `order_status` answers them (SPEC 6), for the fake backend."""

from datetime import datetime, timedelta, timezone
from typing import Any

Order = dict[str, Any]

ORDER_ID = "20250317110122659ba6d7-9ace-cndn"
MOSCOW = timezone(timedelta(hours=3))
POLLED = {"pending", "paid", "make_pending"}
STATUS_TEXTS = {
    "created": "Подтвердите заказ для оплаты",
    "pending": "Проверяем оплату заказа...",
    "paid": "Заказ успешно оплачен, начинаем готовить",
    "not_paid": "Оплата не прошла",
    "make_pending": "Готовим напиток...",
    "successful": "Напиток готов",
    "failed": "Произошла ошибка при обработке заказа",
    "make_failed": "Не удалось отправить команду на приготовление. Пожалуйста, обратитесь в поддержку.",
}
QR_PARAMETERS = {
    "deviceUuid": "test",
    "drinkNo": "9b900a2e63042d350f45b6675ef26ced",
    "size": "1",
    "random": "waxoqk",
    "ts": "1742198482",
    "salt": "b6c2cca0340a82d0dc843243299800d7",
    "drinkName": "Молочная пена",
    "uuid": ORDER_ID,
}


def an_order(status: str = "created", *, expires_in: float = 581, **changes: Any) -> Order:
    """One order; `expires_in` is in seconds from now, `changes` replace whole fields."""
    order = {
        "order_id": ORDER_ID,
        "status": status,
        "status_text": STATUS_TEXTS[status],
        "drink_name": "Молочная пена",
        "drink_size": "средний",
        "price": 150.0,
        "expires_at": moment(expires_in),
        "payment_scenario": "Yookassa",
        "receipt": {"email": "hidden"},
        "refund": None,
        "poll_after_ms": 1000 if status in POLLED else None,
        "device": a_device(),
    }
    return {**order, **changes}


def a_device(**changes: Any) -> dict[str, Any]:
    return {"location": "Бизнес-центр «Сириус», 2 этаж", "logo_url": None, **changes}


def a_refund(status: str) -> dict[str, Any]:
    return {"status": status, "amount": 150.0}


def moment(seconds_from_now: float = 0) -> str:
    """ISO 8601 with Moscow's offset."""
    return (datetime.now(MOSCOW) + timedelta(seconds=seconds_from_now)).isoformat()
