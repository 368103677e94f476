"""The terminals that the stand-in knows, and who is calling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import request

from sandbox.serving import Json
from sandbox.tbank.errors import Refused
from sandbox.tbank.tokens import is_signed

DEFAULT_TERMINAL = "1700000000000DEMO:sandbox_password"


@dataclass(frozen=True)
class Terminal:
    """One terminal of a merchant."""

    key: str
    password: str


def parse_terminal(text: str) -> Terminal:
    """`KEY:PASSWORD`; raises ValueError for anything else."""
    key, separator, password = text.partition(":")
    if not (separator and key and password):
        raise ValueError(f"a terminal is KEY:PASSWORD, not {text!r}")
    return Terminal(key, password)


class Terminals:
    """Tells the calling terminal by its key and the token over the whole request."""

    def __init__(self, terminals: Iterable[Terminal]) -> None:
        self._terminals = {terminal.key: terminal for terminal in terminals}

    def get(self, key: str) -> Terminal | None:
        return self._terminals.get(key)

    def caller(self) -> tuple[Terminal, Json]:
        """The terminal and the body of the current request; raises Refused unless it is signed."""
        body: Any = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise Refused("9999", "Тело запроса должно быть объектом JSON")
        terminal = self._terminals.get(str(body.get("TerminalKey")))
        if terminal is None:
            raise Refused("331")
        if not is_signed(body, terminal.password):
            raise Refused("204")
        return terminal, body
