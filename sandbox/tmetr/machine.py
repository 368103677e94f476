"""The virtual coffee machine: its screen as a web page, and the QR codes that it shows."""

from __future__ import annotations

import io
import secrets
import string
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import segno
from flask import Blueprint, Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.tmetr.menu import DRINKS, MENU, SIZE_NAMES, SIZES, Drink
from sandbox.tmetr.state import Brew, Tmetr

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class ShownDevice:
    """A device that has a page; `label` tells people what is special about it."""

    device_id: str
    label: str


@dataclass(frozen=True)
class ScannedOrder:
    """What one QR code says; `link` is what the customer's camera opens."""

    uuid: str
    drink: Drink
    size: str
    link: str


class QrCodes:
    """Makes a QR code with a fresh order uuid at every press and keeps it until the sandbox ends."""

    def __init__(self, create_order_url: str) -> None:
        self._base = create_order_url.rstrip("/")
        self._lock = threading.Lock()
        self._orders: dict[tuple[str, str], ScannedOrder] = {}

    def issue(self, device_id: str, drink: Drink, size: str) -> ScannedOrder:
        uuid = _order_uuid()
        # The order of the parameters is that of a real machine's code (SPEC §5).
        parameters = {
            "deviceUuid": device_id,
            "drinkNo": drink.no,
            "size": SIZES.index(size),
            "random": "".join(secrets.choice(string.ascii_lowercase) for _ in range(6)),
            "ts": int(time.time()),
            "salt": secrets.token_hex(16),
            "drinkName": drink.name,
            "uuid": uuid,
        }
        order = ScannedOrder(uuid, drink, size, f"{self._base}/?{urlencode(parameters, quote_via=quote)}")
        with self._lock:
            self._orders[device_id, uuid] = order
        return order

    def find(self, device_id: str, uuid: str) -> ScannedOrder | None:
        with self._lock:
            return self._orders.get((device_id, uuid))


def _order_uuid() -> str:
    """Shaped like a real machine's: `20250317110122659ba6d7-9ace-cndn`."""
    letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(4))
    return f"{datetime.now():%Y%m%d%H%M%S}{secrets.token_hex(4)}-{secrets.token_hex(2)}-{letters}"


def create_machine(tmetr: Tmetr, create_order_url: str, devices: Sequence[ShownDevice]) -> Flask:
    """The pages of all shown devices; an unknown device is 404. GET never changes anything."""
    app = Flask("sandbox.tmetr.machine", root_path=str(Path(__file__).parent))
    known = {device.device_id for device in devices}

    @app.before_request
    def known_device() -> None:
        device_id = (request.view_args or {}).get("device_id")
        if device_id is not None and device_id not in known:
            abort(404)

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    app.register_blueprint(_screens(tmetr, devices))
    app.register_blueprint(_orders(QrCodes(create_order_url)))
    return app


def _screens(tmetr: Tmetr, devices: Sequence[ShownDevice]) -> Blueprint:
    screens = Blueprint("screens", __name__)
    menu = {"menu": MENU, "sizes": SIZES, "size_names": SIZE_NAMES, "devices": devices}
    by_id = {device.device_id: device for device in devices}

    @screens.get("/")
    def first() -> AnyResponse:
        return redirect(f"{request.script_root}/{devices[0].device_id}")

    @screens.get("/<device_id>")
    def screen(device_id: str) -> str:
        return render_template("machine.html", device=by_id[device_id], **menu)

    @screens.get("/<device_id>/state")
    def state(device_id: str) -> Response:
        brew = tmetr.latest_brew(device_id)
        shown = _described(brew, tmetr.brew_seconds) if brew else None
        return jsonify(online=_is_online(tmetr, device_id), brew=shown)

    return screens


def _orders(codes: QrCodes) -> Blueprint:
    orders = Blueprint("orders", __name__)

    @orders.post("/<device_id>/orders")
    def press(device_id: str) -> tuple[Response, int]:
        body = request.get_json(force=True, silent=True)
        pressed = body if isinstance(body, dict) else {}
        drink, size = DRINKS.get(str(pressed.get("drinkNo"))), pressed.get("size")
        if drink is None or size not in SIZES:
            return jsonify(error="drinkNo and size of the menu are expected"), 400
        order = codes.issue(device_id, drink, size)
        return jsonify(_shown_order(order, f"{request.script_root}/{device_id}/orders/{order.uuid}.svg")), 201

    @orders.get("/<device_id>/orders/<uuid>.svg")
    def qr_code(device_id: str, uuid: str) -> Response:
        order = codes.find(device_id, uuid)
        if order is None:
            abort(404)
        drawing = io.BytesIO()
        segno.make_qr(order.link, error="m").save(drawing, kind="svg", border=2, xmldecl=False, omitsize=True)
        return Response(drawing.getvalue(), mimetype="image/svg+xml")

    return orders


def _is_online(tmetr: Tmetr, device_id: str) -> bool:
    at = tmetr.heartbeat_at(device_id)
    return at is not None and time.time() - at < 15 * 60


def _shown_order(order: ScannedOrder, qr_path: str) -> dict[str, object]:
    return {
        "uuid": order.uuid,
        "drinkNo": order.drink.no,
        "drinkName": order.drink.name,
        "size": order.size,
        "sizeName": SIZE_NAMES[order.size],
        "price": order.drink.prices[order.size],
        "link": order.link,
        "qr": qr_path,
    }


def _described(brew: Brew, brew_seconds: float) -> dict[str, object]:
    drink = DRINKS.get(brew.command.drink_uuid)
    return {
        "number": brew.number,
        "orderUuid": brew.command.order_uuid,
        "drinkName": drink.name if drink else "Напиток",
        "tone": drink.tone if drink else "black",
        "sizeName": SIZE_NAMES[brew.command.size.upper()],
        "stage": brew.stage,
        "seconds": brew_seconds,
        "elapsed": round(time.monotonic() - brew.started, 2),
    }
