"""The example merchant and devices, one device per payment scenario, as an operator would enter them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.supervisor.processes import NotReady

if TYPE_CHECKING:
    from google.cloud.firestore import Client

_environment_lock = threading.Lock()

# Device id → what its page calls it.
DEVICES = {
    "test": "ЮKassa",
    "test-receipt": "ЮKassa с чеком",
    "test-tbank": "Т-Банк",
    "test-custom": "Своя страница оплаты",
}

_MERCHANT = {
    "name": "Кофе рядом",
    "contact_email": "owner@example.com",
    "receipt": {
        "is_mandatory": True,
        "tax_system_code": 2,
        "vat_code": 1,
        "measure": "piece",
        "payment_subject": "commodity",
        "payment_mode": "full_payment",
        "timezone": 2,
    },
}

_SHOWN_TEXTS = {
    "client_info": "Поставьте <b>стакан</b> под кран, прежде чем платить.",
    "client_info_pending": "Не закрывайте страницу: банк подтверждает оплату.",
    "client_info_not_paid": "Деньги не списаны. Можно попробовать ещё раз.",
    "client_info_make_pending": "Не убирайте стакан, пока кофемашина не закончит.",
    "client_info_successful": "Приятного аппетита! Осторожно, <em>горячо</em>.",
    "client_info_make_failed": 'Напишите нам: <a href="mailto:help@example.com">help@example.com</a>.',
    "client_error_info": 'Поддержка: <a href="tel:+70000000000">8 000 000-00-00</a>',
}


def documents(brew_seconds: int) -> dict[str, dict[str, Any]]:
    """Path → fields. `brew_seconds`: after how long a drink without the machine's report counts as made."""
    shared = {"merchant_id": "demo", "enabled": True, "brew_seconds": brew_seconds, **_SHOWN_TEXTS}
    own: Mapping[str, dict[str, Any]] = {
        "test": {"payment_scenario": "Yookassa", "location": "Бизнес-центр «Сирень», 1 этаж, у лифтов"},
        "test-receipt": {"payment_scenario": "YookassaReceipt", "location": "Вокзал, зал ожидания"},
        "test-tbank": {"payment_scenario": "TBank", "location": "Университет, корпус 2, холл"},
        "test-custom": {
            "payment_scenario": "Custom",
            "location": "Автосалон, зона отдыха",
            "redirect_url": "https://pay.example.com/coffee?source=qr",
        },
    }
    devices = {f"devices/{device_id}": shared | fields for device_id, fields in own.items()}
    return {"merchants/demo": _MERCHANT} | devices


def connect(host: str, project: str) -> Client:
    """A client of the emulator at `host`; the caller closes it."""
    # Read when gRPC is imported; else it writes to the terminal that the emulator has gone, when we stop it.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.firestore import Client

    # The library takes the emulator's address from the environment only, and only while constructing.
    with _environment_lock:
        before = os.environ.get("FIRESTORE_EMULATOR_HOST")
        os.environ["FIRESTORE_EMULATOR_HOST"] = host
        try:
            return Client(project=project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        finally:
            if before is None:
                del os.environ["FIRESTORE_EMULATOR_HOST"]
            else:
                os.environ["FIRESTORE_EMULATOR_HOST"] = before


def seed(client: Client, brew_seconds: int) -> None:
    """Write the example documents in one batch; raises NotReady when Firestore does not take them in 20 s."""
    from google.api_core.exceptions import GoogleAPIError

    batch = client.batch()
    for path, fields in documents(brew_seconds).items():
        batch.set(client.document(path), fields)
    try:
        # Without `retry` the library would go on for five minutes.
        batch.commit(timeout=20, retry=None)
    except GoogleAPIError as error:
        raise NotReady(f"Firestore did not take the examples: {error}") from error
