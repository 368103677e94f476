"""Free ports on loopback."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterable

# Below the range from which the kernel takes ports for outgoing connections: one found here stays
# free until its process binds it, however many connections are made meanwhile.
_RANGE = range(20_000, 32_000)


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A different free port for each name; all are held until the last one is found."""
    with contextlib.ExitStack() as held:
        return {name: _take(held) for name in names}


def _take(held: contextlib.ExitStack) -> int:
    for port in random.sample(_RANGE, 100):
        probe = held.enter_context(socket.socket())
        # As servers do, or a port whose last connection is in TIME_WAIT would seem taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port between 20000 and 32000 on 127.0.0.1")
