"""Runs the tests of the page's modules in Node, on the modules as they are shipped."""

import shutil
import subprocess
from pathlib import Path

import playwright

HERE = Path(__file__).parent
SITE = HERE.parents[1] / "static_site"
# Comes with the pinned package: the same version for everybody, and nothing to install.
NODE = Path(playwright.__file__).parent / "driver" / "node"
LIMIT_S = 60


def test_page_modules(tmp_path: Path) -> None:
    # A browser takes `.js` for modules because index.html says so; Node wants it said in a package.json.
    shutil.copytree(SITE, tmp_path / "static_site")
    shutil.copytree(HERE, tmp_path / "tests" / "page", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    tests = sorted(str(path) for path in tmp_path.glob("tests/page/*.test.js"))
    run = subprocess.run(
        [str(NODE), "--test", *tests], cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert tests and run.returncode == 0, run.stdout + run.stderr
