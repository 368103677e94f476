"""The stand-in T-Bank: API v2, its checkout page, its notifications."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from flask import Flask, Response

from sandbox.faults import Faults
from sandbox.notifier import DEFAULT_SCHEDULE, Notifier, notification_control
from sandbox.serving import equip
from sandbox.tbank.api import create_api
from sandbox.tbank.cancels import Cancels
from sandbox.tbank.checkout import create_checkout
from sandbox.tbank.control import create_control
from sandbox.tbank.errors import Refused, error_answer, refusal
from sandbox.tbank.payments import Notice, Payments
from sandbox.tbank.terminals import DEFAULT_TERMINAL, Terminal, Terminals, parse_terminal


def create_app(
    *,
    terminals: Sequence[Terminal] = (),
    public_url: str | None = None,
    redeliver: Sequence[float] = DEFAULT_SCHEDULE,
    seed: int | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """One T-Bank with its own terminals and memory; it notifies the NotificationURL of each Init."""
    app = Flask(__name__)
    known = Terminals(terminals or [parse_terminal(DEFAULT_TERMINAL)])
    payments = Payments(clock)
    cancels = Cancels(payments)
    faults = Faults(seed, frozenset({"try_later"}))
    notifier = Notifier(faults, lambda status, body: status == 200 and body == b"OK", redeliver)

    def publish(notices: Iterable[Notice]) -> None:
        for notice in notices:
            if notice.url:
                notifier.send(notice.url, notice.status, notice.body)

    def reset() -> None:
        payments.clear()
        cancels.clear()
        notifier.clear()

    equip(
        app,
        faults=faults,
        error_answer=error_answer,
        on_reset=reset,
        extra_faults={"try_later": lambda _: refusal("99")},
    )
    app.register_blueprint(create_api(known, payments, cancels, publish, public_url))
    app.register_blueprint(create_checkout(payments, publish))
    app.register_blueprint(create_control(known, payments, cancels, publish))
    app.register_blueprint(notification_control(notifier, None))

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return refusal(error.code, error.details)

    return app
