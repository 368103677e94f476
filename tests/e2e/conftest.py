"""The running product, shared by the end-to-end tests of one session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.supervisor import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Everything on loopback; a drink takes a second. Tests use orders of their own and undo what they set."""
    with Sandbox(brew_seconds=1.0) as running:
        yield running
