"""A device document is read whatever an operator wrote into it: a bad optional field is left out and named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.device import CLIENT_INFO, Device, read_device
from shared.domain.order import Scenario

DEVICE = "device-7"
BARE = Device(device_uuid=DEVICE, client_info=dict.fromkeys(CLIENT_INFO))
WHOLE: dict[str, Any] = {
    "merchant_id": "coffee-llc",
    "location": "Лобби, 1 этаж",
    "logo_url": "https://cdn.example/logo.svg",
    "payment_scenario": "TBank",
    "redirect_url": "https://pay.example/?from=coffee",
    "enabled": False,
    "brew_seconds": 45,
    "client_error_info": "<b>Позвоните нам</b>",
    **{name: f"<p>{name}</p>" for name in CLIENT_INFO},
}
MISTYPED = {
    "number": 5.5,
    "list": ["x"],
    "map": {"x": 1},
    "true": True,
    "text": "yokassa",
    "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
    "bytes": b"x",
}
# What a field may hold after all: any text is a text.
FITTING = {
    "merchant_id": {"text"},
    "location": {"text"},
    "enabled": {"true"},
    "client_error_info": {"text"},
    **{name: {"text"} for name in CLIENT_INFO},
}
UNUSABLE = [(field, what) for field in WHOLE for what in MISTYPED if what not in FITTING.get(field, set())]


def read(**fields: Any) -> tuple[Device, list[str]]:
    device, problems = read_device(DEVICE, fields)
    return device, [str(problem) for problem in problems]


def test_a_whole_document_is_read_without_a_problem() -> None:
    device, problems = read(**WHOLE)
    assert problems == []
    assert device == Device(
        device_uuid=DEVICE,
        merchant_id="coffee-llc",
        location="Лобби, 1 этаж",
        logo_url="https://cdn.example/logo.svg",
        payment_scenario=Scenario.TBANK,
        redirect_url="https://pay.example/?from=coffee",
        enabled=False,
        brew_seconds=45,
        client_info={name: f"<p>{name}</p>" for name in CLIENT_INFO},
        client_error_info="<b>Позвоните нам</b>",
    )


def test_an_empty_document_has_the_defaults() -> None:
    device, problems = read()
    assert (device, problems) == (BARE, [])
    assert (device.payment_scenario, device.enabled, device.brew_seconds) == (Scenario.YOOKASSA, True, 90)


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("field", WHOLE)
def test_an_empty_field_is_a_missing_one(field: str, empty: object) -> None:
    assert read(**{field: empty}) == (BARE, [])


@pytest.mark.parametrize(("field", "what"), UNUSABLE)
def test_a_mistyped_field_is_left_out_and_named(field: str, what: str) -> None:
    device, problems = read(**{field: MISTYPED[what]})
    assert device == BARE
    assert len(problems) == 1
    assert problems[0].startswith(f"devices/{DEVICE}: field {field} is ignored: ")


@pytest.mark.parametrize(("field", "what"), UNUSABLE)
def test_a_mistyped_field_takes_no_other_with_it(field: str, what: str) -> None:
    device, problems = read(**{**WHOLE, field: MISTYPED[what]})
    expected, _ = read(**{name: value for name, value in WHOLE.items() if name != field})
    assert device == expected
    assert len(problems) == 1


def test_each_bad_field_is_a_problem_of_its_own() -> None:
    _, problems = read(logo_url="http://cdn.example/x", brew_seconds="60", enabled="yes")
    assert [problem.split()[2] for problem in problems] == ["logo_url", "enabled", "brew_seconds"]


@pytest.mark.parametrize("scenario", Scenario)
def test_each_scenario_is_known(scenario: Scenario) -> None:
    assert read(payment_scenario=scenario.value)[0].payment_scenario is scenario


@pytest.mark.parametrize("word", ["yokassa", "yookassa", "YOOKASSA", "Тинькофф", "TBank Yookassa"])
def test_another_word_for_a_scenario_is_the_default_with_the_known_ones_named(word: str) -> None:
    device, problems = read(payment_scenario=word)
    assert device.payment_scenario is Scenario.YOOKASSA
    assert "Custom, TBank, Yookassa, YookassaReceipt" in problems[0]


def test_blanks_around_a_word_do_no_harm() -> None:
    device, problems = read(payment_scenario=" Custom ", location=" Лобби ", merchant_id=" coffee-llc\n")
    assert (device.payment_scenario, device.location, device.merchant_id) == (Scenario.CUSTOM, "Лобби", "coffee-llc")
    assert problems == []


@pytest.mark.parametrize(("written", "read_as"), [(0, 0), (60, 60), (60.0, 60), (3600, 3600)])
def test_a_brewing_time_is_a_whole_number_of_seconds(written: float, read_as: int) -> None:
    device, problems = read(brew_seconds=written)
    assert (device.brew_seconds, problems) == (read_as, [])
    assert type(device.brew_seconds) is int


@pytest.mark.parametrize("written", [-1, 3601, 0.5, float("nan"), float("inf"), "60", 10**30])
def test_another_brewing_time_is_the_default(written: object) -> None:
    device, problems = read(brew_seconds=written)
    assert (device.brew_seconds, len(problems)) == (90, 1)


@pytest.mark.parametrize("field", ["logo_url", "redirect_url"])
@pytest.mark.parametrize(
    "url",
    [
        "http://pay.example/",
        "//pay.example/",
        "pay.example",
        "https://",
        "https:///path",
        "https://.",
        "https://pay.example:port/",
        "https://pay.example:99999/",
        "https://[broken/",
        "https://pay example/",
        "https://pay.example/\tx",
        "javascript:alert(1)",
        "data:text/html,x",
        " ",
    ],
)
def test_an_address_that_is_not_https_is_left_out(field: str, url: str) -> None:
    device, problems = read(**{field: url})
    assert (getattr(device, field), len(problems)) == (None, 1)


@pytest.mark.parametrize("merchant_id", ["a/b", "..", ".", "__id__", "x" * 129, "new\nline", " "])
def test_a_merchant_id_that_is_no_document_id_is_left_out(merchant_id: str) -> None:
    device, problems = read(merchant_id=merchant_id)
    assert (device.merchant_id, len(problems)) == (None, 1)


def test_fields_left_over_from_before_are_none_of_our_business() -> None:
    assert read(yookassa_secret_key="live_x", salt=5) == (BARE, [])


def test_a_problem_tells_value_and_reason_to_the_checking_command() -> None:
    _, problems = read_device(DEVICE, {"brew_seconds": "60"})
    (problem,) = problems
    assert (problem.document, problem.field, problem.value) == (f"devices/{DEVICE}", "brew_seconds", "60")
    assert problem.reason == "a whole number is expected, not '60'"
