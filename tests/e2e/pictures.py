"""Pictures of the sandbox for the README: the virtual machine and the checkout pages, into docs/screenshots/."""

from __future__ import annotations

import base64

from playwright.sync_api import Browser, Page

from sandbox.supervisor import Sandbox
from tests.browser import chromium
from tests.browser.screenshots import FOLDER, WEBP


def take(page: Page, name: str) -> None:
    print(f"==> {name}")
    camera = page.context.new_cdp_session(page)
    (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(camera.send("Page.captureScreenshot", WEBP)["data"]))


def photograph(sandbox: Sandbox, browser: Browser) -> None:
    """One purchase, seen on both screens."""
    context = browser.new_context(viewport={"width": 900, "height": 900}, reduced_motion="reduce")
    machine = context.new_page()
    machine.goto(f"{sandbox.url('tmetr')}/machine/test")
    machine.locator(".drink button").first.wait_for()
    take(machine, "machine-menu")
    machine.locator(".drink button").first.click()
    link = machine.locator("a[href*='deviceUuid']").first.get_attribute("href")
    assert link is not None
    machine.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth)")
    take(machine, "machine-qr")
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 780})
    page.goto(link)
    page.get_by_role("button", name="Перейти к оплате").click()
    page.get_by_role("button", name="Оплатить", exact=True).wait_for()
    take(page, "checkout-yookassa")
    page.get_by_role("button", name="Оплатить", exact=True).click()
    machine.get_by_text("Готово", exact=True).wait_for()
    take(machine, "machine-done")
    context.close()


def main() -> None:
    with Sandbox(brew_seconds=1.0) as sandbox, chromium.launched() as browser:
        photograph(sandbox, browser)


if __name__ == "__main__":
    main()
