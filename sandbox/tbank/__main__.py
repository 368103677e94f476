"""`python -m sandbox.tbank --port N [--terminal KEY:PASSWORD] ...`"""

from __future__ import annotations

from sandbox.notifier import DEFAULT_SCHEDULE, parse_schedule
from sandbox.serving import base_parser, serve
from sandbox.tbank.app import create_app
from sandbox.tbank.terminals import parse_terminal


def main() -> None:
    parser = base_parser("tbank")
    parser.add_argument("--terminal", type=parse_terminal, action="append", default=[], dest="terminals")
    parser.add_argument("--public-url", help="what browsers reach the checkout page under")
    parser.add_argument("--redeliver", type=parse_schedule, default=DEFAULT_SCHEDULE, help="1,2,5,10,30")
    options = parser.parse_args()
    app = create_app(
        terminals=options.terminals,
        public_url=options.public_url,
        redeliver=options.redeliver,
        seed=options.seed,
    )
    serve(app, options.port, "tbank")


if __name__ == "__main__":
    main()
