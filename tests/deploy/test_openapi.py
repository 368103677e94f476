"""docs/openapi.yaml and the four documents beside it say what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from shared.domain.device import Device
from shared.domain.order import RefundStatus, Scenario, Status
from shared.domain.qr import Size
from shared.errors import HTTP_STATUS
from shared.messages import ERROR_TEXTS
from shared.services.show_status import device_in_error, status_answer
from tests.deploy.dry_run import ROOT
from tests.worlds.builders import NOON, a_device, a_refund, an_order

FUNCTIONS = ("create_order", "webhook", "order_status", "reconcile")
# Answered by every operation, so told once, in docs/openapi.yaml.
EVERYWHERE = {"METHOD_NOT_ALLOWED", "NOT_FOUND"}


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


COMMON = _load(ROOT / "docs/openapi.yaml")
DOCUMENTS = {name: _load(ROOT / "docs" / COMMON["x-functions"][name]) for name in FUNCTIONS}


def _operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def _codes(operation: Any) -> Iterator[tuple[int, str]]:
    """The error codes of an operation with the HTTP status that they stand under."""
    for status, response in operation["responses"].items():
        for part in response.get("content", {}).get("application/json", {}).get("schema", {}).get("allOf", []):
            error = part.get("properties", {}).get("error", {}).get("properties", {})
            for code in error.get("code", {}).get("enum", []):
                yield int(status), code


def _validator(schema: str) -> Any:
    components = {**COMMON["components"]}
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{schema}", "components": components})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_route_is_described_and_no_other(function: str) -> None:
    source = (ROOT / "functions" / function / "main.py").read_text("utf-8")
    routes = {(method, path.replace("<", "{").replace(">", "}")) for method, path in _routes(source)}
    described = {(method, path) for method, path, _ in _operations(DOCUMENTS[function])}
    assert routes and described == routes | {("OPTIONS", path) for _, path in routes}


def _routes(source: str) -> list[tuple[str, str]]:
    return re.findall(r'Route\("([A-Z]+)", "([^"]+)"', source)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_error_code_stands_under_its_status(function: str) -> None:
    found = [pair for _, _, operation in _operations(DOCUMENTS[function]) for pair in _codes(operation)]
    assert found
    for status, code in found:
        assert HTTP_STATUS[code] == status, code


def test_each_error_code_of_the_code_is_described_somewhere() -> None:
    described = {
        code for document in DOCUMENTS.values() for _, _, op in _operations(document) for _, code in _codes(op)
    }
    assert described | EVERYWHERE == set(HTTP_STATUS) == set(ERROR_TEXTS)
    for code in EVERYWHERE:
        assert code in COMMON["info"]["description"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_reference_leads_somewhere(function: str) -> None:
    references = re.findall(r"openapi\.yaml#/components/schemas/(\w+)", yaml.safe_dump(DOCUMENTS[function]))
    assert references and set(references) <= set(COMMON["components"]["schemas"])


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("scenario", Scenario)
def test_an_orders_answer_is_as_described(status: Status, scenario: Scenario) -> None:
    order = replace(an_order(status), payment_scenario=scenario, size=int(Size.BIG))
    validator = _validator("Order")
    for refunds in ((), (a_refund(RefundStatus.DUE),), (a_refund(RefundStatus.FAILED),)):
        for device in (None, a_device(client_info={"client_info": "<b>x</b>"}, logo_url="HTTPS://x.example/l.png")):
            answer = status_answer(replace(order, refunds=refunds), device, NOON)
            validator.validate(answer)
            validator.validate({**answer, "saved_card": {"brand": "Mir", "last4": "4242"}})


@pytest.mark.parametrize(
    "wrong", [{"status": "brewing"}, {"price": "150.00"}, {"refund": {"status": "due"}}, {"secret": 1}]
)
def test_another_answer_is_not(wrong: dict[str, Any]) -> None:
    answer = {**status_answer(an_order(Status.PAID), a_device(), NOON), **wrong}
    assert not _validator("Order").is_valid(answer)


def test_an_errors_answer_is_as_described() -> None:
    answer = {"error": {"code": "DEVICE_OFFLINE", "message": ERROR_TEXTS["DEVICE_OFFLINE"]}}
    validator = _validator("Error")
    validator.validate(answer)
    validator.validate({**answer, "device": device_in_error(Device(device_uuid="test"))})
    assert not validator.is_valid({**answer, "device": {"secret": 1}})
