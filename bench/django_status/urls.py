"""The one address of the comparison: `GET /?order_id=ID`."""

from django.urls import path  # type: ignore[import-not-found]  # in a virtual environment of its own

from bench.django_status.views import order_status

urlpatterns = [path("", order_status)]
