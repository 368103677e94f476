"""The routes of API v3 that a shop calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from sandbox.serving import Json
from sandbox.yookassa.errors import Refused, bad
from sandbox.yookassa.idempotence import HEADER
from sandbox.yookassa.payments import Event, Payments
from sandbox.yookassa.refunds import Refunds
from sandbox.yookassa.shops import Shops

MAX_PAGE = 100


def create_api(
    shops: Shops,
    payments: Payments,
    refunds: Refunds,
    publish: Callable[[Iterable[Event]], None],
    public_url: str | None,
) -> Blueprint:
    """`/v3`: events are published before the answer is sent, outside of the payments' lock."""
    api = Blueprint("v3", __name__, url_prefix="/v3")

    def confirmation_url(payment_id: str) -> str:
        path = url_for("checkout.show_checkout", payment_id=payment_id)
        return (public_url or request.host_url).rstrip("/") + path

    @api.post("/payments")
    def create_payment() -> Response:
        shop = shops.caller()
        payment, events = payments.create(shop, _key(), _body(), confirmation_url)
        publish(events)
        return jsonify(payment)

    @api.get("/payments")
    def list_payments() -> Response:
        found = payments.listed(shops.caller())
        since = request.args.get("created_at.gte") or request.args.get("created_at_gte") or ""
        return jsonify(_page([payment for payment in found if payment["created_at"] >= since]))

    @api.get("/payments/<payment_id>")
    def get_payment(payment_id: str) -> Response:
        return jsonify(payments.view(payment_id, shops.caller()))

    @api.post("/payments/<payment_id>/capture")
    def capture_payment(payment_id: str) -> Response:
        shop = shops.caller()
        payment, events = payments.capture(shop, payment_id, _key(), _body(required=False))
        publish(events)
        return jsonify(payment)

    @api.post("/payments/<payment_id>/cancel")
    def cancel_payment(payment_id: str) -> Response:
        shop = shops.caller()
        payment, events = payments.cancel_hold(shop, payment_id, _key(), _body(required=False))
        publish(events)
        return jsonify(payment)

    @api.post("/refunds")
    def create_refund() -> Response:
        refund, events = refunds.create(shops.caller(), _key(), _body())
        publish(events)
        return jsonify(refund)

    @api.get("/refunds/<refund_id>")
    def get_refund(refund_id: str) -> Response:
        return jsonify(refunds.view(refund_id, shops.caller()))

    return api


def _key() -> str:
    return request.headers.get(HEADER, "")


def _body(*, required: bool = True) -> Json:
    if not required and not request.get_data():
        return {}
    if not request.is_json:
        raise Refused(415)
    given: Any = request.get_json(silent=True)
    if given is None and not required:
        return {}
    if not isinstance(given, dict):
        raise Refused(400, "The body is not a JSON object")
    return given


def _page(found: list[Json]) -> Json:
    limit = request.args.get("limit", "10")
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_PAGE:
        raise bad("limit", f"From 1 to {MAX_PAGE} is expected")
    ids = [payment["id"] for payment in found]
    cursor = request.args.get("cursor")
    if cursor is not None and cursor not in ids:
        raise bad("cursor", "Unknown cursor")
    start = ids.index(cursor) if cursor is not None else 0
    end = start + int(limit)
    page: Json = {"type": "list", "items": found[start:end]}
    if end < len(found):
        page["next_cursor"] = ids[end]
    return page
