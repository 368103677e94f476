"""What the virtual coffee machine sells. Prices are kopecks, as Tmetr answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Index = the `size` of the QR code (SPEC §5).
SIZES = ("SMALL", "MEDIUM", "BIG")
SIZE_NAMES = {"SMALL": "маленький", "MEDIUM": "средний", "BIG": "большой"}


@dataclass(frozen=True)
class Drink:
    """A drink; `tone` and `milk` tell the screen what colour pours into the cup."""

    no: str
    name: str
    note: str
    tone: str
    prices: Mapping[str, int]


def _drink(no: str, name: str, note: str, tone: str, small: int, medium: int, big: int) -> Drink:
    return Drink(no, name, note, tone, dict(zip(SIZES, (small, medium, big), strict=True)))


MENU = (
    _drink("3f1b6f0c8d5e4a7fb1c2d3e4f5a60718", "Эспрессо", "крепкий, без молока", "espresso", 9000, 11000, 13000),
    _drink("5c0d9e7a214b4f83a6d7e8f90a1b2c3d", "Американо", "мягкий чёрный кофе", "black", 10000, 12500, 15000),
    _drink("81e4c7b25f3a4d1e9b0c6d7e8f9a0b1c", "Капучино", "с пышной пеной", "cappuccino", 14000, 17000, 20000),
    _drink("a7d2f41b6c8e4905b3e1f2a3b4c5d6e7", "Латте", "много молока", "latte", 14500, 17500, 20500),
    _drink("9b900a2e63042d350f45b6675ef26ced", "Молочная пена", "без кофе", "milk", 12000, 15000, 18000),
    _drink(
        "c4b8a1d07e2f4c6a8d9e0f1a2b3c4d5e",
        "Горячий шоколад",
        "какао и молоко",
        "chocolate",
        13000,
        16000,
        19000,
    ),
)
DRINKS: Mapping[str, Drink] = {drink.no: drink for drink in MENU}
