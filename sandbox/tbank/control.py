"""`/_sandbox/*`: bring payments and refunds into any state, also impossible ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Response, jsonify

from sandbox.serving import posted_object
from sandbox.tbank.cancels import Cancels
from sandbox.tbank.checkout import carry_out
from sandbox.tbank.errors import Refused
from sandbox.tbank.payments import Notice, Payments
from sandbox.tbank.terminals import Terminal, Terminals

FOREIGN_TERMINAL = Terminal("9999999999999DEMO", "nobody_here_knows_it")


def create_control(
    terminals: Terminals, payments: Payments, cancels: Cancels, publish: Callable[[Iterable[Notice]], None]
) -> Blueprint:
    """The stand-in's own endpoints; errors are answered as by the API itself."""
    control = Blueprint("sandbox_tbank", __name__, url_prefix="/_sandbox")

    @control.get("/payments")
    def list_payments() -> Response:
        return jsonify(payments.listed())

    @control.get("/payments/<payment_id>")
    def one_payment(payment_id: str) -> Response:
        return jsonify(payments.get(payment_id).view)

    @control.post("/payments")
    def make_payment() -> Response:
        """A paid payment that no order asked for; `TerminalKey` names its terminal, else a stranger's."""
        fields = {"Amount": 15000, "OrderId": "somebody-elses-order"} | posted_object()
        terminal = terminals.get(str(fields.get("TerminalKey"))) or FOREIGN_TERMINAL
        payment = payments.init(terminal, fields)
        payment.view["Status"] = str(fields.get("Status", "CONFIRMED"))
        return jsonify(payment.view)

    @control.post("/payments/<payment_id>/<any(pay, hold, reject, cancel, expire):action>")
    def finish_payment(payment_id: str, action: str) -> Response:
        publish(carry_out(payments, payment_id, action))
        return jsonify(payments.get(payment_id).view)

    @control.post("/payments/<payment_id>/alter")
    def alter_payment(payment_id: str) -> Response:
        """Set fields of what GetState answers, to imitate a mismatch."""
        with payments.lock:
            view = payments.get(payment_id).view
            view |= posted_object()
        return jsonify(view)

    @control.post("/payments/<payment_id>/notice")
    def send_notice(payment_id: str) -> Response:
        """Send a signed notification about the payment with the body's fields put over the usual ones."""
        notice = payments.get(payment_id).notice(overrides=posted_object())
        publish([notice])
        return jsonify(notice.body)

    @control.post("/refunds/behaviour")
    def set_refund_behaviour() -> Response:
        try:
            cancels.behave(str(posted_object().get("behaviour")))
        except ValueError as error:
            raise Refused("9999", str(error)) from error
        return jsonify(status="ok")

    @control.post("/refunds/<payment_id>/finish")
    def finish_refund(payment_id: str) -> Response:
        status = posted_object().get("status")
        if status not in ("succeeded", "canceled"):
            raise Refused("9999", "status: succeeded or canceled")
        publish(cancels.finish(payment_id, status))
        return jsonify(payments.get(payment_id).view)

    return control
