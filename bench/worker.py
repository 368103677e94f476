"""Memory and CPU time of a gunicorn worker, as Linux tells them (proc(5)); None elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def workers(master: int) -> list[int]:
    """The processes that this one has started."""
    try:
        return [int(pid) for pid in (_PROC / f"{master}/task/{master}/children").read_text().split()]
    except OSError:
        return []


def memory_mib(master: int) -> float | None:
    """Resident memory of the workers, shared pages included, MiB."""
    found = [_resident_kib(pid) for pid in workers(master)]
    known = [kib for kib in found if kib is not None]
    return sum(known) / 1024 if known else None


def cpu_seconds(master: int) -> float | None:
    """What the workers have used so far, user and system."""
    pids = workers(master)
    try:
        return sum(_cpu_seconds(pid) for pid in pids) if pids else None
    except OSError:
        return None


def _resident_kib(pid: int) -> int | None:
    try:
        lines = (_PROC / f"{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), None)


def _cpu_seconds(pid: int) -> float:
    # The command's name, in parentheses, may hold spaces: the fields are counted from behind it.
    fields = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")
