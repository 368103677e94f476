"""`python -m sandbox.tmetr --port N`: the Tmetr stand-in and the virtual machine in one process."""

from __future__ import annotations

import argparse
import os

from sandbox.serving import base_parser, serve
from sandbox.tmetr.app import create_app
from sandbox.tmetr.machine import ShownDevice


def main() -> None:
    options = _parser().parse_args()
    app = create_app(
        token=options.token,
        create_order_url=options.create_order_url,
        devices=options.device or [ShownDevice("test", "ЮKassa")],
        brew_seconds=options.brew_seconds,
        report_url=options.report_url,
        report_token=os.environ.get("TMETR_WEBHOOK_TOKEN", ""),
        seed=options.seed,
    )
    serve(app, options.port, "Tmetr stand-in")


def _parser() -> argparse.ArgumentParser:
    parser = base_parser("tmetr")
    parser.epilog = "The machine's reports bear TMETR_WEBHOOK_TOKEN of the environment."
    parser.add_argument("--token", default=os.environ.get("TMETR_TOKEN", "sandbox-tmetr-token"))
    parser.add_argument("--create-order-url", default="http://127.0.0.1:8080", help="what the QR codes lead to")
    parser.add_argument(
        "--device",
        action="append",
        type=_device,
        metavar="ID:LABEL",
        help="a device with a page; may be repeated",
    )
    parser.add_argument("--brew-seconds", type=float, default=5.0)
    parser.add_argument("--report-url", help="the webhook's /tmetr; without it the machine keeps its result to itself")
    return parser


def _device(text: str) -> ShownDevice:
    device_id, _, label = text.partition(":")
    return ShownDevice(device_id, label or device_id)


if __name__ == "__main__":
    main()
