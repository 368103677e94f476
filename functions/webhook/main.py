"""webhook: providers and the machine tell us that something may have happened (SPEC §6, docs/webhooks.md)."""

import hmac
from collections.abc import Callable
from typing import Any

from flask import Request, Response

from shared.adapters import tbank
from shared.adapters.yookassa import notification as yookassa
from shared.bootstrap import App
from shared.domain.order import Report
from shared.errors import Refusal
from shared.http import Answer, Endpoint, Route, caller_address, read_json
from shared.ports import Notice
from shared.services.look import check
from shared.services.report import report_drink
from shared.services.settle import TryAgainLater, receive
from shared.services.show_status import show

app = App("webhook", "TMETR_BASE_URL", "TMETR_TOKEN")


def _yookassa(request: Request) -> Answer:
    settings = app.settings
    address = caller_address(request, settings.trusted_proxy_hops)
    if settings.yookassa_ip_check and not yookassa.from_yookassa(address):
        raise Refusal("FORBIDDEN")
    _receive(yookassa.read_notification, read_json(request))
    return Answer({})


def _tbank(request: Request) -> Answer:
    body = read_json(request)
    terminals = app.settings.credentials.terminals(body.get("TerminalKey"))
    if not any(tbank.token_matches(body, terminal.password) for terminal in terminals):
        raise Refusal("FORBIDDEN")
    _receive(tbank.read_notification, body)
    return Answer("OK")


def _receive(read: Callable[[dict[str, Any]], Notice | None], body: dict[str, Any]) -> None:
    """Deal with what a notification points at; a notice of something else is acknowledged and ignored."""
    try:
        notice = read(body)
    except ValueError as error:
        raise Refusal("INVALID_REQUEST", parameter=str(error)) from error
    if notice is None:
        return
    try:
        receive(app.world, notice)
    except TryAgainLater as error:
        raise Refusal("TEMPORARILY_UNAVAILABLE") from error


def _tmetr(request: Request) -> Answer:
    token = app.settings.tmetr_webhook_token
    given = request.headers.get("Authorization", "")
    if token is None or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise Refusal("FORBIDDEN")
    from shared.requests import ReportBody, parse  # pydantic: 50 ms that a payment's notification need not wait for

    body = parse(ReportBody, read_json(request))
    order = report_drink(app.world, body.orderUuid, Report(body.status), body.message)
    return Answer({"order_id": order.order_id, "status": order.status.value})


def _check(request: Request) -> Answer:
    from shared.requests import CheckBody, parse  # as above

    body = parse(CheckBody, read_json(request))
    return Answer(show(app.world, check(app.world, body.order_id)))


_endpoint = Endpoint(
    app.settings,
    [
        Route("POST", "/yookassa", _yookassa),
        Route("POST", "/tbank", _tbank),
        Route("POST", "/tmetr", _tmetr),
        Route("POST", "/check", _check),
    ],
)


def webhook(request: Request) -> Response:
    return _endpoint(request)
