"""The routes of API v2 that a merchant calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Response, jsonify, request, url_for

from sandbox.serving import Json
from sandbox.tbank.cancels import Cancels
from sandbox.tbank.errors import MESSAGES, Refused
from sandbox.tbank.payments import Notice, Payment, Payments
from sandbox.tbank.terminals import Terminals

DONE = {"Success": True, "ErrorCode": "0", "Message": "OK", "Details": ""}


def create_api(
    terminals: Terminals,
    payments: Payments,
    cancels: Cancels,
    publish: Callable[[Iterable[Notice]], None],
    public_url: str | None,
) -> Blueprint:
    """`/v2`: notices are published before the answer is sent, outside of the payments' lock."""
    api = Blueprint("v2", __name__, url_prefix="/v2")

    @api.post("/Init")
    def init() -> Response:
        terminal, body = terminals.caller()
        payment = payments.init(terminal, body)
        path = url_for("checkout.show_checkout", payment_id=payment.view["PaymentId"])
        url = (public_url or request.host_url).rstrip("/") + path
        return jsonify(DONE | payment.view | {"PaymentURL": url})

    @api.post("/GetState")
    def get_state() -> Response:
        terminal, body = terminals.caller()
        return jsonify(DONE | payments.get(str(body.get("PaymentId")), terminal).view)

    @api.post("/CheckOrder")
    def check_order() -> Response:
        terminal, body = terminals.caller()
        order_id = str(body.get("OrderId"))
        found = [_in_order(payment) for payment in payments.of_order(order_id, terminal)]
        if not found:
            raise Refused("255", "Заказ не найден")
        return jsonify(DONE | {"TerminalKey": terminal.key, "OrderId": order_id, "Payments": found})

    @api.post("/Cancel")
    def cancel() -> Response:
        terminal, body = terminals.caller()
        answer, notices = cancels.cancel(terminal, body)
        publish(notices)
        return jsonify(DONE | answer)

    return api


def _in_order(payment: Payment) -> Json:
    """A payment inside CheckOrder's answer, where ErrorCode is a number."""
    return {
        "PaymentId": payment.view["PaymentId"],
        "Amount": payment.view["Amount"],
        "Status": payment.status,
        "RRN": payment.view["PaymentId"].rjust(12, "0"),
        "Success": payment.error_code == "0",
        "ErrorCode": int(payment.error_code),
        "Message": MESSAGES.get(payment.error_code, "OK"),
    }
