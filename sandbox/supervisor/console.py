"""The sandbox's lines on the terminal, each under the name of the process that wrote it."""

from __future__ import annotations

import threading
from typing import TextIO

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
NAME_WIDTH = 12


class Console:
    """Writes whole lines from many threads; colours only on a terminal.

    With `quiet` the processes' own lines are left out; what `say` prints always shows.
    """

    def __init__(self, out: TextIO, *, quiet: bool = False) -> None:
        self._out = out
        self._quiet = quiet
        self._lock = threading.Lock()
        self._coloured = out.isatty()
        self._colour_of: dict[str, int] = {}

    def say(self, text: str = "") -> None:
        """A line of the supervisor's own."""
        self._write(text)

    def echo(self, name: str, line: str) -> None:
        """A line of a process."""
        if not self._quiet:
            self._write(f"{self._prefix(name)} {line}")

    def _prefix(self, name: str) -> str:
        prefix = f"{name:<{NAME_WIDTH}} |"
        if not self._coloured:
            return prefix
        colour = self._colour_of.setdefault(name, _COLOURS[len(self._colour_of) % len(_COLOURS)])
        return f"\033[{colour}m{prefix}\033[0m"

    def _write(self, line: str) -> None:
        with self._lock:
            try:
                print(line, file=self._out, flush=True)
            except (OSError, ValueError):
                # The reader of our output has gone (`| head`): the processes' pipes must still be
                # emptied, or they would block.
                return
