"""`python -m sandbox.firestore --port N`: the embedded Firestore as a process of its own."""

from __future__ import annotations

import argparse
import logging
import signal
import threading

from sandbox.firestore.server import EmbeddedFirestore


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.firestore", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="gRPC port (0: a free one)")
    parser.add_argument(
        "--http-port",
        type=int,
        default=None,
        help="port for counts and clearing (0: a free one; unset: none)",
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    asked_to_stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: asked_to_stop.set())
    try:
        server = EmbeddedFirestore(arguments.port, arguments.http_port).start()
    except (RuntimeError, OSError) as error:
        parser.exit(1, f"Firestore (embedded) cannot listen: {error}\n")
    print(f"Firestore (embedded) on {server.host}", flush=True)
    if server.http_host:
        print(f"Firestore (embedded) counts on http://{server.http_host}/_sandbox/counts", flush=True)
    asked_to_stop.wait()
    server.stop()


if __name__ == "__main__":
    main()
