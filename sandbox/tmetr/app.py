"""The Tmetr API of SPEC §11, its controls, and the virtual machine's page below `/machine`."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from sandbox.faults import Faults
from sandbox.notifier import Notifier, notification_control
from sandbox.serving import equip
from sandbox.tmetr.bodies import BadBody, read_heartbeat, read_make, read_price
from sandbox.tmetr.control import control
from sandbox.tmetr.machine import ShownDevice, create_machine
from sandbox.tmetr.state import Tmetr

Answer = Response | tuple[Response, int]


def create_app(
    *,
    token: str,
    create_order_url: str,
    devices: Sequence[ShownDevice],
    brew_seconds: float = 5.0,
    report_url: str | None = None,
    report_token: str = "",
    seed: int | None = None,
) -> Flask:
    """`token` is what callers must bear; `report_token` is what the machine's reports bear."""
    faults = Faults(seed)
    notifier = _report_sender(faults, report_token)

    def report(order_uuid: str, status: str) -> None:
        if report_url is not None:
            notifier.send(report_url, "report", {"orderUuid": order_uuid, "status": status})

    def reset() -> None:
        tmetr.reset()
        notifier.clear()

    tmetr = Tmetr(brew_seconds, report)
    app = Flask("sandbox.tmetr", static_folder=None)
    equip(app, faults=faults, error_answer=_error_answer, on_reset=reset)
    for blueprint in (_api(tmetr, token), control(tmetr), notification_control(notifier, report_url)):
        app.register_blueprint(blueprint)
    app.register_error_handler(BadBody, lambda error: _refusal(400, str(error)))
    # Apart from the API: the page's own polling is no call to Tmetr, so no fault and no log entry.
    machine = create_machine(tmetr, create_order_url, devices)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/machine": machine})  # type: ignore[method-assign]
    return app


def _report_sender(faults: Faults, token: str) -> Notifier:
    # When the real machines repeat a report is not published: here they do while nobody has taken
    # it, and a refusal counts as taken.
    return Notifier(
        faults,
        acknowledged=lambda status, _: status < 500,
        headers={"Authorization": f"Bearer {token}"},
    )


def _api(tmetr: Tmetr, token: str) -> Blueprint:
    api = Blueprint("tmetr", __name__, url_prefix="/api")

    @api.before_request
    def check_token() -> Answer | None:
        presented = request.headers.get("Authorization", "").encode()
        if hmac.compare_digest(presented, f"Bearer {token}".encode()):
            return None
        return _refusal(401, "a valid bearer token is required")

    @api.post("/ui/v1/static/drink")
    def price() -> Answer:
        question = read_price(_json())
        try:
            kopecks = tmetr.price(question)
        except KeyError:
            return _refusal(404, "no such drink at this device")
        named = {"deviceId": question.device_id, "drinkIdAtDevice": question.drink_no}
        return jsonify(named | ({} if kopecks is None else {"price": kopecks}))

    @api.post("/ui/v1/stat/heartbeat/recent")
    def heartbeat() -> Answer:
        seen = {device_id: tmetr.heartbeat_at(device_id) for device_id in read_heartbeat(_json())}
        content = [
            {"deviceId": device_id, "deviceIotName": f"iot-{device_id}", "heartbeatCreatedAt": at}
            for device_id, at in seen.items()
            if at is not None
        ]
        return jsonify(content=content, totalElements=len(content))

    @api.post("/commander/v1/command/make")
    def make() -> Answer:
        body = _json()
        command = read_make(body)
        tmetr.accept(command, body[0])  # type: ignore[index]  # read_make has found an array of one
        return jsonify(accepted=1), 202

    return api


def _json() -> object:
    body: object = request.get_json(silent=True)
    if body is None:
        raise BadBody("a JSON body with Content-Type: application/json is expected")
    return body


def _error_answer(status: int) -> Response:
    answer = jsonify(status=status, error="Fault thrown by the sandbox", path=request.path)
    answer.status_code = status
    return answer


def _refusal(status: int, message: str) -> tuple[Response, int]:
    return jsonify(status=status, error=message, path=request.path), status
