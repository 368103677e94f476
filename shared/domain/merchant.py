"""An owner of machines as described in `merchants/{merchant_id}`, receipt settings included (SPEC §4, §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shared.domain import fields
from shared.domain.fields import MOSCOW, Fields, Problem


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The words that YooKassa takes in a receipt's item (API v3, "54-FZ: parameter values", for its own receipts and for
# those of other services together); another word would make it refuse the whole payment.
PAYMENT_MODES = _words("""
    full_prepayment partial_prepayment advance full_payment partial_payment credit credit_payment
""")
PAYMENT_SUBJECTS = _words("""
    commodity excise job service payment casino gambling_bet gambling_prize lottery lottery_prize
    intellectual_activity agent_commission agent_withdrawals property_right non_operating_gain
    marked non_marked marked_excise non_marked_excise insurance_premium sales_tax resort_fee fine tax lien cost
    pension_insurance_without_payouts pension_insurance_with_payouts
    health_insurance_without_payouts health_insurance_with_payouts health_insurance composite another
""")
MEASURES = _words("""
    piece gram kilogram ton centimeter decimeter meter square_centimeter square_decimeter square_meter
    milliliter liter cubic_meter kilowatt_hour gigacalorie day hour minute second
    kilobyte megabyte gigabyte terabyte another
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSettings:
    """What a receipt says of one item; None: left out."""

    vat_code: int | None = None
    measure: str | None = None
    payment_subject: str | None = None
    payment_mode: str | None = None

    def or_else(self, other: ItemSettings) -> ItemSettings:
        """Field by field: this value, else the other's."""
        return ItemSettings(
            vat_code=self.vat_code if self.vat_code is not None else other.vat_code,
            measure=self.measure or other.measure,
            payment_subject=self.payment_subject or other.payment_subject,
            payment_mode=self.payment_mode or other.payment_mode,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSettings:
    is_mandatory: bool = False
    tax_system_code: int | None = None
    timezone: int | None = None
    item: ItemSettings = ItemSettings()
    drinks: Mapping[str, ItemSettings] = field(default_factory=dict)

    def item_for(self, drink_no: str) -> ItemSettings:
        """The drink's value, else the merchant's, else left out (SPEC §9)."""
        return self.drinks.get(drink_no, ItemSettings()).or_else(self.item)

    def usable_for(self, drink_no: str) -> bool:
        """False when receipts are mandatory and this drink has no VAT code: the law's receipt cannot be made."""
        return not self.is_mandatory or self.item_for(drink_no).vat_code is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    merchant_id: str
    name: str | None = None
    contact_email: str | None = None
    valid_until: date | None = None
    receipt: ReceiptSettings = ReceiptSettings()

    def active(self, now: datetime) -> bool:
        """True through the whole of the last day, in Moscow."""
        return self.valid_until is None or now.astimezone(MOSCOW).date() <= self.valid_until


def read_merchant(merchant_id: str, data: Mapping[str, Any]) -> tuple[Merchant, list[Problem]]:
    """The merchant of this document, and the fields that had to be ignored."""
    read = Fields(f"merchants/{merchant_id}", data)
    merchant = Merchant(
        merchant_id=merchant_id,
        name=read.read("name", fields.text, None),
        contact_email=read.read("contact_email", fields.text, None),
        valid_until=read.read("valid_until", fields.moscow_day, None),
        receipt=_receipt(read.nested("receipt")),
    )
    return merchant, read.problems


def _receipt(read: Fields) -> ReceiptSettings:
    drinks = read.nested("drinks")
    return ReceiptSettings(
        is_mandatory=read.read("is_mandatory", fields.flag, False),
        tax_system_code=read.read("tax_system_code", fields.whole(1, 6), None),
        timezone=read.read("timezone", fields.whole(1, 11), None),
        item=_item(read),
        drinks={drink_no: _item(drinks.nested(drink_no)) for drink_no in drinks.names()},
    )


def _item(read: Fields) -> ItemSettings:
    return ItemSettings(
        vat_code=read.read("vat_code", fields.whole(1, 12), None),
        measure=read.read("measure", fields.word(MEASURES), None),
        payment_subject=read.read("payment_subject", fields.word(PAYMENT_SUBJECTS), None),
        payment_mode=read.read("payment_mode", fields.word(PAYMENT_MODES), None),
    )
