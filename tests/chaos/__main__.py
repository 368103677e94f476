"""`make chaos ARGS="--purchases 500 --seed 1"`: the fault run; exit status 0 when every rule of SPEC §7 held."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from sandbox.supervisor import NotReady
from tests.chaos.run import Options, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--purchases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1, help="what is decided from it: customers, faults, kills")
    parser.add_argument("--at-once", type=int, default=20, help="customers at the same time")
    parser.add_argument("--hurry", action="store_true", help="move claims back in time instead of waiting for them")
    parser.add_argument("--library", type=Path, help="folder from which the functions import `shared`")
    given = parser.parse_args()
    options = Options(
        purchases=given.purchases,
        seed=given.seed,
        at_once=given.at_once,
        hurry=given.hurry,
        library=given.library,
    )
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(1))
    try:
        return run(options, lambda line: print(line, flush=True))
    except (KeyboardInterrupt, NotReady) as error:
        print(f"==> Nothing proved: {str(error) or 'stopped'}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
