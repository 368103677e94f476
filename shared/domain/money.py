"""Money is an integer number of kopecks; rubles exist only in providers' payloads and in the page's JSON."""

from decimal import Decimal, InvalidOperation

CURRENCY = "RUB"
_LARGEST = 10**12


def rubles_text(kopecks: int) -> str:
    """Kopecks as a provider's amount string: 15000 -> "150.00" (YooKassa API v3, `amount.value`)."""
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def rubles_number(kopecks: int) -> float:
    """Kopecks as the number of rubles that the page shows: 15050 -> 150.5."""
    return kopecks / 100


def kopecks_from_rubles(value: object) -> int:
    """A provider's amount string as kopecks, exactly: "150.00" -> 15000.

    Raises ValueError for anything that is not a plain non-negative amount with whole kopecks.
    """
    if not isinstance(value, str):
        raise ValueError(f"an amount is a string, not {type(value).__name__}")
    try:
        kopecks = Decimal(value) * 100
    except InvalidOperation:
        raise ValueError("an amount is a decimal number") from None
    if not kopecks.is_finite() or kopecks < 0 or kopecks > _LARGEST or kopecks != int(kopecks):
        raise ValueError("an amount is a non-negative number of whole kopecks")
    return int(kopecks)
