"""Serves `static_site/` on loopback as the bucket does in the cloud: `python -m sandbox.page --port N`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, send_from_directory

from sandbox.serving import serve

SITE = Path(__file__).resolve().parent.parent / "static_site"


def create_app(
    *,
    create_order_url: str,
    order_status_url: str,
    webhook_url: str,
    card_saving: bool = False,
    site: Path = SITE,
) -> Flask:
    """The page with its security headers, and a `/config.js` that names these functions."""
    functions = {
        "createOrderUrl": create_order_url.rstrip("/"),
        "orderStatusUrl": order_status_url.rstrip("/"),
        "webhookUrl": webhook_url.rstrip("/"),
    }
    headers = _security_headers(functions)
    app = Flask("sandbox.page", static_folder=None)

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers.update(headers)
        return answer

    @app.get("/config.js")
    def config() -> Response:
        settings = json.dumps(functions | {"cardSaving": card_saving}, indent=2)
        return Response(f"export const config = {settings};\n", mimetype="text/javascript")

    @app.get("/_sandbox/health")
    def health() -> Response:
        return Response('{"status": "ok"}', mimetype="application/json")

    @app.get("/")
    @app.get("/<path:name>")
    def file(name: str = "index.html") -> Response:
        return send_from_directory(site, name, max_age=0)

    return app


def _security_headers(functions: Mapping[str, str]) -> dict[str, str]:
    origins = sorted({f"{url.scheme}://{url.netloc}" for url in map(urlsplit, functions.values())})
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' https: data:",
        "connect-src": " ".join(["'self'", *origins]),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.page")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    for name in ("--create-order-url", "--order-status-url", "--webhook-url"):
        parser.add_argument(name, required=True)
    parser.add_argument("--card-saving", action="store_true")
    options = vars(parser.parse_args())
    port = options.pop("port")
    serve(create_app(**options), port, "Page")


if __name__ == "__main__":
    main()
