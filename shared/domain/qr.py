"""What a scanned QR code says (SPEC §5). Nothing in it is trusted for money."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Size(IntEnum):
    SMALL = 0
    MEDIUM = 1
    BIG = 2

    @property
    def russian(self) -> str:
        return ("маленький", "средний", "большой")[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One scan: which drink at which machine. `carried`: `random`, `ts`, `salt`, kept but not verified."""

    order_id: str
    device_uuid: str
    drink_no: str
    drink_name: str
    size: Size
    carried: dict[str, Any] = field(default_factory=dict)
