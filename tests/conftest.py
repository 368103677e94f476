"""What more than one kind of test needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run: Playwright cannot be started twice in one process."""
    from playwright.sync_api import expect

    from tests.browser import chromium  # here, because unit tests need neither

    expect.set_options(timeout=30_000)
    with chromium.launched() as browser:
        yield browser
