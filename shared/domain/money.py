"""Money is an integer number of kopecks; rubles exist only in providers' payloads and in the page's JSON."""

import re

CURRENCY = "RUB"
_AMOUNT = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2})0*)?")


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
    found = _AMOUNT.fullmatch(value)
    if found is None:
        raise ValueError("an amount is a non-negative decimal number of whole kopecks")
    rubles, kopecks = found.groups(default="")
    return int(rubles) * 100 + int(kopecks.ljust(2, "0"))
