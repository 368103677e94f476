"""`make seed`: an example device and its merchant in an empty project, ready to be changed in the console."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from google.cloud.firestore import Client

from shared.operations import store

MERCHANT: dict[str, Any] = {
    "name": "Пример владельца",
    "contact_email": "owner@example.com",
    "receipt": {
        "is_mandatory": False,
        "vat_code": 1,
        "measure": "piece",
        "payment_subject": "commodity",
        "payment_mode": "full_payment",
    },
}
DEVICE: dict[str, Any] = {
    "location": "Первый этаж, у лифта",
    "payment_scenario": "Yookassa",
    "enabled": True,
    "brew_seconds": 90,
    "client_info": "Поставьте <b>стакан</b> под кран, прежде чем платить.",
    "client_info_successful": "Приятного аппетита!",
    "client_error_info": 'Поддержка: <a href="mailto:help@example.com">help@example.com</a>',
}


def seed(client: Client, device_uuid: str, merchant_id: str) -> bool:
    """False, and nothing written, when there is a device or a merchant already."""
    for collection in ("devices", "merchants"):
        if client.collection(collection).limit(1).get(timeout=store.SECONDS):
            return False
    batch = client.batch()
    batch.create(client.document(f"merchants/{merchant_id}"), MERCHANT)
    batch.create(client.document(f"devices/{device_uuid}"), DEVICE | {"merchant_id": merchant_id})
    batch.commit(timeout=store.SECONDS)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="make seed", description=__doc__)
    parser.add_argument("--device", default="test", help="the machine's id at Tmetr (deviceUuid of its QR code)")
    parser.add_argument("--merchant", default="demo", help="the id of its owner")
    options = parser.parse_args()
    with store.opened(store.settings()) as client:
        done = seed(client, options.device, options.merchant)
    if not done:
        print("В проекте уже есть кофемашины или владельцы: ничего не записано.", file=sys.stderr)
        return 1
    print(f"Записаны devices/{options.device} и merchants/{options.merchant}. Проверьте: make check-devices")
    return 0


if __name__ == "__main__":
    sys.exit(main())
