"""YooKassa's error answers."""

from __future__ import annotations

import uuid

from flask import Response, jsonify

CODES = {
    400: ("invalid_request", "The request is wrong"),
    401: ("invalid_credentials", "Error in shopId or secret key. Check their validity."),
    403: ("forbidden", "The store has no rights for this operation"),
    404: ("not_found", "The requested resource doesn't exist or access is denied"),
    405: ("method_not_allowed", "The method is not allowed for this resource"),
    415: ("unsupported_media_type", "The body must be application/json"),
    429: ("too_many_requests", "Too many requests"),
    500: ("internal_server_error", "The outcome of the request is unknown"),
}


class Refused(Exception):
    """The API refuses a call; `parameter` is the field or header at fault, where there is one."""

    def __init__(self, status: int, description: str | None = None, parameter: str | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameter = parameter


def bad(parameter: str, description: str) -> Refused:
    """The 400 for one wrong field."""
    return Refused(400, description, parameter)


def error_answer(status: int, description: str | None = None, parameter: str | None = None) -> Response:
    """The JSON error body that goes with a status (yookassa.ru, response-format)."""
    code, usual = CODES.get(status, CODES[500])
    body = {"type": "error", "id": str(uuid.uuid4()), "code": code, "description": description or usual}
    if parameter:
        body["parameter"] = parameter
    answer = jsonify(body)
    answer.status_code = status
    return answer
