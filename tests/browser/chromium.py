"""Find a Chromium for the browser tests, and install one where there is none.

`python tests/browser/chromium.py` prints its path, or one line saying what is missing (exit status 1).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
LAUNCH_ARGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """There is no Chromium here and none could be installed; the text says what to do."""


def find() -> str | None:
    """Path of a Chromium: the environment's CHROMIUM, one on PATH, or Playwright's own; None without any."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or _playwrights_own()


def find_or_install() -> str:
    """Path of a Chromium, installed now if need be. Raises NoChromium."""
    if os.environ.get("CHROMIUM") and not find():
        raise NoChromium(f"CHROMIUM={os.environ['CHROMIUM']} cannot be run: correct or unset it.")
    commands = iter(_install_commands())
    while not (found := find()):
        command = next(commands, None)
        if command is None:
            raise NoChromium("No Chromium found, and none could be installed: install one and set CHROMIUM to it.")
        print(f"==> Installing Chromium: {' '.join(command)}", file=sys.stderr)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless Chromium. Raises NoChromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_or_install(), args=list(LAUNCH_ARGS))
        yield browser
        browser.close()


def _install_commands() -> list[list[str]]:
    commands = []
    if shutil.which("apt-get"):
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"] if shutil.which("sudo") else None
        if as_root is not None:
            commands.append([*as_root, "apt-get", "update"])
            commands.append([*as_root, "apt-get", "install", "-y", "--no-install-recommends", "chromium"])
    commands.append([sys.executable, "-m", "playwright", "install", "chromium"])
    return commands


def _playwrights_own() -> str | None:
    default = Path.home() / ".cache" / "ms-playwright"
    browsers = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or default)
    found = sorted(
        [*browsers.glob("chromium-*/chrome-linux*/chrome"), *browsers.glob("*/chrome-*/Chromium.app/*/*/Chromium")]
    )
    return str(found[-1]) if found else None


if __name__ == "__main__":
    try:
        print(find_or_install())
    except NoChromium as problem:
        sys.exit(str(problem))
