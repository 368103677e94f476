"""The four functions, loaded in this process as the framework loads them, under a test's environment."""

from __future__ import annotations

import sys
import threading
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.functions.leaks import Captured

FUNCTIONS = Path(__file__).parents[2] / "functions"


class Functions:
    """Each function is loaded when it is first called; what it logs goes to `captured`."""

    def __init__(self, patch: pytest.MonkeyPatch, captured: Captured) -> None:
        self._patch, self._output = patch, captured
        self._apps: dict[str, Flask] = {}
        self._loading = threading.Lock()

    def configure(self, **environment: str) -> None:
        """Change the environment; the functions are started anew under it."""
        for name, value in environment.items():
            self._patch.setenv(name, value)
        self._apps.clear()

    def restart(self) -> None:
        """As if every instance had been replaced: nothing is cached."""
        self._apps.clear()

    def call(self, function: str, method: str, path: str, **options: Any) -> TestResponse:
        """One request, from any thread."""
        return self._app(function).test_client().open(path, method=method, **options)

    def get(self, function: str, path: str, **options: Any) -> TestResponse:
        return self.call(function, "GET", path, **options)

    def post(self, function: str, path: str, body: object, **options: Any) -> TestResponse:
        return self.call(function, "POST", path, json=body, **options)

    def _app(self, name: str) -> Flask:
        with self._loading:
            if name not in self._apps:
                self._apps[name] = self._load(name)
            return self._apps[name]

    def _load(self, name: str) -> Flask:
        source = str(FUNCTIONS / name / "main.py")
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(self._output):
            # The framework leaves these behind, and the next test must not find them.
            patch.setattr(sys, "path", list(sys.path))
            patch.setenv("FUNCTION_TARGET", name)
            app: Flask = functions_framework.create_app(name, source)  # type: ignore[no-untyped-call]  # theirs
        del sys.modules["main"]
        return app
