"""The page server: what the bucket serves in the cloud, with a config.js of this sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sandbox.page import create_app


@pytest.fixture
def page(tmp_path: Path) -> FlaskClient:
    (tmp_path / "index.html").write_text("<!doctype html><title>Кофе</title>", encoding="utf-8")
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "main.js").write_text("export {};")
    (tmp_path / "config.js").write_text("left over from another deployment")
    return create_app(
        create_order_url="http://127.0.0.1:1/",
        order_status_url="http://127.0.0.1:2",
        webhook_url="http://127.0.0.1:3",
        site=tmp_path,
    ).test_client()


@pytest.mark.parametrize("path", ["/", "/?order_id=20250317110122659ba6d7-9ace-cndn", "/index.html"])
def test_every_entry_is_the_one_page(page: FlaskClient, path: str) -> None:
    answer = page.get(path, buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Кофе" in answer.text


def test_modules_are_javascript(page: FlaskClient) -> None:
    assert page.get("/js/main.js", buffered=True).mimetype == "text/javascript"


@pytest.mark.parametrize("path", ["/missing.js", "/../pyproject.toml", "/js/../../pyproject.toml"])
def test_nothing_else_is_served(page: FlaskClient, path: str) -> None:
    assert page.get(path, buffered=True).status_code == 404


def test_the_configuration_names_the_functions_of_this_sandbox(page: FlaskClient) -> None:
    text = page.get("/config.js", buffered=True).text
    assert text.startswith("export const config = {") and text.endswith("};\n")
    assert json.loads(text.removeprefix("export const config = ").removesuffix(";\n")) == {
        "createOrderUrl": "http://127.0.0.1:1",
        "orderStatusUrl": "http://127.0.0.1:2",
        "webhookUrl": "http://127.0.0.1:3",
        "cardSaving": False,
    }


def test_the_policy_allows_the_functions_and_no_inline_code(page: FlaskClient) -> None:
    headers = page.get("/", buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:1 http://127.0.0.1:2 http://127.0.0.1:3;" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
