"""Put `firestore.rules` in force through the Firebase Rules API; gcloud has no command for it.

`gcloud auth print-access-token | python -m shared.operations.rules PROJECT DATABASE`: the token comes by standard
input, so that no process list shows it. Rules that are in force already are left alone: a project may keep 2,500
rule sets. Source: https://firebase.google.com/docs/reference/rules/rest
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from typing import Any

from shared.operations.environment import ROOT

API = "https://firebaserules.googleapis.com/v1"
SECONDS = 30


class RulesApi:
    """The rules of one database of one project."""

    def __init__(self, token: str, project: str, database: str, api: str = API) -> None:
        self._token = token
        self._project = project
        self._base = f"{api}/projects/{project}"
        suffix = "" if database == "(default)" else f"/{database}"
        self._release = f"projects/{project}/releases/cloud.firestore{suffix}"
        self._release_url = f"{api}/{self._release}"
        self._api = api

    def put_in_force(self, source: str) -> bool:
        """True when something changed. Raises urllib.error.HTTPError."""
        current = self._current()
        if current == source:
            return False
        files = [{"name": "firestore.rules", "content": source}]
        ruleset = self._call("POST", f"{self._base}/rulesets", {"source": {"files": files}})["name"]
        release = {"name": self._release, "rulesetName": ruleset}
        if current is None:
            self._call("POST", f"{self._base}/releases", release)
        else:
            self._call("PATCH", self._release_url, {"release": release})
        return True

    def _current(self) -> str | None:
        """The text in force, None when there never was one."""
        try:
            release = self._call("GET", self._release_url)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise
        files = self._call("GET", f"{self._api}/{release['rulesetName']}")["source"]["files"]
        return str(files[0]["content"])

    def _call(self, method: str, url: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method)
        request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("Content-Type", "application/json")
        request.add_header("X-Goog-User-Project", self._project)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)


def main() -> int:
    project, database = sys.argv[1:]
    source = (ROOT / "firestore.rules").read_text(encoding="utf-8")
    try:
        changed = RulesApi(sys.stdin.read().strip(), project, database).put_in_force(source)
    except urllib.error.HTTPError as error:
        print(f"Firebase Rules API: HTTP {error.code}: {error.read().decode(errors='replace')}", file=sys.stderr)
        return 1
    print("Rules are in force." if changed else "Rules were in force already.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
