"""Rules are put in force once, through an API that stands in for Firebase's."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask, abort, request
from werkzeug.serving import make_server

from shared.operations.rules import RulesApi

RULES = "rules_version = '2'; // deny"


class Firebase:
    """Rule sets and releases of one project, and who changed what."""

    def __init__(self) -> None:
        self.rulesets: dict[str, str] = {}
        self.releases: dict[str, str] = {}
        self.calls: list[str] = []

    def app(self) -> Flask:
        app = Flask("firebase")

        @app.before_request
        def note() -> None:
            assert request.headers["Authorization"] == "Bearer a-token"
            assert request.headers["X-Goog-User-Project"] == "coffee"
            self.calls.append(f"{request.method} {request.path}")

        @app.post("/projects/coffee/rulesets")
        def create_ruleset() -> dict[str, str]:
            name = f"projects/coffee/rulesets/{len(self.rulesets) + 1}"
            self.rulesets[name] = request.json["source"]["files"][0]["content"]
            return {"name": name}

        @app.get("/projects/coffee/rulesets/<number>")
        def ruleset(number: str) -> dict[str, Any]:
            content = self.rulesets[f"projects/coffee/rulesets/{number}"]
            return {"source": {"files": [{"name": "firestore.rules", "content": content}]}}

        @app.post("/projects/coffee/releases")
        def create_release() -> dict[str, str]:
            body = request.get_json()
            self.releases[body["name"]] = body["rulesetName"]
            return {}

        @app.route("/projects/coffee/releases/<path:name>", methods=["GET", "PATCH"])
        def release(name: str) -> dict[str, str]:
            full = f"projects/coffee/releases/{name}"
            if full not in self.releases:
                abort(404)
            if request.method == "PATCH":
                self.releases[full] = request.get_json()["release"]["rulesetName"]
            return {"name": full, "rulesetName": self.releases[full]}

        return app


@pytest.fixture
def firebase() -> Iterator[tuple[Firebase, str]]:
    stand_in = Firebase()
    server = make_server("127.0.0.1", 0, stand_in.app())
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield stand_in, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("database", "release"), [("(default)", "cloud.firestore"), ("orders", "cloud.firestore/orders")]
)
def test_rules_are_released_once_and_replaced_when_they_change(
    firebase: tuple[Firebase, str], database: str, release: str
) -> None:
    stand_in, address = firebase
    api = RulesApi("a-token", "coffee", database, address)
    assert api.put_in_force(RULES) is True
    assert stand_in.rulesets[stand_in.releases[f"projects/coffee/releases/{release}"]] == RULES
    assert api.put_in_force(RULES) is False and len(stand_in.rulesets) == 1
    assert api.put_in_force(RULES + " more") is True
    assert stand_in.rulesets[stand_in.releases[f"projects/coffee/releases/{release}"]] == RULES + " more"
    assert stand_in.calls[-1].startswith("PATCH ")
