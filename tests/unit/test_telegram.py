"""The operator hears of a customer who got nothing, once the order is safe; a broken chat breaks nothing else."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.adapters import telegram as limits
from shared.adapters.telegram import Nobody, Telegram
from shared.config import TelegramChat
from shared.domain.order import MakeOutcome, Order, Reason, RefundStatus, Report, Status
from shared.domain.payment import Payment, PaymentState
from shared.messages import REASON_TEXTS
from shared.services.look import look
from shared.services.report import report_drink
from tests.functions.serving import refusing_port
from tests.unit.answering import SLOW, Answer, answering, breaks_off, drops, says, writes
from tests.worlds import calls
from tests.worlds.builders import ORDER_ID, a_payment, an_order
from tests.worlds.live import LiveWorld

BOT = "123456:telegram-topsecret"
ALERT = "Нужна помощь: заказ 20250317110122659ba6d7-9ace-cndn, кофемашина test, Молочная пена, 150.00 ₽."
GIVEN_BACK = "Напиток не приготовлен: заказ 20250317110122659ba6d7-9ace-cndn, кофемашина test, Молочная пена, 150.00 ₽."


def paid_world(*outcomes: MakeOutcome, payment: Payment | None = None, **environment: str) -> LiveWorld:
    """A pending order whose payment is there, and a machine that answers so; the payment has been looked at."""
    live = LiveWorld().put(an_order(Status.PENDING), payment or a_payment())
    live.outcomes.extend(outcomes)
    look(live.world, live.world.orders.get(ORDER_ID) or pytest.fail("the order is gone"))
    return live


def told(live: LiveWorld) -> list[str]:
    return [call.text for call in live.calls if isinstance(call, calls.TellOperator)]


@pytest.fixture(autouse=True)
def no_token_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Everything that is ever logged: our own lines from DEBUG on, the libraries' from WARNING on."""
    caplog.set_level(logging.WARNING)
    caplog.set_level(logging.DEBUG, logger="shared")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    assert "topsecret" not in written.getvalue()


def tell(url: str) -> None:
    Telegram(TelegramChat(url, BOT, "-100200")).tell("Нужна помощь")


def test_a_refused_command_is_told_as_money_on_its_way_back() -> None:
    (text,) = told(paid_world(MakeOutcome.REFUSED))
    assert text.startswith(GIVEN_BACK)
    assert REASON_TEXTS[Reason.MAKE_FAILED] in text
    assert text.endswith("Деньги возвращаются клиенту.")


def test_an_unknown_outcome_is_told_as_a_call_for_help() -> None:
    (text,) = told(paid_world(MakeOutcome.UNKNOWN))
    assert text.startswith(ALERT)
    assert REASON_TEXTS[Reason.MAKE_UNKNOWN] in text


def test_a_test_payment_is_told_as_a_call_for_help() -> None:
    (text,) = told(paid_world(payment=a_payment(test=True)))
    assert REASON_TEXTS[Reason.TEST_PAYMENT] in text


def test_the_machines_own_failure_is_told() -> None:
    live = LiveWorld().put(an_order(Status.MAKE_PENDING), a_payment())
    report_drink(live.world, ORDER_ID, Report.FAILED, "no milk")
    (text,) = told(live)
    assert REASON_TEXTS[Reason.MACHINE_FAILED] in text


def test_a_refund_that_fails_is_told_as_well() -> None:
    live = LiveWorld().put(an_order(Status.MAKE_PENDING), a_payment())
    live.change_outside(refund_answer=RefundStatus.FAILED)
    report_drink(live.world, ORDER_ID, Report.FAILED, None)
    not_made, not_given_back = told(live)
    assert REASON_TEXTS[Reason.MACHINE_FAILED] in not_made
    assert not_given_back.startswith(ALERT)
    assert REASON_TEXTS[Reason.REFUND_FAILED] in not_given_back


def test_a_made_drink_is_nothing_to_tell() -> None:
    live = paid_world(MakeOutcome.ACCEPTED)
    assert live.order().status is Status.MAKE_PENDING
    assert told(live) == []


@pytest.mark.parametrize("state", [PaymentState.CANCELED, PaymentState.PENDING])
def test_a_customer_who_has_not_paid_is_nothing_to_tell(state: PaymentState) -> None:
    assert told(paid_world(payment=a_payment(state))) == []


def test_a_second_report_is_not_told_again() -> None:
    live = LiveWorld().put(an_order(Status.MAKE_PENDING), a_payment())
    for _ in range(3):
        report_drink(live.world, ORDER_ID, Report.FAILED, None)
    assert len(told(live)) == 1


def test_the_order_is_safe_before_anybody_is_told() -> None:
    live = LiveWorld().put(an_order(Status.MAKE_PENDING), a_payment())
    stored_then: list[Order] = []

    class Watching:
        def tell(self, text: str) -> None:
            stored_then.append(live.order())

    report_drink(replace(live.world, operator=Watching()), ORDER_ID, Report.FAILED, None)
    assert [order.status for order in stored_then] == [Status.MAKE_FAILED]


def test_every_reason_that_is_told_has_words() -> None:
    silent = {Reason.BREW_TIME_OVER}
    assert set(Reason) - set(REASON_TEXTS) == silent


def test_a_message_goes_to_the_chat() -> None:
    with answering(says(200, {"ok": True})) as server:
        tell(server.url)
    (request,) = server.received
    assert (request.method, request.path) == ("POST", f"/bot{BOT}/sendMessage")
    assert request.json == {"chat_id": "-100200", "text": "Нужна помощь"}


@pytest.mark.parametrize(
    "answer",
    [
        says(401, {"ok": False}),
        says(429, {"parameters": {"retry_after": 30}}),
        says(500, "<html>"),
        says(302, headers={"Location": "/"}),
        drops,
        breaks_off,
        writes(b"nonsense\r\n\r\n"),
        writes(b"HTTP/1.1 500 x\r\nno header here\r\nContent-Length: 0\r\n\r\n"),
    ],
    ids=["401", "429", "500", "redirect", "lost", "broken off", "no HTTP", "broken headers"],
)
def test_a_chat_that_fails_is_one_warning(caplog: pytest.LogCaptureFixture, answer: Answer) -> None:
    with answering(answer) as server:
        tell(server.url)
    assert [record.levelname for record in caplog.records if record.name.startswith("shared")] == ["WARNING"]
    assert len(server.received) == 1


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW.keys())
def test_a_slow_chat_holds_nobody_up(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.2)
    begun = time.monotonic()
    with answering(answer) as server:
        tell(server.url)
        assert time.monotonic() - begun < 30
    assert "Telegram was not reached" in caplog.text


def test_a_chat_that_is_not_there_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with refusing_port() as address:
        tell(f"http://{address}")
    assert caplog.messages == ["Telegram was not reached: connection refused"]


def test_without_a_chat_nothing_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    Nobody().tell("Нужна помощь")
    assert [record.levelname for record in caplog.records] == ["DEBUG"]
