"""The world around the four functions, made once; each test gets a clean one and may leave no secret in the log."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from google.cloud.firestore import Client

from sandbox.firestore import EmbeddedFirestore
from sandbox.tbank.app import create_app as create_tbank
from sandbox.tbank.terminals import Terminal
from sandbox.tmetr.app import create_app as create_tmetr
from sandbox.tmetr.machine import ShownDevice
from sandbox.yookassa.app import create_app as create_yookassa
from sandbox.yookassa.shops import Shop
from tests.functions.at_tbank import PASSWORD, TERMINAL
from tests.functions.leaks import Captured, leaks_in
from tests.functions.serving import StandIn, served
from tests.functions.stand import REPORT_TOKEN, Stand

ROOT = Path(__file__).parents[2]
SHOPS = (
    Shop("100500", "live_first_shop_key"),
    Shop("200600", "live_second_shop_key"),
    Shop("300700", "live_third_shop_key"),
    Shop("400800", "live_plain_shop_key", recurring=False),
)
TERMINALS = (Terminal(TERMINAL, PASSWORD), Terminal("1800000000000", "second_terminal_pw"))
TMETR_TOKEN = "machine-commands-secret"
SECRETS = (TMETR_TOKEN, REPORT_TOKEN, *(s.secret for s in SHOPS), *(t.password for t in TERMINALS))
BASIC = tuple(f"{shop.shop_id}:{shop.secret}" for shop in SHOPS)


@pytest.fixture(scope="session")
def captured() -> Captured:
    return Captured()


@pytest.fixture(scope="session")
def firestore() -> Iterator[EmbeddedFirestore]:
    with EmbeddedFirestore() as server:
        yield server


@pytest.fixture(scope="session")
def yookassa() -> Iterator[StandIn]:
    with served(create_yookassa(shops=SHOPS)) as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def tbank() -> Iterator[StandIn]:
    with served(create_tbank(terminals=TERMINALS)) as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def tmetr() -> Iterator[StandIn]:
    devices = [ShownDevice("test", "test")]
    app = create_tmetr(token=TMETR_TOKEN, create_order_url="", devices=devices, brew_seconds=0)
    with served(app) as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def letterbox() -> Iterator[StandIn]:
    """Where T-Bank sends its notifications, which tests deliver by hand: acknowledged, nothing done."""
    app = Flask("letterbox")
    app.add_url_rule("/tbank", view_func=lambda: "OK", methods=["POST"])
    with served(app) as stand_in:
        yield stand_in


@pytest.fixture(autouse=True)
def nothing_leaks(captured: Captured) -> Iterator[None]:
    """No secret, Authorization header, whole notification or full address in anything that was logged."""
    root, ours, begun = logging.getLogger(), logging.getLogger("shared"), captured.tell()
    before = list(root.handlers), root.level, ours.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    assert leaks_in(captured.since(begun), SECRETS + BASIC) == []


@pytest.fixture
def stand(
    monkeypatch: pytest.MonkeyPatch,
    captured: Captured,
    firestore: EmbeddedFirestore,
    yookassa: StandIn,
    tbank: StandIn,
    tmetr: StandIn,
    letterbox: StandIn,
) -> Iterator[Stand]:
    """A clean world with one machine, `test`, of one merchant, `merchant-1`."""
    for name in re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE):
        monkeypatch.delenv(name, raising=False)
    project = f"functions-{uuid.uuid4().hex[:12]}"
    environment = {
        "GOOGLE_CLOUD_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": firestore.host,
        "STATUS_PAGE_URL": "https://pay.coffee.example/",
        "ALLOWED_ORIGINS": "https://staff.coffee.example",
        "WEBHOOK_URL": letterbox.url,
        "TMETR_BASE_URL": tmetr.url,
        "TMETR_TOKEN": TMETR_TOKEN,
        "TMETR_WEBHOOK_TOKEN": REPORT_TOKEN,
        "YOOKASSA_SHOP_ID": SHOPS[0].shop_id,
        "YOOKASSA_SECRET_KEY": SHOPS[0].secret,
        "YOOKASSA_API_URL": f"{yookassa.url}/v3",
        "TBANK_TERMINAL_KEY": TERMINALS[0].key,
        "TBANK_PASSWORD": TERMINALS[0].password,
        "TBANK_API_URL": f"{tbank.url}/v2/",
        "LOG_LEVEL": "DEBUG",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for stand_in in (yookassa, tbank, tmetr):
        stand_in.post("reset")
    client = Client(project=project)
    stand = Stand(monkeypatch, captured, client, yookassa, tbank, tmetr)
    stand.device()
    stand.merchant()
    yield stand
    client.close()  # type: ignore[no-untyped-call]  # the library left it without annotations
    firestore.clear(project)


@pytest.fixture
def money_goes_to_tbank(stand: Stand) -> None:
    """The machine `test` takes its money through T-Bank."""
    stand.device(payment_scenario="TBank")


@pytest.fixture
def impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between tries, and where the fault is a silent provider, short time limits of outside calls.

    The other faults keep the real limits, which no busy machine exceeds.
    """
    monkeypatch.setattr("shared.adapters.tmetr.FIRST_PAUSE", 0.01)
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    fault = parameters.get("fault", parameters.get("answer", "hang"))
    if fault not in ("hang", "drip"):
        return
    for name in (
        "yookassa.client.LOOK_UP_SECONDS",
        "yookassa.provider.CREATE_SECONDS",
        "yookassa.provider.REFUND_SECONDS",
        "tbank.LOOK_UP_SECONDS",
        "tbank.CREATE_SECONDS",
        "tbank.REFUND_SECONDS",
        "tmetr.QUESTION_SECONDS",
        "tmetr.MAKE_SECONDS",
    ):
        monkeypatch.setattr(f"shared.adapters.{name}", 1.5)
