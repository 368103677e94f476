"""What a test, the chaos run or a curious person can make of the machines, below `/_sandbox/`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.tmetr.bodies import BadBody
from sandbox.tmetr.menu import DRINKS, SIZES
from sandbox.tmetr.state import HEARTBEAT_AGES, OUTCOMES, Tmetr


def control(tmetr: Tmetr) -> Blueprint:
    """Endpoints beside the ones that every stand-in has (sandbox/serving.py)."""
    blueprint = Blueprint("tmetr_control", __name__, url_prefix="/_sandbox")

    @blueprint.get("/commands")
    def commands() -> Response:
        return jsonify(tmetr.commands(request.args.get("orderUuid")))

    @blueprint.get("/brews")
    def brews() -> Response:
        return jsonify(tmetr.brews())

    @blueprint.post("/brews")
    def plan_brews() -> Response:
        outcomes = _object().get("next")
        if not isinstance(outcomes, list) or not set(outcomes) <= set(OUTCOMES):
            raise BadBody(f'"next" must be a list of {", ".join(OUTCOMES)}')
        tmetr.plan(outcomes)
        return jsonify(status="ok")

    @blueprint.post("/heartbeat")
    def set_heartbeat() -> Response:
        wanted = _object()
        tmetr.set_heartbeat(str(wanted.get("deviceId")), _age(wanted))
        return jsonify(status="ok")

    @blueprint.post("/prices")
    def set_price() -> Response:
        wanted = _object()
        drink_no, size = str(wanted.get("drinkIdAtDevice")), str(wanted.get("drinkSize"))
        price = wanted.get("price")
        if drink_no not in DRINKS or size not in SIZES or not (price is None or isinstance(price, int)):
            raise BadBody("drinkIdAtDevice, drinkSize or price is not usable")
        tmetr.set_price(drink_no, size, price)
        return jsonify(status="ok")

    return blueprint


def _object() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise BadBody("a JSON object is expected")
    return body


def _age(wanted: dict[str, Any]) -> int | None:
    """Seconds since the last heartbeat: given as `ageSeconds`, or named by `state`."""
    if isinstance(wanted.get("ageSeconds"), int):
        return int(wanted["ageSeconds"])
    if wanted.get("state") not in HEARTBEAT_AGES:
        raise BadBody(f'"state" must be one of {", ".join(HEARTBEAT_AGES)}, or give "ageSeconds"')
    return HEARTBEAT_AGES[wanted["state"]]
