"""A device whose money T-Bank takes: the same safety, other words (SPEC §10)."""

from __future__ import annotations

import pytest

from sandbox.tbank.tokens import sign
from tests.functions.at_tbank import PASSWORD, TERMINAL, acknowledged, paid
from tests.functions.serving import Json
from tests.functions.stand import Stand, at_once
from tests.functions.texts import refusal, told
from tests.unit.answering import answering, says

pytestmark = pytest.mark.usefixtures("money_goes_to_tbank")


def test_a_purchase_is_acknowledged_with_exactly_ok_and_brews(stand: Stand) -> None:
    order_id, payment_id = paid(stand)
    assert acknowledged(stand.tell_tbank(payment_id))
    assert (stand.status(order_id), len(stand.commands(order_id))) == ("make_pending", 1)
    assert acknowledged(stand.tell_tbank(payment_id))
    assert len(stand.commands(order_id)) == 1


def test_authorized_alone_does_not_brew(stand: Stand) -> None:
    order_id, payment_id = stand.pending()
    stand.tbank.post(f"payments/{payment_id}/hold")
    assert acknowledged(stand.tell_tbank(payment_id))
    assert (stand.status(order_id), stand.commands(order_id)) == ("pending", [])


def test_confirmed_in_the_notification_is_not_believed_while_the_api_says_new(stand: Stand) -> None:
    order_id, payment_id = stand.pending()
    before = stand.document(order_id)
    assert acknowledged(stand.tell_tbank(payment_id, Status="CONFIRMED"))
    assert (stand.document(order_id), stand.commands(order_id)) == (before, [])


def test_authorized_and_confirmed_at_the_same_time_brew_once(stand: Stand) -> None:
    order_id, payment_id = paid(stand)
    notices = [stand.tbank.post(f"payments/{payment_id}/notice", Status=s) for s in ("AUTHORIZED", "CONFIRMED")]
    stand.tmetr.fail("make", "slow", seconds=0.3)
    answers = at_once(2, lambda number: stand.post("webhook", "/tbank", notices[number]))
    assert {answer.status_code for answer in answers} <= {200, 503}
    for notice in notices:
        assert acknowledged(stand.post("webhook", "/tbank", notice))
    assert (stand.status(order_id), len(stand.tmetr.calls("make"))) == ("make_pending", 1)
    assert stand.tbank.calls("cancel") == []


def _notice(stand: Stand, payment_id: str) -> Json:
    notice: Json = stand.tbank.post(f"payments/{payment_id}/notice")
    return notice


FORGERIES: dict[str, Json] = {
    "another amount": {"Amount": 1},
    "another payment": {"PaymentId": 5},
    "another status": {"Status": "CANCELED"},
    "one more field": {"Extra": "x"},
    "an empty token": {"Token": ""},
    "no token": {"Token": None},
    "a token that is a number": {"Token": 5},
    "an unknown terminal": {"TerminalKey": "1900000000000"},
    "a terminal that is a list": {"TerminalKey": ["1700000000000"]},
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_notification_is_turned_away_and_changes_nothing(stand: Stand, change: Json) -> None:
    order_id, payment_id = paid(stand)
    notice, before = _notice(stand, payment_id), stand.document(order_id)
    assert told(stand.post("webhook", "/tbank", notice | change)) == refusal("FORBIDDEN")
    assert (stand.document(order_id), stand.tbank.calls("get_state")) == (before, [])


def test_the_token_of_another_terminal_does_not_open_this_one(stand: Stand) -> None:
    _, payment_id = paid(stand)
    notice = _notice(stand, payment_id)
    notice["Token"] = sign(notice, "second_terminal_pw")
    assert told(stand.post("webhook", "/tbank", notice)) == refusal("FORBIDDEN")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"PaymentId": None}, "PaymentId"),
        ({"PaymentId": True}, "PaymentId"),
        ({"PaymentId": "../x"}, "PaymentId"),
        ({"OrderId": 5}, "OrderId"),
        ({"OrderId": "x" * 37}, "OrderId"),
    ],
)
def test_a_signed_but_malformed_notification_is_refused(stand: Stand, change: Json, field: str) -> None:
    _, payment_id = paid(stand)
    notice = _notice(stand, payment_id) | change
    notice["Token"] = sign(notice, PASSWORD)
    assert told(stand.post("webhook", "/tbank", notice)) == refusal("INVALID_REQUEST", field)


def test_a_notice_of_a_receipt_is_acknowledged(stand: Stand) -> None:
    order_id, payment_id = paid(stand)
    assert acknowledged(stand.tell_tbank(payment_id, Status="RECEIPT"))
    assert (stand.status(order_id), stand.tbank.calls("get_state")) == ("pending", [])


def test_a_payment_that_is_not_ours_is_acknowledged(stand: Stand) -> None:
    order_id, _ = stand.pending()
    before = stand.document(order_id)
    stranger = stand.tbank.post("payments", TerminalKey=TERMINAL)
    assert acknowledged(stand.tell_tbank(stranger["PaymentId"]))
    assert stand.document(order_id) == before


@pytest.mark.parametrize("fault", ["http_500", "html_502", "not_json", "empty", "drop", "hang", "try_later"])
def test_what_cannot_be_verified_now_is_delivered_again(stand: Stand, impatient: None, fault: str) -> None:
    order_id, payment_id = paid(stand)
    stand.tbank.fail("get_state", fault, seconds=2)
    assert told(stand.tell_tbank(payment_id)) == refusal("TEMPORARILY_UNAVAILABLE")
    stand.tbank.heal()
    assert acknowledged(stand.tell_tbank(payment_id))
    assert stand.status(order_id) == "make_pending"


def test_a_confirmed_payment_of_another_order_id_is_a_mismatch(stand: Stand) -> None:
    order_id, payment_id = paid(stand)
    notice = _notice(stand, payment_id)
    stand.tbank.post(f"payments/{payment_id}/alter", OrderId="somebody-elses-1")
    assert acknowledged(stand.post("webhook", "/tbank", notice))
    assert (stand.status(order_id), stand.document(order_id)["reason"]) == ("failed", "payment_mismatch")
    assert (stand.commands(order_id), len(stand.tbank.calls("cancel"))) == ([], 1)


def test_money_that_nobody_confirms_goes_back_when_the_order_has_expired(stand: Stand) -> None:
    order_id, payment_id = stand.pending()
    stand.tbank.post(f"payments/{payment_id}/hold")
    stand.time_passes(order_id, 16 * 60)
    assert acknowledged(stand.tell_tbank(payment_id))
    assert (stand.status(order_id), stand.document(order_id)["reason"]) == ("failed", "waiting_for_capture")
    assert stand.tbank.get(f"payments/{payment_id}")["Status"] == "REVERSED"


@pytest.mark.parametrize("code", ["401", "501", "9001"])
def test_our_own_payment_is_not_unknown_because_an_error_says_so(stand: Stand, code: str) -> None:
    order_id, payment_id = paid(stand)
    notice = _notice(stand, payment_id)
    with answering(says(200, {"Success": False, "ErrorCode": code, "Message": "?"})) as provider:
        stand.configure(TBANK_API_URL=provider.url)
        assert told(stand.post("webhook", "/tbank", notice)) == refusal("TEMPORARILY_UNAVAILABLE")
    assert stand.status(order_id) == "pending"


def test_a_linked_card_is_acknowledged(stand: Stand) -> None:
    notice = {"TerminalKey": TERMINAL, "NotificationType": "LINKCARD", "Status": "COMPLETED", "CardId": "1"}
    notice["Token"] = sign(notice, PASSWORD)
    assert acknowledged(stand.post("webhook", "/tbank", notice))


@pytest.mark.parametrize(
    ("status", "reason"),
    [(s, s.lower()) for s in ("REJECTED", "CANCELED", "DEADLINE_EXPIRED", "ATTEMPTS_EXPIRED", "AUTH_FAIL", "REVERSED")],
)
def test_a_dead_payment_may_be_tried_again(stand: Stand, status: str, reason: str) -> None:
    order_id, payment_id = stand.pending()
    stand.tbank.post(f"payments/{payment_id}/alter", Status=status)
    assert acknowledged(stand.tell_tbank(payment_id))
    assert (stand.status(order_id), stand.document(order_id)["reason"]) == ("not_paid", reason)
    assert stand.start(order_id) != payment_id


def test_an_abandoned_form_becomes_not_paid_by_reconcile(stand: Stand) -> None:
    order_id, payment_id = stand.pending()
    stand.tbank.post(f"payments/{payment_id}/expire")
    stand.time_passes(order_id, 6)
    assert stand.work_through() == {"due": 1, "not_paid": 1, "unfinished": 0}
