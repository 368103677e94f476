"""The running product, shared by the end-to-end tests of one session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from sandbox.supervisor import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Everything on loopback; a drink takes a second. Tests use orders of their own and undo what they set."""
    with Sandbox(brew_seconds=1.0) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One customer's phone, new out of the box."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ru-RU")
    context.set_default_timeout(30_000)
    yield context
    context.close()
