"""A merchant document: until when it may sell, and how its receipts are made; read tolerantly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.domain.merchant import ItemSettings, Merchant, ReceiptSettings, read_merchant

BARE = Merchant(merchant_id="coffee-llc")
DRINK = "9b900a2e63042d350f45b6675ef26ced"
ITEM: dict[str, Any] = {
    "vat_code": 1,
    "measure": "piece",
    "payment_subject": "commodity",
    "payment_mode": "full_payment",
}
RECEIPT: dict[str, Any] = {"is_mandatory": True, "tax_system_code": 2, "timezone": 3, **ITEM}
MISTYPED = {"number": 5.5, "list": ["x"], "map": {"x": 1}, "true": True, "text": "yokassa", "bytes": b"x"}
FITTING = {"name": {"text"}, "contact_email": {"text"}, "is_mandatory": {"true"}, "receipt": {"map"}, "drinks": {"map"}}


def unusable(fields: list[str]) -> list[tuple[str, str]]:
    return [(field, what) for field in fields for what in MISTYPED if what not in FITTING.get(field, set())]


def read(**fields: Any) -> tuple[Merchant, list[str]]:
    merchant, problems = read_merchant("coffee-llc", fields)
    return merchant, [f"{problem.document} {problem.field}" for problem in problems]


def item(drink: dict[str, Any] | None = None, **merchant: Any) -> ItemSettings:
    """The settings of one drink's item, with its own ones and the merchant's."""
    drinks = {} if drink is None else {"drinks": {DRINK: drink}}
    return read(receipt={**merchant, **drinks})[0].receipt.item_for(DRINK)


def test_an_empty_document_sells_without_receipt_settings() -> None:
    assert read() == (BARE, [])
    assert BARE.active(datetime(2126, 1, 1, tzinfo=UTC))


def test_a_whole_document_is_read_without_a_problem() -> None:
    merchant, problems = read(
        name="ООО «Кофе»", contact_email="office@example.ru", valid_until="2026-12-31", receipt=RECEIPT
    )
    assert problems == []
    assert (merchant.name, merchant.contact_email) == ("ООО «Кофе»", "office@example.ru")
    assert merchant.valid_until == date(2026, 12, 31)
    assert merchant.receipt == ReceiptSettings(
        is_mandatory=True, tax_system_code=2, timezone=3, item=ItemSettings(**ITEM)
    )


@pytest.mark.parametrize(("field", "what"), unusable(["name", "contact_email", "valid_until", "receipt"]))
def test_a_mistyped_field_is_left_out_and_named(field: str, what: str) -> None:
    assert read(**{field: MISTYPED[what]}) == (BARE, [f"merchants/coffee-llc {field}"])


@pytest.mark.parametrize(("field", "what"), unusable([*RECEIPT, "drinks"]))
def test_a_mistyped_receipt_setting_is_left_out_and_named(field: str, what: str) -> None:
    merchant, problems = read(receipt={field: MISTYPED[what]})
    assert (merchant, problems) == (BARE, [f"merchants/coffee-llc receipt.{field}"])


@pytest.mark.parametrize(("field", "what"), unusable(list(ITEM)))
def test_a_drinks_mistyped_setting_is_named_and_the_merchants_counts(field: str, what: str) -> None:
    merchant, problems = read(receipt={**RECEIPT, "drinks": {DRINK: {field: MISTYPED[what]}}})
    assert problems == [f"merchants/coffee-llc receipt.drinks.{DRINK}.{field}"]
    assert merchant.receipt.item_for(DRINK) == ItemSettings(**ITEM)


@pytest.mark.parametrize("written", [5, "x", ["x"], True])
def test_a_drink_that_is_no_map_is_named_and_the_merchants_settings_count(written: object) -> None:
    merchant, problems = read(receipt={**RECEIPT, "drinks": {DRINK: written}})
    assert problems == [f"merchants/coffee-llc receipt.drinks.{DRINK}"]
    assert merchant.receipt.item_for(DRINK) == ItemSettings(**ITEM)


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("field", [*RECEIPT, "drinks"])
def test_an_empty_setting_is_a_missing_one(field: str, empty: object) -> None:
    assert read(receipt={field: empty}) == (BARE, [])


@pytest.mark.parametrize(
    ("field", "word"),
    [("measure", "cup"), ("measure", "Piece"), ("payment_subject", "coffee"), ("payment_mode", "cash")],
)
def test_a_word_that_yookassa_does_not_take_is_left_out(field: str, word: str) -> None:
    assert read(receipt={field: word}) == (BARE, [f"merchants/coffee-llc receipt.{field}"])


@pytest.mark.parametrize(
    ("field", "smallest", "largest"), [("vat_code", 1, 12), ("tax_system_code", 1, 6), ("timezone", 1, 11)]
)
def test_a_code_is_taken_within_its_range(field: str, smallest: int, largest: int) -> None:
    for code in (smallest, largest):
        assert read(receipt={field: code})[1] == []
    for code in (smallest - 1, largest + 1):
        assert read(receipt={field: code}) == (BARE, [f"merchants/coffee-llc receipt.{field}"])


@pytest.mark.parametrize("field", ITEM)
def test_a_setting_is_the_drinks_else_the_merchants_else_left_out(field: str) -> None:
    other = {"vat_code": 4, "measure": "gram", "payment_subject": "service", "payment_mode": "advance"}[field]
    assert getattr(item({field: other}, **{field: ITEM[field]}), field) == other
    assert getattr(item({}, **{field: ITEM[field]}), field) == ITEM[field]
    assert getattr(item(None, **{field: ITEM[field]}), field) == ITEM[field]
    assert getattr(item({}), field) is None


def test_settings_fall_back_one_by_one() -> None:
    assert item({"vat_code": 4}, measure="piece") == ItemSettings(vat_code=4, measure="piece")


def test_another_drinks_settings_do_not_count() -> None:
    merchant, _ = read(receipt={"drinks": {"another": {"vat_code": 4}}})
    assert merchant.receipt.item_for(DRINK) == ItemSettings()


@pytest.mark.parametrize(
    ("receipt", "usable"),
    [
        ({}, True),
        ({"vat_code": 1}, True),
        ({"is_mandatory": True}, False),
        ({"is_mandatory": True, "vat_code": 1}, True),
        ({"is_mandatory": True, "vat_code": 13}, False),
        ({"is_mandatory": True, "drinks": {DRINK: {"vat_code": 1}}}, True),
        ({"is_mandatory": True, "drinks": {"another": {"vat_code": 1}}}, False),
    ],
)
def test_mandatory_receipts_need_a_usable_vat_code(receipt: dict[str, Any], usable: bool) -> None:
    assert read(receipt=receipt)[0].receipt.usable_for(DRINK) is usable


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-31",
        "31.12.2026",
        " 2026-12-31 ",
        "2026-12-31T23:30:00+03:00",
        "2026-12-30T21:00:00Z",
        "2026-12-31T20:59:59Z",
        datetime(2026, 12, 30, 21, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC),
        datetime(2027, 1, 1, 2, 0, tzinfo=timezone(timedelta(hours=7))),
    ],
    ids=str,
)
def test_a_last_day_is_read_from_a_date_or_a_timestamp_as_moscow_has_it(written: object) -> None:
    merchant, problems = read(valid_until=written)
    assert (merchant.valid_until, problems) == (date(2026, 12, 31), [])


@pytest.mark.parametrize(
    "written",
    [
        "soon",
        "2026-13-01",
        "31.02.2026",
        "31/12/2026",
        20261231,
        datetime.max.replace(tzinfo=UTC),
        "0001-01-01T00:00:00+14:00",
    ],
    ids=str,
)
def test_an_unreadable_last_day_is_ignored_and_named(written: object) -> None:
    merchant, problems = read(valid_until=written)
    assert (merchant, problems) == (BARE, ["merchants/coffee-llc valid_until"])


@pytest.mark.parametrize(
    ("moment", "active"),
    [
        (datetime(2026, 12, 30, 12, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 20, 59, 59, 999999, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 21, 0, tzinfo=UTC), False),
        (datetime(2027, 1, 1, 12, 0, tzinfo=UTC), False),
    ],
)
def test_the_last_day_itself_still_counts_in_moscow(moment: datetime, active: bool) -> None:
    merchant, _ = read(valid_until="2026-12-31")
    assert merchant.active(moment) is active
