"""Loopback servers and a pooled session, closed when their test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from shared.adapters.wire import new_session
from tests.unit.answering import Server, answering

Serve = Callable[..., Server]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session() as opened:
        yield opened


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that gives these answers (`tests.unit.answering`)."""
    with ExitStack() as stack:
        yield lambda *answers: stack.enter_context(answering(*answers))
