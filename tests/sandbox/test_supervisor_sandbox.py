"""The whole sandbox with functions that only tell how they were started."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.supervisor import NotReady, Sandbox, settings
from sandbox.supervisor.loopback import call
from tests.sandbox.patience import until

TELLING = """
import os
import functions_framework

@functions_framework.http
def {name}(request):
    print("called", request.method, flush=True)
    return {{name: os.environ.get(name) for name in ("GOOGLE_CLOUD_PROJECT", "AUTO_REFUND", "MAKE_ATTEMPTS")}}
"""


def write_functions(folder: Path, **broken: str) -> Path:
    for name in settings.FUNCTIONS:
        source = folder / name / "main.py"
        source.parent.mkdir(parents=True)
        source.write_text(broken.get(name) or TELLING.format(name=name))
    return folder


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    functions = write_functions(tmp_path_factory.mktemp("functions"))
    variables = {"AUTO_REFUND": "off"}
    with Sandbox(functions=functions, reconcile_every=0.1, variables=variables) as running:
        yield running


def told(sandbox: Sandbox, name: str) -> dict[str, str | None]:
    answer: dict[str, str | None] = call("GET", sandbox.url(name)).json()
    return answer


def test_everything_answers(sandbox: Sandbox) -> None:
    for name in settings.STAND_INS:
        assert call("GET", f"{sandbox.url(name)}/_sandbox/health").status_code == 200
    for name in settings.FUNCTIONS:
        assert told(sandbox, name)["GOOGLE_CLOUD_PROJECT"] == sandbox.project
    assert sandbox.ended() == set()


def test_the_examples_are_in_firestore(sandbox: Sandbox) -> None:
    with closing(sandbox.database()) as client:
        assert client.document("merchants/demo").get().get("name") == "Кофе рядом"
        assert client.document("devices/test-tbank").get().get("payment_scenario") == "TBank"


def test_one_function_can_be_restarted_with_another_setting(sandbox: Sandbox) -> None:
    assert told(sandbox, "webhook")["AUTO_REFUND"] == "off"
    sandbox.environment["webhook"]["AUTO_REFUND"] = "always"
    sandbox.restart("webhook")
    assert told(sandbox, "webhook")["AUTO_REFUND"] == "always"
    assert told(sandbox, "order_status")["AUTO_REFUND"] == "off"


def test_a_killed_function_is_known_to_have_ended_until_it_is_started_again(sandbox: Sandbox) -> None:
    sandbox.kill("create_order", signal.SIGKILL)
    assert sandbox.ended() == {"create_order"}
    sandbox.restart("create_order")
    assert sandbox.ended() == set()
    assert told(sandbox, "create_order")["AUTO_REFUND"] == "off"


def test_the_scheduler_calls_reconcile(sandbox: Sandbox) -> None:
    before = sandbox.logs("reconcile").count("called POST")
    until(lambda: sandbox.logs("reconcile").count("called POST") > before)


def test_a_function_that_does_not_start_is_named_and_the_rest_is_stopped(tmp_path: Path) -> None:
    functions = write_functions(tmp_path, webhook="raise RuntimeError('no such setting')")
    sandbox = Sandbox(functions=functions, reconcile_every=None)
    with pytest.raises(NotReady, match=r"(?s)webhook ended.*no such setting"):
        sandbox.start()
    assert sandbox.ended() == {*settings.FUNCTIONS, *settings.STAND_INS, "firestore"}
