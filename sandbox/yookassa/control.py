"""`/_sandbox/*`: bring payments, refunds and saved cards into any state, also impossible ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Response, jsonify

from sandbox.serving import Json, posted_object
from sandbox.yookassa import objects
from sandbox.yookassa.amounts import parse_amount
from sandbox.yookassa.checkout import carry_out
from sandbox.yookassa.errors import bad
from sandbox.yookassa.payments import Event, Payment, Payments
from sandbox.yookassa.refunds import Refunds
from sandbox.yookassa.shops import Shop, Shops

FOREIGN_SHOP = Shop("999999", "nobody_here_knows_it")


def create_control(
    shops: Shops, payments: Payments, refunds: Refunds, publish: Callable[[Iterable[Event]], None]
) -> Blueprint:
    """The stand-in's own endpoints; errors are answered as by the API itself."""
    control = Blueprint("sandbox_yookassa", __name__, url_prefix="/_sandbox")

    @control.get("/payments")
    def list_payments() -> Response:
        return jsonify(payments.listed())

    @control.get("/payments/<payment_id>")
    def one_payment(payment_id: str) -> Response:
        return jsonify(payments.view(payment_id))

    @control.post("/payments")
    def make_payment() -> Response:
        """A paid payment that no order asked for; `shop_id` names its shop, else it is a stranger's."""
        fields = posted_object()
        shop = shops.get(str(fields.pop("shop_id", ""))) or FOREIGN_SHOP
        payment = _paid(shop, fields, payments.clock())
        payments.add(payment)
        return jsonify(payment.view)

    @control.post("/payments/<payment_id>/<any(pay, hold, cancel, expire):action>")
    def finish_payment(payment_id: str, action: str) -> Response:
        reason = posted_object().get("reason")
        if action == "cancel" and reason:
            publish(payments.cancel(payment_id, str(reason)))
        else:
            publish(carry_out(payments, payment_id, action))
        return jsonify(payments.view(payment_id))

    @control.post("/payments/<payment_id>/alter")
    def alter_payment(payment_id: str) -> Response:
        """Set fields of the object as they are given (null removes), to imitate a mismatch."""
        with payments.lock:
            _merge(payments.get(payment_id).view, posted_object())
        return jsonify(payments.view(payment_id))

    @control.get("/refunds")
    def list_refunds() -> Response:
        return jsonify(refunds.listed())

    @control.post("/refunds/behaviour")
    def set_refund_behaviour() -> Response:
        wanted = posted_object()
        try:
            refunds.behave(str(wanted.get("behaviour")), str(wanted.get("reason", "insufficient_funds")))
        except ValueError as error:
            raise bad("behaviour", str(error)) from error
        return jsonify(status="ok")

    @control.post("/refunds/<refund_id>/finish")
    def finish_refund(refund_id: str) -> Response:
        wanted = posted_object()
        status, reason = wanted.get("status"), str(wanted.get("reason", "insufficient_funds"))
        if status not in ("succeeded", "canceled"):
            raise bad("status", "succeeded or canceled is expected")
        publish(refunds.finish(refund_id, status, reason))
        return jsonify(refunds.view(refund_id))

    @control.get("/payment_methods")
    def list_methods() -> Response:
        with payments.lock:
            methods = {key: {"outcome": m.outcome, **m.view} for key, m in payments.methods.items()}
        return jsonify(methods)

    @control.post("/payment_methods/<method_id>")
    def set_charge_outcome(method_id: str) -> Response:
        """`outcome`: succeeded, pending, or the reason for which the next charges are refused."""
        with payments.lock:
            if method_id not in payments.methods:
                raise bad("payment_method_id", "Payment method doesn't exist")
            payments.methods[method_id].outcome = str(posted_object().get("outcome", "succeeded"))
        return jsonify(status="ok")

    return control


def _paid(shop: Shop, fields: Json, moment: float) -> Payment:
    kopecks = parse_amount(fields.get("amount", {"value": "150.00", "currency": "RUB"}), "amount")
    view = objects.new_payment(shop, {}, kopecks, moment)
    objects.authorize(view, objects.new_method(view["id"], saved=False))
    objects.succeed(view, kopecks, moment)
    _merge(view, fields)
    return Payment(shop, view)


def _merge(view: Json, fields: Json) -> None:
    view |= fields
    for name in [name for name, value in fields.items() if value is None]:
        del view[name]
