"""deploy.sh run for good, against a cloud that only remembers what it was told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.dry_run import ROOT, SECRETS, env_file

CHANGES = (" create ", " add ", " deploy ")


CHECKOUT = ("deploy.sh", ".env.example", "firestore.indexes.json", "firestore.rules")
FOLDERS = ("shared", "functions", "static_site", "docs/monitoring")


class Cloud:
    """The programs that deploy.sh calls, and what they were called with; beside them a checkout of its own.

    Whether something changed between two runs must not depend on somebody who edits this tree meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "state").mkdir()
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / "checkout" / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in CHECKOUT:
            shutil.copy(ROOT / name, folder / "checkout" / name)
        for program in ("gcloud", "curl", "python"):
            shutil.copy(ROOT / "tests/deploy/fake_cloud.sh", folder / program)
            (folder / program).chmod(0o755)

    def deploy(self, env: Path, *arguments: str, answer: str = "") -> list[str]:
        """One run of deploy.sh, which must succeed; the calls that it made."""
        calls = self.folder / "state/calls"
        calls.unlink(missing_ok=True)
        done = subprocess.run(
            [str(self.folder / "checkout/deploy.sh"), *arguments],
            env={
                "PATH": f"{self.folder}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "PYTHON": str(self.folder / "python"),
                "REAL_PYTHON": sys.executable,
                "DEPLOY_ENV_FILE": str(env),
            },
            input=answer,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for value in SECRETS.values():
            assert value not in done.stdout + done.stderr
        return calls.read_text().splitlines()

    def kept(self, variable: str) -> list[str]:
        """The versions of a secret, the oldest first."""
        name = f"coffee-{variable.lower().replace('_', '-')}"
        return [path.read_text() for path in sorted((self.folder / "state").glob(f"secret-{name}.*"))]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    return Cloud(tmp_path_factory.mktemp("cloud"))


@pytest.fixture(scope="module")
def first_run(cloud: Cloud) -> list[str]:
    return cloud.deploy(env_file(cloud.folder))


@pytest.fixture(scope="module")
def second_run(cloud: Cloud, first_run: list[str]) -> list[str]:
    """After the first, with the same settings."""
    assert first_run
    return cloud.deploy(env_file(cloud.folder))


def _deployed(calls: list[str]) -> set[str]:
    return {call.split()[3] for call in calls if call.startswith("gcloud run deploy ")}


def test_secrets_travel_by_standard_input_and_never_as_an_argument(cloud: Cloud, first_run: list[str]) -> None:
    assert {name: cloud.kept(name)[0] for name in SECRETS} == dict(SECRETS)
    assert (cloud.folder / "state/rules-token").read_text() == "token-of-a-test\n"
    for value in (*SECRETS.values(), "token-of-a-test"):
        assert value not in "\n".join(first_run)


def test_everything_is_deployed_and_then_asked_whether_it_answers(cloud: Cloud, first_run: list[str]) -> None:
    assert _deployed(first_run) == {"create-order", "webhook", "order-status", "reconcile"}
    last_deployed = max(place for place, call in enumerate(first_run) if call.startswith("gcloud run deploy "))
    asked = [place for place, call in enumerate(first_run) if call.startswith("curl ")]
    assert len(asked) == 6 and min(asked) > last_deployed
    config = (cloud.folder / "checkout/build/page/config.js").read_text("utf-8")
    assert '"webhookUrl": "https://webhook-123456789012.europe-west1.run.app"' in config


def test_run_again_it_makes_nothing_anew(second_run: list[str]) -> None:
    made = [call for call in second_run if any(word in call for word in CHANGES) and "-iam-policy-" not in call]
    assert made == []
    assert any(call.startswith("gcloud alpha monitoring policies update ") for call in second_run)


def test_a_changed_secret_redeploys_the_functions_that_read_it(cloud: Cloud, second_run: list[str]) -> None:
    changed = cloud.deploy(env_file(cloud.folder, TMETR_WEBHOOK_TOKEN="another-report-token"))
    assert not _deployed(second_run) and _deployed(changed) == {"webhook"}
    assert cloud.kept("TMETR_WEBHOOK_TOKEN") == [SECRETS["TMETR_WEBHOOK_TOKEN"], "another-report-token"]


def test_destroy_removes_what_was_made_once_the_name_is_typed(tmp_path: Path) -> None:
    calls = Cloud(tmp_path).deploy(env_file(tmp_path), "destroy", answer="coffee-owner\n")
    deleted = [call for call in calls if " delete " in call or " rm " in call]
    assert len(deleted) > 20
    assert not [call for call in calls if call.startswith("gcloud firestore")]
