"""Fails when a test run has left a process behind: `python tests/leftovers.py MARK`.

Every process of the run inherits the environment variable COFFEE_TEST_RUN=MARK, also one that has lost its parent.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

PATIENCE = 30.0  # seconds that a process which is being stopped may take


def left_behind(mark: str) -> dict[int, str]:
    """Processes that carry the mark, by id, with their command lines; this one and its parents excluded."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # ended meanwhile, or somebody else's
            continue
        pid = int(process.name)
        if f"COFFEE_TEST_RUN={mark}".encode() in environment and pid not in _own() and command:
            found[pid] = command
    return found


def _own() -> set[int]:
    """This process and its ancestors: make and its shell carry the mark too."""
    own, pid = set(), os.getpid()
    while pid > 1:
        own.add(pid)
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
    return own


def main() -> int:
    mark = sys.argv[1]
    if not Path("/proc/self/environ").exists():
        print("==> No /proc here: processes left behind cannot be looked for")
        return 0
    end = time.monotonic() + PATIENCE
    while (found := left_behind(mark)) and time.monotonic() < end:
        time.sleep(0.2)
    for pid, command in found.items():
        print(f"==> Left behind: process {pid}: {command}")
    if not found:
        print("==> No process was left behind")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
