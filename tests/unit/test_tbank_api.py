"""What T-Bank's answers mean to us: states, errors, an Init that is never doubled, a Cancel that is safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import requests

from shared.adapters import tbank as limits
from shared.adapters.tbank import TBank, token_matches
from shared.adapters.wire import new_session
from shared.credentials import TBankTerminal
from shared.domain.order import RefundStatus
from shared.domain.payment import Payment, PaymentState
from shared.errors import PaymentUnknown, ProviderBadRequest, ProviderError, ProviderUnauthorized, ProviderUnavailable
from shared.ports import Checkout
from tests.functions.serving import refusing_port
from tests.unit.answering import Answer, Server, drops, hangs, says
from tests.unit.conftest import Serve
from tests.worlds.builders import PRICE, a_refund, a_starting_attempt, an_order

PASSWORD = "terminal-topsecret"
TERMINAL = TBankTerminal("1321054611234DEMO", PASSWORD)
STATES = {
    **dict.fromkeys(["NEW", "FORM_SHOWED", "AUTHORIZING", "3DS_CHECKING", "3DS_CHECKED"], PaymentState.PENDING),
    **dict.fromkeys(["PAY_CHECKING", "CONFIRMING", "REFUNDING", "REVERSING"], PaymentState.PENDING),
    "ASYNC_REFUNDING": PaymentState.PENDING,
    "AUTHORIZED": PaymentState.AUTHORIZED,
    "CONFIRMED": PaymentState.SUCCEEDED,
    **dict.fromkeys(["REJECTED", "CANCELED", "DEADLINE_EXPIRED"], PaymentState.CANCELED),
    **dict.fromkeys(["ATTEMPTS_EXPIRED", "AUTH_FAIL", "REVERSED"], PaymentState.CANCELED),
    **dict.fromkeys(["REFUNDED", "PARTIAL_REFUNDED"], PaymentState.REFUNDED),
}

At = Callable[..., tuple[TBank, Server]]


@pytest.fixture
def at(serve: Serve, session: requests.Session) -> At:
    """A terminal at a T-Bank that gives these answers, and that T-Bank."""

    def open_at(*answers: Answer) -> tuple[TBank, Server]:
        server = serve(*answers)
        return TBank(server.url, TERMINAL, session, "https://hook.example/tbank"), server

    return open_at


def state(status: str, **changes: Any) -> Answer:
    answer = {"Success": True, "ErrorCode": "0", "TerminalKey": TERMINAL.terminal_key, "Status": status}
    return says(200, {**answer, "PaymentId": "8742591", "OrderId": "order-1", "Amount": PRICE, **changes})


def failed(code: str) -> Answer:
    return says(200, {"Success": False, "ErrorCode": code, "Message": "Неверные параметры"})


def an_attempt_of_ours(**changes: Any) -> Any:
    return a_starting_attempt(provider="tbank", idempotence_key="order-1", request={"OrderId": "order-1"}, **changes)


def methods(server: Server) -> list[str]:
    return [request.path.removeprefix("/") for request in server.received]


@pytest.mark.parametrize(("status", "expected"), STATES.items())
def test_each_status_is_one_of_ours(at: At, status: str, expected: PaymentState) -> None:
    terminal, _ = at(state(status))
    assert terminal.fetch("8742591").state is expected


def test_a_status_of_the_future_is_not_paid_yet_and_logged(at: At, caplog: pytest.LogCaptureFixture) -> None:
    terminal, _ = at(state("TELEPORTED"))
    assert terminal.fetch("8742591").state is PaymentState.PENDING
    assert "TELEPORTED" in caplog.text


def test_a_payment_is_read_with_everything_that_is_verified(at: At) -> None:
    terminal, _ = at(state("CONFIRMED", PaymentId=8742591))
    assert terminal.fetch("8742591") == Payment(
        payment_id="8742591", state=PaymentState.SUCCEEDED, amount=PRICE, attempt_key="order-1"
    )


def test_another_terminals_payment_is_told(at: At) -> None:
    terminal, _ = at(state("CONFIRMED", TerminalKey="another"))
    assert not terminal.fetch("8742591").shop_matches


@pytest.mark.parametrize(("status", "amount"), [("REFUNDED", PRICE), ("PARTIAL_REFUNDED", 1)])
def test_a_part_that_went_back_is_less_than_the_whole(at: At, status: str, amount: int) -> None:
    terminal, _ = at(state(status))
    assert terminal.fetch("8742591").refunded_amount == amount


def test_a_repeated_init_is_the_same_to_the_byte_whatever_order_the_store_gave_its_fields(at: At) -> None:
    terminal, server = at(state("NEW"))
    request = {"OrderId": "order-1", "Amount": PRICE, "Description": "Кофе"}
    for fields in (request, dict(reversed(request.items()))):
        terminal.create(replace(an_attempt_of_ours(), request=fields))
    first, second = server.received
    assert first.body == second.body


def test_every_request_is_signed(at: At) -> None:
    terminal, server = at(state("NEW"))
    terminal.fetch("8742591")
    (request,) = server.received
    assert request.path == "/GetState"
    assert request.json["TerminalKey"] == TERMINAL.terminal_key
    assert token_matches(request.json, PASSWORD)


@pytest.mark.parametrize(
    "answer",
    [
        says(500, {"Success": True}),
        says(503, "<html>"),
        says(302, headers={"Location": "https://elsewhere.example"}),
        says(200, "<html>"),
        says(200, "null"),
        says(200, "[" * 100_000),
        state("CONFIRMED", Amount="15000"),
        state("CONFIRMED", Amount=True),
        state("CONFIRMED", Amount=150.0),
        says(200, {"Success": True, "ErrorCode": "0"}),
        says(200, {}),
        says(200, {"Success": False, "ErrorCode": "0"}),
        failed("99"),
        failed("999"),
        failed("9999"),
        drops,
    ],
    ids=[
        *("500", "503", "redirect", "html", "null", "nested", "text amount", "true amount", "float amount"),
        *("no payment", "nothing", "no success", "99", "999", "9999", "lost"),
    ],
)
def test_an_answer_that_says_nothing_leaves_the_outcome_unknown(at: At, answer: Answer) -> None:
    terminal, _ = at(answer)
    with pytest.raises(ProviderUnavailable):
        terminal.create(an_attempt_of_ours(tries=1))


@pytest.mark.parametrize(("code", "kind"), [("204", ProviderUnauthorized), ("8", ProviderBadRequest)])
def test_an_error_code_is_a_typed_error(at: At, code: str, kind: type[ProviderError]) -> None:
    terminal, _ = at(failed(code))
    with pytest.raises(kind) as caught:
        terminal.create(an_attempt_of_ours(tries=1))
    assert str(caught.value) == f"T-Bank Init: ErrorCode {code}"
    assert PASSWORD not in repr(caught.value)


def test_a_payment_that_tbank_does_not_know_is_unknown(at: At) -> None:
    terminal, _ = at(failed("255"))
    with pytest.raises(PaymentUnknown):
        terminal.fetch("8742591")


@pytest.mark.parametrize("code", ["3", "8", "100", "202", "401", "402", "501", "9001"])
def test_another_error_leaves_open_whether_there_is_a_payment(at: At, code: str) -> None:
    terminal, _ = at(failed(code))
    with pytest.raises(ProviderBadRequest):
        terminal.fetch("8742591")


def test_a_failed_payment_is_read_though_its_answer_is_no_success(at: At) -> None:
    terminal, _ = at(state("REJECTED", Success=False, ErrorCode="1051"))
    assert terminal.fetch("8742591").state is PaymentState.CANCELED


def test_a_wrong_password_does_not_make_a_payment_unknown(at: At) -> None:
    terminal, _ = at(failed("204"))
    with pytest.raises(ProviderUnauthorized):
        terminal.fetch("8742591")


def test_a_server_that_is_silent_or_not_there_is_unavailable(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOOK_UP_SECONDS", 0.2)
    terminal, _ = at(hangs)
    with pytest.raises(ProviderUnavailable, match="in time"):
        terminal.fetch("8742591")
    with new_session() as session, refusing_port() as address, pytest.raises(ProviderUnavailable, match="refused"):
        TBank(f"http://{address}", TERMINAL, session, "").fetch("8742591")


def test_a_first_init_sends_the_stored_request_and_brings_the_address(at: At) -> None:
    terminal, server = at(state("NEW", PaymentURL="https://securepay.example/1"))
    payment = terminal.create(an_attempt_of_ours(tries=1))
    assert (payment.state, payment.confirmation_url) == (PaymentState.PENDING, "https://securepay.example/1")
    assert methods(server) == ["Init"]
    assert server.received[0].json.items() >= {"OrderId": "order-1"}.items()


def test_an_init_may_answer_no_more_than_the_specification_names(at: At) -> None:
    url = "https://securepay.tinkoff.ru/new/fU1ppgqa"
    terminal, _ = at(says(200, {"Success": True, "ErrorCode": "0", "PaymentId": "8742591", "PaymentURL": url}))
    payment = terminal.create(an_attempt_of_ours(tries=1))
    assert (payment.payment_id, payment.state, payment.confirmation_url) == ("8742591", PaymentState.PENDING, url)
    assert (payment.amount, payment.attempt_key) == (PRICE, "order-1")


def test_a_lost_init_is_not_repeated_behind_the_callers_back(at: At) -> None:
    terminal, server = at(drops)
    with pytest.raises(ProviderUnavailable):
        terminal.create(an_attempt_of_ours(tries=1))
    assert methods(server) == ["Init"]


def test_a_repeated_init_first_asks_for_money_that_has_moved(at: At) -> None:
    paid = {"PaymentId": 8742591, "Status": "CONFIRMED", "Amount": PRICE}
    known = says(200, {"Success": True, "ErrorCode": "0", "Payments": [{"Status": "REJECTED"}, paid]})
    terminal, server = at(known)
    payment = terminal.create(an_attempt_of_ours(tries=2))
    assert (payment.payment_id, payment.state, payment.attempt_key) == ("8742591", PaymentState.SUCCEEDED, "order-1")
    assert methods(server) == ["CheckOrder"]


@pytest.mark.parametrize(
    "known",
    [
        says(200, {"Success": True, "ErrorCode": "0", "Payments": []}),
        says(200, {"Success": True, "ErrorCode": "0", "Payments": None}),
        says(200, {"Success": True, "ErrorCode": "0", "Payments": ["x", {"Status": "FORM_SHOWED"}]}),
        failed("335"),
    ],
    ids=["none", "null", "unpaid", "unknown order"],
)
def test_a_repeated_init_goes_on_when_no_money_has_moved(at: At, known: Answer) -> None:
    terminal, server = at(known, state("NEW"))
    assert terminal.create(an_attempt_of_ours(tries=2)).state is PaymentState.PENDING
    assert methods(server) == ["CheckOrder", "Init"]


@pytest.mark.parametrize(
    ("after", "becomes"),
    [
        ("REFUNDED", RefundStatus.SUCCEEDED),
        ("REVERSED", RefundStatus.SUCCEEDED),
        ("PARTIAL_REFUNDED", RefundStatus.SUCCEEDED),
        ("ASYNC_REFUNDING", RefundStatus.PENDING),
    ],
)
def test_a_refund_cancels_the_payment(at: At, after: str, becomes: RefundStatus) -> None:
    terminal, server = at(state("CONFIRMED"), state(after))
    refund = a_refund(payment_id="8742591")
    assert terminal.give_back(refund).status is becomes
    assert methods(server) == ["GetState", "Cancel"]
    request = server.received[1].json
    assert (request["Amount"], request["ExternalRequestId"]) == (PRICE, refund.idempotence_key)


@pytest.mark.parametrize(
    ("before", "becomes"),
    [("REFUNDED", RefundStatus.SUCCEEDED), ("REVERSED", RefundStatus.SUCCEEDED), ("REFUNDING", RefundStatus.PENDING)],
)
def test_money_that_is_back_or_on_its_way_is_not_cancelled_again(at: At, before: str, becomes: RefundStatus) -> None:
    terminal, server = at(state(before))
    assert terminal.give_back(a_refund(payment_id="8742591")).status is becomes
    assert methods(server) == ["GetState"]


def test_a_cancel_that_changed_nothing_is_tried_again_later(at: At) -> None:
    terminal, _ = at(state("CONFIRMED"), state("CONFIRMED"))
    with pytest.raises(ProviderUnavailable):
        terminal.give_back(a_refund(payment_id="8742591"))


def test_a_prepared_request_fits_tbank_and_holds_no_secret(at: At) -> None:
    terminal, _ = at(state("NEW"))
    order = an_order()
    checkout = Checkout(order=order, number=3, key="key-3", description="я" * 200, return_url="https://pay.example/")
    prepared = terminal.prepare(checkout)
    assert (prepared.key, prepared.request["OrderId"]) == (f"{order.order_id}-3", f"{order.order_id}-3")
    assert (prepared.request["Amount"], len(prepared.request["Description"])) == (PRICE, 140)
    assert prepared.request["NotificationURL"] == "https://hook.example/tbank"
    assert datetime.fromisoformat(prepared.request["RedirectDueDate"]) == order.expires_at
    assert prepared.request["RedirectDueDate"].endswith("+03:00")
    assert not {"Token", "TerminalKey", "Password"} & set(prepared.request)
