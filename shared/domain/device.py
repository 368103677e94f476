"""A coffee machine as its operator describes it in `devices/{device_uuid}` (SPEC §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain import fields
from shared.domain.fields import Fields, Problem
from shared.domain.order import Scenario

BREW_SECONDS = 90
LONGEST_BREW = 3600

CLIENT_INFO = (
    "client_info",
    "client_info_pending",
    "client_info_paid",
    "client_info_not_paid",
    "client_info_make_pending",
    "client_info_successful",
    "client_info_make_failed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One machine. HTML in `client_info` and `client_error_info` is the operator's, not sanitized yet."""

    device_uuid: str
    merchant_id: str | None = None
    location: str | None = None
    logo_url: str | None = None
    payment_scenario: Scenario = Scenario.YOOKASSA
    redirect_url: str | None = None
    enabled: bool = True
    brew_seconds: int = BREW_SECONDS
    client_info: Mapping[str, str | None] = field(default_factory=dict)
    client_error_info: str | None = None


def read_device(device_uuid: str, data: Mapping[str, Any]) -> tuple[Device, list[Problem]]:
    """The device of this document, and the fields that had to be ignored. Never fails on what an operator wrote."""
    read = Fields(f"devices/{device_uuid}", data)
    device = Device(
        device_uuid=device_uuid,
        merchant_id=read.read("merchant_id", fields.document_id, None),
        location=read.read("location", fields.text, None),
        logo_url=read.read("logo_url", fields.https_url, None),
        payment_scenario=read.read("payment_scenario", fields.one_of(Scenario), Scenario.YOOKASSA),
        redirect_url=read.read("redirect_url", fields.https_url, None),
        enabled=read.read("enabled", fields.flag, True),
        brew_seconds=read.read("brew_seconds", fields.whole(0, LONGEST_BREW), BREW_SECONDS),
        client_info={name: read.read(name, fields.text, None) for name in CLIENT_INFO},
        client_error_info=read.read("client_error_info", fields.text, None),
    )
    return device, read.problems
