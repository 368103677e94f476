"""The status answer of `order_status`, by the same rules and with the same cache, served by Django."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse  # type: ignore[import-not-found]  # see urls.py

from shared.bootstrap import App
from shared.domain.order import is_order_id
from shared.errors import Refusal
from shared.services.show_status import rendered, show_order

app = App("django_status")


def order_status(request: HttpRequest) -> HttpResponse:
    order_id = request.GET.get("order_id", "")
    if not is_order_id(order_id):
        return JsonResponse({"error": {"code": "INVALID_REQUEST"}}, status=400)
    try:
        body, tag = rendered(show_order(app.shelf, order_id))
    except Refusal as refusal:
        return JsonResponse({"error": {"code": refusal.code}}, status=refusal.http_status)
    headers = {"ETag": tag, "Cache-Control": "private, no-store"}
    return HttpResponse(body, content_type="application/json", headers=headers)
