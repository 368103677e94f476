"""Everything that the functions log, and what must never be in it (SPEC §13)."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable

CANARY = "whole-notification-canary"
_FORBIDDEN = {
    "an Authorization header": re.compile(r"authorization['\"]?\s*[:=]|\b(Basic|Bearer) [A-Za-z0-9+/=_-]{6,}", re.I),
    "a full e-mail address": re.compile(r"[A-Za-z0-9._%+-]{2,}@[A-Za-z0-9-]+\.[A-Za-z]{2,}"),
    "a whole notification": re.compile(CANARY),
    "whole metadata": re.compile(r"['\"]metadata['\"]"),
}


class Captured(io.StringIO):
    """What was printed, from any thread; `since` gives the part that one test has caused."""

    def since(self, position: int) -> str:
        return self.getvalue()[position:]


def leaks_in(text: str, secrets: Iterable[str]) -> list[str]:
    """What of the forbidden things this log holds."""
    found = [what for what, pattern in _FORBIDDEN.items() if pattern.search(text)]
    spellings = {form for secret in secrets for form in (secret, base64.b64encode(secret.encode()).decode())}
    return found + [f"the secret {spelling[:4]}…" for spelling in sorted(spellings) if spelling in text]
