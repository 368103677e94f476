"""T-Bank's signature, order ids and notifications, by the examples of its own documentation (SPEC §10)."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.tbank import attempt_order_id, read_notification, token, token_matches
from shared.ports import Notice
from tests.unit.steady import STEADY
from tests.worlds.builders import an_order

# developer.tbank.ru/eacq/intro/developer/token: the request that its steps sign. Nested objects do not take part.
NESTED = {
    "DATA": {"Phone": "+71234567890", "Email": "a@test.com"},
    "Receipt": {"Email": "a@test.ru", "Taxation": "osn", "Items": [{"Name": "Товар 1", "Amount": 10000}]},
}
REQUEST = {
    "TerminalKey": "MerchantTerminalKey",
    "Amount": 19200,
    "OrderId": "00000",
    "Description": "Подарочная карта на 1000 рублей",
}
REQUEST_PASSWORD = "11111111111111"
REQUEST_TOKEN = "72dd466f8ace0a37a1f740ce5fb78101712bc0665d91a8108c7c8a0ccd426db2"
# The same example as the API reference (www.tbank.ru/kassa/dev/payments) had it, with another order and password.
OLDER_PASSWORD = "usaf8fw8fsw21g"
OLDER_TOKEN = "0024a00af7c350a3a67ca168ce06502aa72772456662e38696d48b56ee9c97d9"
# The merchant API manual, "checking the token of a notification": a boolean, and numbers beside texts.
NOTIFICATION: dict[str, Any] = {
    "TerminalKey": "1321054611234DEMO",
    "OrderId": "201709",
    "Success": True,
    "Status": "AUTHORIZED",
    "PaymentId": 8742591,
    "ErrorCode": "0",
    "Amount": 9855,
    "RebillId": 101709,
    "CardId": 322264,
    "Pan": "430000******0777",
    "ExpDate": "1122",
}
NOTIFICATION_PASSWORD = "Dfsfh56dgKl"
NOTIFICATION_TOKEN = "b906d28e76c6428e37b25fcf86c0adc52c63d503013fdd632e300593d165766b"
SIGNED = {**NOTIFICATION, "Token": NOTIFICATION_TOKEN}

FEW = settings(STEADY, max_examples=60)
ORDER_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}", fullmatch=True)
NUMBERS = st.integers(min_value=1, max_value=99)


def test_the_documented_request_has_the_documented_token() -> None:
    assert token(REQUEST, REQUEST_PASSWORD) == REQUEST_TOKEN


def test_the_older_documented_request_has_the_documented_token() -> None:
    assert token({**REQUEST, "OrderId": "21090"}, OLDER_PASSWORD) == OLDER_TOKEN


def test_the_documented_notification_has_the_documented_token() -> None:
    assert token(NOTIFICATION, NOTIFICATION_PASSWORD) == NOTIFICATION_TOKEN


@pytest.mark.parametrize(
    "extra",
    [NESTED, {"Shops": [{"ShopCode": "1"}]}, {"Empty": {}, "None": []}, {"Token": "x"}, {"Missing": None}],
    ids=["DATA and Receipt", "a list", "empty ones", "Token itself", "null"],
)
def test_only_the_scalars_of_the_root_are_signed(extra: dict[str, Any]) -> None:
    assert token({**REQUEST, **extra}, REQUEST_PASSWORD) == REQUEST_TOKEN


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false")])
def test_a_boolean_is_signed_in_lower_case(value: bool, text: str) -> None:
    assert token({"Success": value}, "p") == token({"Success": text}, "p")
    assert token({"Success": value}, "p") != token({"Success": str(value)}, "p")


def test_the_order_of_the_fields_does_not_matter() -> None:
    assert token(dict(reversed(REQUEST.items())), REQUEST_PASSWORD) == REQUEST_TOKEN


def test_a_caller_cannot_bring_a_password_along() -> None:
    assert token({**REQUEST, "Password": "mine"}, REQUEST_PASSWORD) == REQUEST_TOKEN


def test_a_right_token_matches_in_either_case() -> None:
    assert token_matches(SIGNED, NOTIFICATION_PASSWORD)
    assert token_matches({**SIGNED, "Token": NOTIFICATION_TOKEN.upper()}, NOTIFICATION_PASSWORD)


@pytest.mark.parametrize("field", NOTIFICATION)
def test_no_field_can_be_changed_or_taken_away(field: str) -> None:
    assert not token_matches({**SIGNED, field: "forged"}, NOTIFICATION_PASSWORD)
    assert not token_matches({name: v for name, v in SIGNED.items() if name != field}, NOTIFICATION_PASSWORD)


def test_no_field_can_be_added() -> None:
    assert not token_matches({**SIGNED, "Extra": "1"}, NOTIFICATION_PASSWORD)


@pytest.mark.parametrize("given_token", [None, "", "x", 5, True, [NOTIFICATION_TOKEN], {"Token": 1}, "ё" * 64])
def test_what_is_no_token_does_not_match(given_token: object) -> None:
    assert not token_matches({**NOTIFICATION, "Token": given_token}, NOTIFICATION_PASSWORD)
    assert not token_matches(NOTIFICATION, NOTIFICATION_PASSWORD)


def test_another_terminals_password_does_not_match() -> None:
    assert not token_matches(SIGNED, REQUEST_PASSWORD)


@FEW
@given(ORDER_IDS, NUMBERS)
def test_an_attempts_order_id_fits_and_shows_the_order(order_id: str, number: int) -> None:
    made = attempt_order_id(an_order(order_id=order_id), number)
    assert len(made) <= 36
    assert made.startswith(order_id[:20])
    assert made.endswith(f"-{number}")
    assert set(made) <= set(string.ascii_letters + string.digits + "_-")


@FEW
@given(ORDER_IDS, st.lists(NUMBERS, unique=True, min_size=2, max_size=5))
def test_each_attempt_of_an_order_has_an_order_id_of_its_own(order_id: str, numbers: list[int]) -> None:
    order = an_order(order_id=order_id)
    assert len({attempt_order_id(order, number) for number in numbers}) == len(numbers)


@FEW
@given(ORDER_IDS, ORDER_IDS, NUMBERS)
def test_two_orders_never_share_an_order_id(one: str, other: str, number: int) -> None:
    same = attempt_order_id(an_order(order_id=one), number) == attempt_order_id(an_order(order_id=other), number)
    assert same == (one == other)


@FEW
@given(st.text(string.ascii_letters, min_size=40, max_size=40), st.characters(codec="ascii", categories=["Lu", "Ll"]))
def test_long_order_ids_that_differ_at_the_end_stay_apart(start: str, end: str) -> None:
    one, other = (attempt_order_id(an_order(order_id=start + tail), 1) for tail in ("0", end))
    assert one != other


def test_an_attempts_order_id_is_always_the_same() -> None:
    long = an_order(order_id="a" * 64)
    assert attempt_order_id(long, 2) == attempt_order_id(long, 2)
    assert attempt_order_id(an_order(), 2) == "20250317110122659ba6d7-9ace-cndn-2"


@pytest.mark.parametrize("payment_id", [8742591, "8742591"])
def test_a_notification_points_at_payment_and_attempt(payment_id: object) -> None:
    notice = read_notification({**NOTIFICATION, "PaymentId": payment_id})
    assert notice == Notice(provider="tbank", payment_id="8742591", attempt_key="201709")


def test_a_notice_about_a_receipt_points_nowhere() -> None:
    assert read_notification({"Status": "RECEIPT", "OrderId": "201709"}) is None


@pytest.mark.parametrize("payment_id", [None, "", True, 1.5, -5, "1/2", ["8742591"], {"x": 1}])
def test_a_notification_without_a_usable_payment_id_is_malformed(payment_id: object) -> None:
    with pytest.raises(ValueError, match="^PaymentId$"):
        read_notification({**NOTIFICATION, "PaymentId": payment_id})


@pytest.mark.parametrize("order_id", [None, "", 201709, True, ["x"], "x" * 37])
def test_a_notification_without_a_usable_order_id_is_malformed(order_id: object) -> None:
    with pytest.raises(ValueError, match="^OrderId$"):
        read_notification({**NOTIFICATION, "OrderId": order_id})
