"""deploy.sh as a process: its dry run, and the command lines in it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What an owner's .env holds; each secret is a text that can be searched for.
SECRETS: Mapping[str, str] = {
    "TMETR_TOKEN": "tmetr-Kx82hq",
    "TMETR_WEBHOOK_TOKEN": "report-Jw71mz",
    "YOOKASSA_SECRET_KEY": "live_Qp93vb",
    "TBANK_PASSWORD": "bank-Zr45nt",
    "MERCHANT_CREDENTIALS": '{"owner-2": {"yookassa": {"shop_id": "200600", "secret_key": "live_Hd60cx"}}}',
    "TELEGRAM_BOT_TOKEN": "700100:bot-Ls18fy",
}
PLAIN: Mapping[str, str] = {
    "GOOGLE_CLOUD_PROJECT": "coffee-owner",
    "TMETR_BASE_URL": "https://tmetr.example",
    "YOOKASSA_SHOP_ID": "100500",
    "TBANK_TERMINAL_KEY": "1700000000001",
    "TELEGRAM_CHAT_ID": "-1001",
    "DEPLOY_ALERT_EMAIL": "alerts@example.com",
}


def env_file(folder: Path, **changes: str) -> Path:
    """An owner's .env with these changes; an empty value leaves the variable unset."""
    path = folder / "owner.env"
    values = {**PLAIN, **SECRETS, **changes}
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    return path


def deploy(
    *arguments: str, env_file: Path | None, build: Path | None = None, path: Path | None = None, answer: str = ""
) -> subprocess.CompletedProcess[str]:
    """deploy.sh in an environment of its own; without a file it finds none. `path`: a folder of programs before all."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    environment["DEPLOY_ENV_FILE"] = str(env_file or "/nonexistent/.env")
    environment["PYTHON"] = sys.executable
    environment["GOOGLE_CLOUD_PROJECT"] = PLAIN["GOOGLE_CLOUD_PROJECT"] if env_file else "example"
    if path is not None:
        environment["PATH"] = f"{path}:{environment['PATH']}"
    with tempfile.TemporaryDirectory() as scratch:
        return subprocess.run(
            [str(ROOT / "deploy.sh"), *arguments],
            env={**environment, "DEPLOY_BUILD": str(build or scratch)},
            input=answer,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def commands(output: str, program: str = "gcloud") -> list[list[str]]:
    """The arguments of every command of this program, in order, as a shell would read the lines."""
    lines = (shlex.split(line, comments=True) for line in output.splitlines() if line.startswith(f"{program} "))
    return [words[1:] for words in lines]
