"""Each staged function starts in an environment with only its own requirements, and answers (issue 7)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from sandbox.firestore import EmbeddedFirestore
from shared.operations.environment import FUNCTIONS
from shared.operations.staging import digest, stage
from tests.deploy.staged import clean_environment, served

UNKNOWN = "20250101000000unknown"
SCAN = {"deviceUuid": "no-such-device", "drinkNo": "1", "drinkName": "Капучино", "size": "1", "uuid": UNKNOWN}
# Function → a request that needs Firestore, and the answer.
ASKED = {
    "create_order": ("POST", "/", SCAN, 404, "DEVICE_NOT_FOUND"),
    "webhook": ("POST", "/check", {"order_id": UNKNOWN}, 404, "ORDER_NOT_FOUND"),
    "order_status": ("GET", f"/?order_id={UNKNOWN}", None, 404, "ORDER_NOT_FOUND"),
    "reconcile": ("POST", "/", None, 200, None),
}


@pytest.fixture(scope="module")
def firestore() -> Iterator[EmbeddedFirestore]:
    server = EmbeddedFirestore().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def environments() -> None:
    """All four at once: what takes long is the package index and unpacking."""
    with ThreadPoolExecutor(len(FUNCTIONS)) as pool:
        list(pool.map(clean_environment, FUNCTIONS))


@pytest.mark.usefixtures("environments")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_staged_function_answers_with_its_own_requirements_only(
    function: str, firestore: EmbeddedFirestore, tmp_path: Path
) -> None:
    variables = {
        "GOOGLE_CLOUD_PROJECT": "staged",
        "FIRESTORE_EMULATOR_HOST": firestore.host,
        "STATUS_PAGE_URL": "https://page.example/",
        "TMETR_BASE_URL": "https://tmetr.invalid",
        "TMETR_TOKEN": "no-token",
    }
    method, path, body, status, code = ASKED[function]
    with served(function, variables, tmp_path) as url:
        answer = requests.request(method, url + path, json=body, timeout=30)
    assert answer.status_code == status, answer.text
    answered = answer.json()
    assert answered["error"]["code"] == code if code else answered["due"] == 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_staged_function_holds_what_it_runs_and_no_operators_tools(function: str, tmp_path: Path) -> None:
    folder = stage(function, tmp_path)
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {"main.py", "requirements.txt", "shared"}
    assert not (folder / "shared/operations").exists()
    assert not [path for path in folder.rglob("*") if path.is_symlink()]


def test_the_same_sources_have_the_same_digest_and_a_change_another(tmp_path: Path) -> None:
    first, again = (stage("webhook", tmp_path / name) for name in ("first", "again"))
    assert digest(first, "settings") == digest(again, "settings")
    assert digest(first, "settings") != digest(first, "other settings")
    before = digest(again)
    (again / "shared/errors.py").write_text("changed = True\n")
    assert digest(again) != before
