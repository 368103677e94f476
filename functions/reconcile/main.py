"""reconcile: finish what was left unfinished; called by Cloud Scheduler, protected by IAM (SPEC §6)."""

from flask import Request, Response

from shared.bootstrap import App
from shared.http import Answer, Endpoint, Route
from shared.services.reconcile import reconcile as work_through

app = App("reconcile", "TMETR_BASE_URL", "TMETR_TOKEN")


def _reconcile(_: Request) -> Answer:
    return Answer(work_through(app.world))


_endpoint = Endpoint(app.settings, [Route("POST", "/", _reconcile)])


def reconcile(request: Request) -> Response:
    return _endpoint(request)
