"""What deploy.sh asks: `python -m shared.operations.deployment QUESTION ...`, each answered on standard output.

A secret leaves this program only through `value`, whose output deploy.sh pipes into gcloud's standard input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.config import load_settings
from shared.operations import environment, staging
from shared.operations.environment import ROOT


def main(arguments: list[str]) -> int:
    question, *details = arguments
    file = _file()
    values = environment.deployment_values(file, os.environ)
    if question == "check":
        return _check(file, values)
    answers: Mapping[str, Callable[..., str]] = {
        "value": lambda name: values.get(name, ""),
        "settings": lambda: "".join(f"{name}={value}\n" for name, value in _settings(values).items()),
        "secrets": lambda *functions: "\n".join(environment.secrets_of(functions, values)),
        "all-secrets": lambda: "\n".join(environment.SECRETS),
        "stage": lambda function, build, threads: _stage(values, function, Path(build), threads),
        "digest": lambda folder: staging.digest(Path(folder), sys.stdin.read()),
        "page-config": lambda: page_config(values),
        "indexes": lambda: "\n".join(index_commands(_load(ROOT / "firestore.indexes.json"))),
        "policies": lambda build, channel: "".join(policies(Path(build) / "monitoring", channel)),
        "dashboard": lambda path, etag: _json(_load(Path(path)) | ({"etag": etag} if etag else {})),
    }
    sys.stdout.write(answers[question](*details))
    return 0


def _settings(values: Mapping[str, str]) -> Mapping[str, str]:
    """deploy.sh's own variables; no secret is among them."""
    return {
        "project": values.get("GOOGLE_CLOUD_PROJECT", ""),
        "database": values["FIRESTORE_DATABASE"],
        "location": values["DEPLOY_FIRESTORE_LOCATION"],
        "region": values["DEPLOY_REGION"],
        "bucket": values["DEPLOY_PAGE_BUCKET"],
        "page": values["STATUS_PAGE_URL"],
        "webhook": values["WEBHOOK_URL"].rstrip("/"),
        "email": values["DEPLOY_ALERT_EMAIL"],
        "warm": values["DEPLOY_MIN_INSTANCES"],
        "create_order_url": environment.function_url(values, "create_order"),
        "order_status_url": environment.function_url(values, "order_status"),
        "reconcile_url": environment.function_url(values, "reconcile"),
    }


def _stage(values: Mapping[str, str], function: str, build: Path, threads: str) -> str:
    """The staged folder; beside it the function's variables, which gcloud takes as YAML (JSON is that)."""
    folder = staging.stage(function, build)
    variables = environment.variables_of(function, values) | {"THREADS": threads}
    (build / f"{function}.env.yaml").write_text(_json(variables), encoding="utf-8")
    return str(folder)


def policies(folder: Path, channel: str) -> Iterator[str]:
    """Each alert policy with its channel, written into `folder`: its path and its name, a tab between them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "docs/monitoring/policies").glob("*.json")):
        policy = _load(path) | ({"notificationChannels": [channel]} if channel else {})
        (folder / path.name).write_text(_json(policy), encoding="utf-8")
        yield f"{folder / path.name}\t{policy['displayName']}\n"


def page_config(values: Mapping[str, str]) -> str:
    """`config.js`: where the page finds the functions, and whether it may offer to keep a card."""
    config = {
        "createOrderUrl": environment.function_url(values, "create_order"),
        "orderStatusUrl": environment.function_url(values, "order_status"),
        "webhookUrl": values["WEBHOOK_URL"].rstrip("/"),
        "cardSaving": load_settings(values).recurring_enabled,
    }
    return f"export const config = {_json(config)};\n"


def index_commands(indexes: Mapping[str, Any]) -> Iterator[str]:
    """`firestore.indexes.json` (Firebase's format) as arguments of `gcloud firestore`, one command a line."""
    for index in indexes["indexes"]:
        fields = [f"--field-config=field-path={f['fieldPath']},order={f['order'].lower()}" for f in index["fields"]]
        scope = index["queryScope"].lower().replace("_", "-")
        group = f"--collection-group={index['collectionGroup']}"
        yield " ".join(["indexes composite create", group, f"--query-scope={scope}", *fields, "--async"])
    for override in indexes["fieldOverrides"]:
        field, group = override["fieldPath"], f"--collection-group={override['collectionGroup']}"
        if override.get("ttl"):  # waited for: one field takes one change at a time
            yield f"indexes fields update {field} {group} --disable-indexes"
            yield f"fields ttls update {field} {group} --enable-ttl --async"
        else:
            yield f"indexes fields update {field} {group} --disable-indexes --async"


def _file() -> dict[str, str]:
    """`.env`; in a dry run without one, example values."""
    path = Path(os.environ.get("DEPLOY_ENV_FILE") or ROOT / ".env")
    if path.is_file():
        return environment.read_env_file(path.read_text(encoding="utf-8"))
    return dict(environment.EXAMPLE) if os.environ.get("DEPLOY_DRY_RUN") else {}


def _check(file: Mapping[str, str], values: Mapping[str, str]) -> int:
    for warning in environment.warnings(file, values):
        print(f"Warning: {warning}", file=sys.stderr)
    found = environment.problems(values)
    for problem in found:
        print(f"Problem: {problem}", file=sys.stderr)
    return 1 if found else 0


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
