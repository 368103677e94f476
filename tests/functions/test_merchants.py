"""Several owners of machines: each payment goes to its own merchant's shop (SPEC §12)."""

from __future__ import annotations

import json

from tests.functions.stand import Stand, at_once
from tests.functions.texts import refusal, told


def _two_owners(stand: Stand) -> dict[str, str]:
    """Two machines of two owners: the shop that each machine's money belongs to."""
    shops = {"one": ("200600", "live_second_shop_key"), "two": ("300700", "live_third_shop_key")}
    accounts = {name: {"yookassa": {"shop_id": shop, "secret_key": key}} for name, (shop, key) in shops.items()}
    stand.configure(MERCHANT_CREDENTIALS=json.dumps(accounts | {"three": {"tbank": None}}))
    for name in (*shops, "three"):
        stand.device(f"machine-{name}", merchant_id=name)
        stand.merchant(name)
    return {f"machine-{name}": shop for name, (shop, _) in shops.items()}


def test_of_forty_simultaneous_payments_each_goes_to_its_own_shop(stand: Stand) -> None:
    shop_of = _two_owners(stand)
    machines = [list(shop_of)[number % 2] for number in range(40)]
    orders = [stand.order(deviceUuid=machine) for machine in machines]
    answers = at_once(40, lambda number: stand.tap(orders[number]))
    assert {answer.status_code for answer in answers} == {200}
    payments = stand.payments()
    assert sorted(payment["metadata"]["order_id"] for payment in payments) == sorted(orders)
    for payment in payments:
        machine = payment["metadata"]["device_uuid"]
        assert payment["recipient"]["account_id"] == shop_of[machine]
    callers = [call["headers"]["Authorization"] for call in stand.yookassa.calls("create_payment")]
    assert sorted(callers) == ["200600"] * 20 + ["300700"] * 20


def test_a_merchant_with_accounts_of_its_own_never_falls_back_on_somebody_elses(stand: Stand) -> None:
    _two_owners(stand)
    answer = stand.post("create_order", "/", stand.scan(deviceUuid="machine-three"))
    assert told(answer) == refusal("PAYMENT_NOT_CONFIGURED")
    assert any("three" in line["message"] for line in stand.logged(event="payment_not_configured"))


def test_credentials_that_are_gone_when_the_customer_pays_are_an_error_before_any_money_moves(
    stand: Stand,
) -> None:
    order_id = stand.order()
    stand.configure(YOOKASSA_SHOP_ID="", YOOKASSA_SECRET_KEY="")
    assert told(stand.tap(order_id)) == refusal("PAYMENT_NOT_CONFIGURED")
    assert stand.logged(event="payment_not_configured", severity="ERROR")
    assert (stand.document(order_id)["attempts"], stand.payments()) == ([], [])
