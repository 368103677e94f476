"""`python -m sandbox.yookassa --port N --notify-url URL [--shop ID:SECRET[:no-recurring][:test]] ...`"""

from __future__ import annotations

from sandbox.notifier import DEFAULT_SCHEDULE, parse_schedule
from sandbox.serving import base_parser, serve
from sandbox.yookassa.app import FORWARDED_FOR, create_app
from sandbox.yookassa.shops import parse_shop


def main() -> None:
    parser = base_parser("yookassa")
    parser.add_argument("--notify-url", help="where notifications are sent; without it none are")
    parser.add_argument("--shop", type=parse_shop, action="append", default=[], dest="shops")
    parser.add_argument("--public-url", help="what browsers reach the checkout page under")
    parser.add_argument("--redeliver", type=parse_schedule, default=DEFAULT_SCHEDULE, help="1,2,5,10,30")
    parser.add_argument("--forwarded-for", default=FORWARDED_FOR, help="address that notifications come from")
    options = parser.parse_args()
    app = create_app(
        notify_url=options.notify_url,
        shops=options.shops,
        public_url=options.public_url,
        redeliver=options.redeliver,
        forwarded_for=options.forwarded_for,
        seed=options.seed,
    )
    serve(app, options.port, "yookassa")


if __name__ == "__main__":
    main()
