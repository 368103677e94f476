"""The words that YooKassa's API reference allows in requests."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PAYMENT_FIELDS = _names("""
    amount description receipt recipient payment_token payment_method_id payment_method_data confirmation
    save_payment_method capture client_ip metadata airline transfers deal fraud_data merchant_customer_id
    receiver statements payment_order
""")
REFUND_FIELDS = _names("payment_id amount description receipt sources deal refund_method_data metadata")
RECEIPT_FIELDS = _names("""
    customer items tax_system_code timezone internet phone email
    receipt_industry_details receipt_operational_details
""")
ITEM_FIELDS = _names("""
    description quantity amount vat_code measure payment_subject payment_mode country_of_origin_code
    customs_declaration_number excise product_code mark_code_info mark_mode mark_quantity
    payment_subject_industry_details supplier agent_type
""")
PAYMENT_MODES = _names("""
    full_prepayment partial_prepayment advance full_payment partial_payment credit credit_payment
""")
PAYMENT_SUBJECTS = _names("""
    commodity excise job service gambling_bet gambling_prize lottery lottery_prize intellectual_activity
    payment agent_commission property_right non_operating_gain insurance_premium sales_tax resort_fee
    composite another marked non_marked marked_excise non_marked_excise fine tax lien cost
    agent_withdrawals pension_insurance_without_payouts pension_insurance_with_payouts
    health_insurance_without_payouts health_insurance_with_payouts health_insurance casino
""")
MEASURES = _names("""
    piece gram kilogram ton centimeter decimeter meter square_centimeter square_decimeter square_meter
    milliliter liter cubic_meter kilowatt_hour gigacalorie day hour minute second
    kilobyte megabyte gigabyte terabyte another
""")
VAT_CODES = range(1, 13)
TAX_SYSTEM_CODES = range(1, 7)
TIMEZONES = range(1, 12)
