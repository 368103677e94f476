"""The owner's Firestore, for commands that a person runs: settings from the shell, else from `.env`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import Client

from shared.adapters.firestore import connect
from shared.operations.environment import ROOT, read_env_file

SECONDS = 60.0  # a person waits, and a year of orders is long


def settings(path: Path = ROOT / ".env") -> dict[str, str]:
    """Every variable of the shell and, where that has none, of `.env`."""
    file = read_env_file(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {**file, **os.environ}


@contextmanager
def opened(environment: Mapping[str, str]) -> Iterator[Client]:
    """A client for the block; what Google says in it ends the program with one line, not with a traceback."""
    project = environment.get("GOOGLE_CLOUD_PROJECT")
    if not project:
        sys.exit("Не задан проект: укажите GOOGLE_CLOUD_PROJECT в .env или перед командой.")
    try:
        client = connect(project, environment.get("FIRESTORE_DATABASE") or "(default)")
        yield client
    except GoogleAuthError as error:
        sys.exit(f"Нет доступа к Google Cloud, выполните: gcloud auth application-default login ({error})")
    except GoogleAPIError as error:
        sys.exit(f"Firestore не отвечает или отказывает: {error}")


def documents(client: Client, collection: str) -> dict[str, dict[str, Any]]:
    """Every document of a collection by its id, in the order of the ids."""
    snapshots = client.collection(collection).stream(timeout=SECONDS)
    return {snapshot.id: snapshot.to_dict() or {} for snapshot in snapshots}
