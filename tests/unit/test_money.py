"""Kopecks in, kopecks out: no amount is ever rounded, and nothing that is no amount becomes one."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import kopecks_from_rubles, rubles_number, rubles_text
from tests.unit.steady import STEADY

KOPECKS = st.integers(min_value=0, max_value=10**12 - 1)


@STEADY
@given(KOPECKS)
def test_an_amount_survives_the_way_to_the_provider_and_back(kopecks: int) -> None:
    assert kopecks_from_rubles(rubles_text(kopecks)) == kopecks


@STEADY
@given(KOPECKS)
def test_the_pages_number_of_rubles_names_the_same_kopecks(kopecks: int) -> None:
    assert round(rubles_number(kopecks) * 100) == kopecks


@STEADY
@given(st.decimals(min_value=-1000, max_value=10**8, allow_nan=True, places=None).map(str))
def test_an_amount_is_read_exactly_or_not_at_all(written: str) -> None:
    try:
        kopecks = kopecks_from_rubles(written)
    except ValueError:
        return
    assert Fraction(kopecks, 100) == Fraction(written)


@STEADY
@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_a_value_error(written: str) -> None:
    try:
        assert kopecks_from_rubles(written) >= 0
    except ValueError:
        assert not written.isascii() or not written.isdigit() or len(written) > 10


@pytest.mark.parametrize(
    ("kopecks", "text"),
    [(0, "0.00"), (1, "0.01"), (10, "0.10"), (99, "0.99"), (100, "1.00"), (15000, "150.00"), (99000, "990.00")],
)
def test_a_providers_amount_always_has_two_decimals(kopecks: int, text: str) -> None:
    assert rubles_text(kopecks) == text


@pytest.mark.parametrize(
    ("written", "kopecks"), [("150", 15000), ("150.5", 15050), ("150.50", 15050), ("150.5000", 15050), ("0.01", 1)]
)
def test_shorter_and_longer_spellings_of_an_amount_are_read(written: str, kopecks: int) -> None:
    assert kopecks_from_rubles(written) == kopecks


@pytest.mark.parametrize(
    "written",
    ["", " ", "-1.00", "+1.00", "1,00", "150.001", "150.00000000000000000000000000001", "1e2", "1e999999999", "1_000"]
    + ["NaN", "sNaN", "Infinity", " 1.00", "1.00\n", ".50", "1.", "٣", "0x10", "9" * 11],
)
def test_anything_else_is_not_an_amount(written: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        kopecks_from_rubles(written)


@pytest.mark.parametrize("value", [None, 150, 150.0, True, ["150.00"], {"value": "150.00"}])
def test_an_amount_that_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="string"):
        kopecks_from_rubles(value)


@pytest.mark.parametrize(("kopecks", "rubles"), [(15000, 150.0), (15050, 150.5), (1, 0.01)])
def test_the_page_is_told_rubles(kopecks: int, rubles: float) -> None:
    assert rubles_number(kopecks) == rubles
