"""order_status: tell an order's status to the page; read-only (SPEC §6)."""

from flask import Request, Response

from shared.bootstrap import App
from shared.domain.order import is_order_id
from shared.errors import Refusal
from shared.http import Answer, Endpoint, Route
from shared.services.show_status import rendered, show_order

app = App("order_status")


def _by_parameter(request: Request) -> Answer:
    order_id = request.args.get("order_id", "")
    if not is_order_id(order_id):
        raise Refusal("INVALID_REQUEST", parameter="order_id")
    return _status(request, order_id)


def _by_path(request: Request, order_id: str) -> Answer:
    if not is_order_id(order_id):
        raise Refusal("NOT_FOUND")
    return _status(request, order_id)


def _status(request: Request, order_id: str) -> Answer:
    body, tag = rendered(show_order(app.shelf, order_id))
    if request.if_none_match.contains_weak(tag.removeprefix('W/"').removesuffix('"')):
        return Answer(status=304, headers={"ETag": tag})
    return Answer(body, headers={"ETag": tag})


_endpoint = Endpoint(app.settings, [Route("GET", "/", _by_parameter), Route("GET", "/<order_id>", _by_path)])


def order_status(request: Request) -> Response:
    return _endpoint(request)
