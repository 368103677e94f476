"""Pictures of every state of the page: three widths, light and dark, into docs/screenshots/."""

import base64
import re
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.conftest import answer_outside
from tests.browser.fake_backend import FakeBackend, running
from tests.browser.scenes import SCENES, Scene

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = {320: 640, 390: 780, 1280: 720}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# A third of what PNG takes: a picture of flat colours changes whole whenever a text does.
WEBP = {"format": "webp", "quality": 82}
LIMIT_BYTES = 3_000_000


def take_all(browser: Browser, scene: Scene) -> int:
    """Every picture of one state; their size in bytes. Motion is off: two runs differ in the time left only."""
    total = 0
    with running(FakeBackend()) as backend:
        context = browser.new_context(viewport={"width": 390, "height": 780}, reduced_motion="reduce")
        context.route(re.compile("^https:"), answer_outside)
        page = context.new_page()
        scene.play(backend, page)
        page.evaluate("document.activeElement.matches('input') || scrollTo(0, 0)")
        camera = context.new_cdp_session(page)
        for width, height in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                picture = base64.b64decode(camera.send("Page.captureScreenshot", WEBP)["data"])
                total += (FOLDER / f"{scene.name}-{width}-{scheme}.webp").write_bytes(picture)
        backend.release()
        context.close()
    return total


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    total = 0
    with chromium.launched() as browser:
        for number, scene in enumerate(SCENES, start=1):
            print(f"==> {number}/{len(SCENES)} {scene.name}")
            total += take_all(browser, scene)
    print(f"{len(SCENES) * len(SIZES) * len(SCHEMES)} pictures in {FOLDER.name}/, {total / 1e6:.1f} MB")
    if total > LIMIT_BYTES:
        sys.exit(f"That is more than {LIMIT_BYTES / 1e6:.0f} MB: too much for a repository.")


if __name__ == "__main__":
    main()
