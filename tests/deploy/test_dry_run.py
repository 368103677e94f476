"""`./deploy.sh --dry-run` lists a whole deployment, and nothing secret (issue "Deploy and operate it")."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.dry_run import ROOT, SECRETS, commands, deploy, env_file

SERVICES = {"create-order", "webhook", "order-status", "reconcile"}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dry run stages and generates."""
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def dry_run(build: Path) -> str:
    done = deploy("--dry-run", env_file=env_file(build), build=build)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def destroying(build: Path) -> str:
    done = deploy("destroy", "--dry-run", env_file=env_file(build))
    assert done.returncode == 0, done.stderr
    return done.stdout


def _named(lines: list[list[str]], *start: str) -> set[str]:
    """What the commands that start with these words are about: their next word."""
    return {line[len(start)] for line in lines if tuple(line[: len(start)]) == start}


def _options(line: list[str]) -> dict[str, str]:
    return dict(word.removeprefix("--").split("=", 1) for word in line if word.startswith("--") and "=" in word)


def _deployed(output: str) -> dict[str, dict[str, str]]:
    return {line[2]: _options(line) for line in commands(output) if line[:2] == ["run", "deploy"]}


def test_it_needs_neither_an_account_nor_an_env_file() -> None:
    done = deploy("--dry-run", env_file=None)
    assert done.returncode == 0, done.stderr
    assert set(_deployed(done.stdout)) == SERVICES


def test_it_lists_every_part_of_a_deployment(dry_run: str) -> None:
    lines = commands(dry_run)
    assert _named(lines, "run", "deploy") == SERVICES
    accounts = {f"coffee-{name}" for name in SERVICES | {"build", "scheduler"}}
    assert _named(lines, "iam", "service-accounts", "create") == accounts
    assert _named(lines, "secrets", "versions", "add") == {f"coffee-{n.lower().replace('_', '-')}" for n in SECRETS}
    assert _named(lines, "scheduler", "jobs", "create", "http") == {"coffee-reconcile"}
    assert _named(lines, "firestore", "fields", "ttls", "update") == {"purge_at"}
    assert _named(lines, "storage", "buckets", "create") == {"gs://coffee-owner-coffee-page"}
    metrics = {path.stem for path in (ROOT / "docs/monitoring/metrics").glob("*.json")}
    assert _named(lines, "logging", "metrics", "create") == metrics
    policies = [line for line in lines if line[:4] == ["alpha", "monitoring", "policies", "create"]]
    assert len(policies) == len(list((ROOT / "docs/monitoring/policies").glob("*.json")))
    assert any(line[:3] == ["monitoring", "dashboards", "create"] for line in lines)
    assert any(line[:3] == ["firestore", "databases", "create"] for line in lines)


def test_no_secret_value_is_printed_or_written_into_what_is_deployed(dry_run: str, build: Path) -> None:
    written = [path.read_text("utf-8") for path in build.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    written.remove((build / "owner.env").read_text("utf-8"))
    for text in (dry_run, *written):
        for value in (*SECRETS.values(), "live_Hd60cx"):
            assert value not in text


def test_each_function_gets_only_the_secrets_that_it_needs(dry_run: str) -> None:
    deployed = _deployed(dry_run)
    mounted = {name: set(options.get("set-secrets", "").split(",")) for name, options in deployed.items()}
    assert mounted["order-status"] == {""}
    report_token = "TMETR_WEBHOOK_TOKEN=coffee-tmetr-webhook-token:latest"
    assert report_token in mounted["webhook"]
    assert report_token not in mounted["create-order"] | mounted["reconcile"]


def test_each_function_has_an_identity_of_its_own_and_order_status_cannot_write(dry_run: str) -> None:
    accounts = {options["service-account"] for options in _deployed(dry_run).values()}
    assert len(accounts) == len(SERVICES)
    roles = {}
    for line in commands(dry_run):
        if line[:2] == ["projects", "add-iam-policy-binding"]:
            options = _options(line)
            roles[options["member"].partition(":")[2].partition("@")[0]] = options["role"]
    assert roles["coffee-order-status"] == "roles/datastore.viewer"
    assert set(roles.values()) == {"roles/datastore.viewer", "roles/datastore.user", "roles/run.builder"}


def test_only_cloud_scheduler_may_call_reconcile(dry_run: str) -> None:
    lines = {line[2]: line for line in commands(dry_run) if line[:2] == ["run", "deploy"]}
    closed = {name for name, line in lines.items() if "--no-allow-unauthenticated" in line}
    assert closed == {"reconcile"}
    [binding] = [line for line in commands(dry_run) if line[:3] == ["run", "services", "add-iam-policy-binding"]]
    assert _options(binding)["member"] == "serviceAccount:coffee-scheduler@coffee-owner.iam.gserviceaccount.com"
    [job] = [line for line in commands(dry_run) if line[:4] == ["scheduler", "jobs", "create", "http"]]
    assert _options(job)["oidc-token-audience"] == _options(job)["uri"].rstrip("/")


def test_as_many_threads_as_requests_are_let_into_an_instance(dry_run: str) -> None:
    for name, options in _deployed(dry_run).items():
        variables = json.loads(Path(options["env-vars-file"]).read_text("utf-8"))
        assert variables["THREADS"] == options["concurrency"], name


def test_the_page_is_told_the_functions_without_trailing_slashes(dry_run: str, build: Path) -> None:
    written = (build / "page/config.js").read_text("utf-8")
    config = json.loads(written.removeprefix("export const config = ").removesuffix(";\n"))
    assert config == {
        "createOrderUrl": "https://create-order-PROJECT_NUMBER.europe-west1.run.app",
        "orderStatusUrl": "https://order-status-PROJECT_NUMBER.europe-west1.run.app",
        "webhookUrl": "https://webhook-PROJECT_NUMBER.europe-west1.run.app",
        "cardSaving": False,
    }
    assert dry_run.index("/page/*") < dry_run.index("/page/index.html")


def test_one_function_can_be_deployed_alone(tmp_path: Path) -> None:
    done = deploy("--dry-run", "--only", "webhook", env_file=env_file(tmp_path))
    assert done.returncode == 0, done.stderr
    assert set(_deployed(done.stdout)) == {"webhook"}
    assert "scheduler jobs" not in done.stdout and "storage" not in done.stdout


def test_an_unknown_function_or_argument_is_refused(tmp_path: Path) -> None:
    for arguments in (("--only", "webhok"), ("--only",), ("--dry-runn",)):
        done = deploy(*arguments, env_file=env_file(tmp_path))
        assert done.returncode == 1, arguments
        assert not commands(done.stdout)


def test_all_problems_of_the_settings_are_named_at_once_and_nothing_is_run(tmp_path: Path) -> None:
    broken = env_file(tmp_path, TMETR_BASE_URL="", AUTO_REFUND="sometimes", YOOKASSA_SHOP_ID="", TMETR_TOKN="typo-9")
    done = deploy(env_file=broken)
    assert done.returncode == 1
    for told in (
        "TMETR_BASE_URL is not set",
        "AUTO_REFUND must be off, definite or always",
        "YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY go together",
        "TMETR_TOKN is not known and is left out: is it TMETR_TOKEN?",
    ):
        assert told in done.stderr
    assert "typo-9" not in done.stderr and not commands(done.stdout)


def test_the_settings_of_this_machines_emulator_do_not_reach_the_cloud(tmp_path: Path) -> None:
    owner = env_file(tmp_path, FIRESTORE_EMULATOR_HOST="127.0.0.1:8080")
    done = deploy("--dry-run", "--only", "webhook", env_file=owner, build=tmp_path)
    assert "FIRESTORE_EMULATOR_HOST is for this machine only" in done.stderr
    assert "FIRESTORE_EMULATOR_HOST" not in (tmp_path / "webhook.env.yaml").read_text("utf-8")


def test_destroy_never_touches_firestore(destroying: str) -> None:
    lines = commands(destroying)
    assert _named(lines, "run", "services", "delete") == SERVICES
    assert len(_named(lines, "secrets", "delete")) == len(SECRETS)
    assert not [line for line in lines if line[0] == "firestore"]


def test_destroy_removes_nothing_unless_the_projects_name_is_typed(tmp_path: Path) -> None:
    gcloud = tmp_path / "gcloud"
    gcloud.write_text('#!/bin/sh\necho "$@" >>"$(dirname "$0")/calls"\necho 123\n')
    gcloud.chmod(0o755)
    done = deploy("destroy", env_file=env_file(tmp_path), path=tmp_path, answer="yes\n")
    assert done.returncode == 1 and "nothing was removed" in done.stderr
    assert "delete" not in (tmp_path / "calls").read_text()


def test_gclouds_own_parser_accepts_every_command(dry_run: str, destroying: str, tmp_path: Path) -> None:
    lines = commands(dry_run) + commands(destroying)
    assert len(lines) > 100
    complaints = _complaints(lines, tmp_path)
    assert not {" ".join(line): said for line, said in zip(lines, complaints, strict=True) if said}


def test_gclouds_own_parser_refuses_what_gcloud_does_not_know(tmp_path: Path) -> None:
    wrong = [["run", "deploy", "x", "--concurency=3"], ["run", "deploi", "x"], ["run", "deploy", "x", "--cpu-boost=7"]]
    assert all(_complaints(wrong, tmp_path))


def _complaints(lines: list[list[str]], config: Path) -> list[str | None]:
    root = _sdk_root()
    pythons = sorted(root.glob("platform/bundledpythonunix/bin/python3"))
    done = subprocess.run(
        [
            str(pythons[0] if pythons else sys.executable),
            str(Path(__file__).with_name("parse_commands.py")),
            root / "lib",
        ],
        # Files are read while parsing: --env-vars-file must be one that gcloud can read.
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(config), "CLOUDSDK_CONFIG": str(config / "gcloud")},
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[str | None] = json.loads(done.stdout)
    return found


def _sdk_root() -> Path:
    gcloud = shutil.which("gcloud")
    roots = [Path(gcloud).resolve().parents[1]] if gcloud else []
    root = next((root for root in roots if (root / "lib/googlecloudsdk").is_dir()), None)
    if root is None:
        pytest.skip("gcloud is not installed: its parser has NOT read the commands of the dry run")
    return root
