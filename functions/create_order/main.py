"""create_order: turn a scanned QR code into an order; start or resume its payment (SPEC §6)."""

from urllib.parse import parse_qsl

from flask import Request, Response

from shared.bootstrap import App
from shared.http import Answer, Endpoint, Route, read_json
from shared.requests import ForgetCardBody, PayBody, ScanBody, parse
from shared.services.cards import card_of, forget_card
from shared.services.place_order import place_order
from shared.services.scenarios import with_query
from shared.services.show_status import show
from shared.services.start_payment import Wish, start_payment

app = App("create_order", "STATUS_PAGE_URL", "TMETR_BASE_URL", "TMETR_TOKEN")


def _to_page(request: Request) -> Answer:
    parameters = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    page = app.settings.status_page_url or ""
    return Answer(status=302, headers={"Location": with_query(page, parameters) if parameters else page})


def _create(request: Request) -> Answer:
    body = parse(ScanBody, read_json(request))
    order, created = place_order(app.world, body.scan())
    answer = show(app.world, order)
    if body.customer_key is not None:
        card = card_of(app.world, order, body.customer_key)
        answer["saved_card"] = {"brand": card.brand, "last4": card.last4} if card else None
    return Answer(answer, status=201 if created else 200)


def _pay(request: Request) -> Answer:
    body = parse(PayBody, read_json(request))
    wish = Wish(
        order_id=body.order_id,
        email=body.email,
        save_card=bool(body.save_card),
        customer_key=body.customer_key,
        use_saved_card=bool(body.use_saved_card),
    )
    confirmation_url = start_payment(app.world, wish)
    # Always `pending` (SPEC §6): what became of a charge or of an external page is order_status's to tell.
    return Answer({"order_id": body.order_id, "status": "pending", "confirmation_url": confirmation_url})


def _forget_card(request: Request) -> Answer:
    body = parse(ForgetCardBody, read_json(request))
    forget_card(app.world, body.order_id, body.customer_key)
    return Answer({"saved_card": None})


_endpoint = Endpoint(
    app.settings,
    [
        Route("GET", "/", _to_page),
        Route("POST", "/", _create),
        Route("POST", "/pay", _pay, bug="PAYMENT_CREATE_FAILED"),
        Route("POST", "/forget-card", _forget_card),
    ],
)


def create_order(request: Request) -> Response:
    return _endpoint(request)
