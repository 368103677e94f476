"""Becomes the given command, on a leash: the kernel kills it when its parent dies, even by `kill -9`.

Run as `python leash.py PARENT_PID COMMAND ...`. A program of its own, because code run between fork
and exec in a process with threads may deadlock. Without Linux's prctl it just runs the command.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the leash was on: nobody would ever stop this command.
        sys.exit(1)
    os.execvpe(command[0], command, os.environ)


if __name__ == "__main__":
    main()
