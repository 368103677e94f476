"""The stand-in YooKassa: API v3, its checkout page, its notifications."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.faults import Faults, Rule
from sandbox.notifier import DEFAULT_SCHEDULE, Notifier, notification_control
from sandbox.serving import equip
from sandbox.yookassa.api import create_api
from sandbox.yookassa.checkout import create_checkout
from sandbox.yookassa.control import create_control
from sandbox.yookassa.errors import Refused, error_answer
from sandbox.yookassa.payments import Event, Payments
from sandbox.yookassa.refunds import Refunds
from sandbox.yookassa.shops import DEFAULT_SHOP, Shop, Shops, parse_shop

# An address of 185.71.76.0/27, one of YooKassa's networks.
FORWARDED_FOR = "185.71.76.1"


def create_app(
    *,
    notify_url: str | None = None,
    shops: Sequence[Shop] = (),
    public_url: str | None = None,
    redeliver: Sequence[float] = DEFAULT_SCHEDULE,
    forwarded_for: str = FORWARDED_FOR,
    seed: int | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """One YooKassa with its own shops and memory; without `notify_url` it notifies nobody."""
    app = Flask(__name__)
    known = Shops(shops or [parse_shop(DEFAULT_SHOP)])
    payments = Payments(clock)
    refunds = Refunds(payments)
    faults = Faults(seed, frozenset({"processing_202"}))
    notifier = Notifier(faults, lambda status, _: status == 200, redeliver, {"X-Forwarded-For": forwarded_for})

    def publish(events: Iterable[Event]) -> None:
        for event, subject in events if notify_url else ():
            body = {"type": "notification", "event": event, "object": subject}
            notifier.send(str(notify_url), event, body)

    def reset() -> None:
        payments.clear()
        refunds.clear()
        notifier.clear()

    equip(
        app,
        faults=faults,
        error_answer=error_answer,
        on_reset=reset,
        extra_faults={"processing_202": _processing},
    )
    app.register_blueprint(create_api(known, payments, refunds, publish, public_url))
    app.register_blueprint(create_checkout(payments, publish))
    app.register_blueprint(create_control(known, payments, refunds, publish))
    app.register_blueprint(notification_control(notifier, notify_url))
    _answer_errors(app)
    return app


def _processing(rule: Rule) -> Response:
    text = "The request is accepted but not finished: repeat it with the same Idempotence-Key"
    answer = jsonify(type="processing", description=text, retry_after=round(rule.seconds * 1000))
    answer.status_code = 202
    return answer


def _answer_errors(app: Flask) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return error_answer(error.status, error.description, error.parameter)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        if not request.path.startswith("/v3") or error.code is None:
            return error
        return error_answer(error.code)
