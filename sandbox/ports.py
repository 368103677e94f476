"""Free ports on loopback."""

from __future__ import annotations

import fcntl
import functools
import os
import random
import socket
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

# Below the range from which the kernel takes ports for outgoing connections: one found here stays
# free until its process binds it, however many connections are made meanwhile.
_RANGE = range(20_000, 32_000)

_ours: set[int] = set()  # a process is never refused a lock that it holds itself
_choosing = threading.Lock()


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A different free port for each name; nobody else who asks here is given it while this process lives."""
    return {name: free_port() for name in names}


def free_port(among: Sequence[int] = _RANGE) -> int:
    """One such port. Raises OSError when there is none."""
    with _choosing:
        for port in random.sample(among, min(100, len(among))):
            if port not in _ours and _reserved(port) and _unused(port):
                _ours.add(port)
                return port
    raise OSError(f"no free port from {among[0]} to {among[-1]} on 127.0.0.1")


def _unused(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do, or a port whose last connection is in TIME_WAIT would seem taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _reserved(port: int) -> bool:
    """Seconds pass until a process binds its port: a sandbox that starts meanwhile must not choose it too.

    A byte of one file stands for each port; the lock on it ends with this process.
    """
    try:
        fcntl.lockf(_lock_file(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@functools.cache
def _lock_file() -> int:
    """Open until this process ends: closing the file would give up every lock on it."""
    return os.open(Path(tempfile.gettempdir()) / f"coffee-ports-{os.getuid()}", os.O_RDWR | os.O_CREAT, 0o600)
