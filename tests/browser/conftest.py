"""A fake backend and a fresh profile for every test."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.browser.fake_backend import FakeBackend, running

PHONE = {"width": 390, "height": 844}
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="#1c6e5a"/></svg>'
)


PATIENCE_MS = 30_000


@pytest.fixture
def backend() -> Iterator[FakeBackend]:
    with running(FakeBackend()) as backend:
        yield backend


@pytest.fixture
def context(browser: Browser, backend: FakeBackend) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, locale="ru-RU")  # type: ignore[arg-type]
    context.route(re.compile("^https:"), answer_outside)
    yield context
    backend.release()
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; a script error in it fails the test."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def answer_outside(route: Route) -> None:
    """Nothing leaves this machine: there is a logo, and nothing else, out there."""
    if route.request.url.endswith("/logo.svg"):
        route.fulfill(body=LOGO, content_type="image/svg+xml")
    else:
        route.abort()
