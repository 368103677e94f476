"""reconcile: what a lost notification, a crash or a slow provider left unfinished is finished, once (SPEC §6, §7.2)."""

from __future__ import annotations

import pytest

from tests.functions.stand import Stand, answered, at_once
from tests.functions.texts import refusal, told


def _killed_before_the_outcome(stand: Stand, order_id: str, claims: int = 1) -> None:
    """The order as a function leaves it that was killed after sending the command, before it could write more."""
    document = stand.document(order_id)
    unspent = {"outcome": None, "tries": 0, "sent_at": None, "brew_until": None, "claims": claims}
    stand.edit(
        order_id,
        status="paid",
        reason=None,
        history=[entry for entry in document["history"] if entry["status"] != "make_pending"],
        make=document["make"] | unspent,
        due_at=document["make"]["lapses_at"],
    )


def _statuses(stand: Stand, order_id: str) -> list[str]:
    return [entry["status"] for entry in stand.document(order_id)["history"]]


def test_with_nothing_to_do_it_says_so(stand: Stand) -> None:
    assert stand.work_through() == {"due": 0, "unfinished": 0}


def test_a_lost_notification_is_made_good(stand: Stand) -> None:
    order_id, _ = stand.paid()
    stand.time_passes(order_id, 6)
    assert stand.work_through() == {"due": 1, "make_pending": 1, "unfinished": 0}
    assert len(stand.commands(order_id)) == 1


def test_an_abandoned_payment_becomes_not_paid(stand: Stand) -> None:
    order_id = stand.order()
    stand.yookassa.post(f"payments/{stand.start(order_id)}/expire")
    stand.time_passes(order_id, 3700)
    assert stand.work_through() == {"due": 1, "not_paid": 1, "unfinished": 0}
    assert stand.document(order_id)["reason"] == "expired_on_confirmation"
    stand.time_passes(order_id, 3700)
    assert stand.work_through()["due"] == 0


def test_a_pending_payment_is_looked_at_every_five_seconds_and_later_every_minute(stand: Stand) -> None:
    order_id = stand.order()
    stand.start(order_id)
    looked = []
    for seconds in (2, 4, 2, 4, 300, 30, 31, 30, 31):
        stand.time_passes(order_id, seconds)
        looked.append(stand.work_through()["due"])
    assert looked == [0, 1, 0, 1, 1, 0, 1, 0, 1]
    assert len(stand.yookassa.calls("get_payment")) == sum(looked)


@pytest.mark.parametrize("fault", ["http_500", "drop", "http_401"])
def test_a_provider_that_does_not_answer_is_asked_again_later(stand: Stand, fault: str) -> None:
    order_id, _ = stand.paid()
    stand.yookassa.fail("get_payment", fault)
    stand.time_passes(order_id, 6)
    assert stand.work_through() == {"due": 1, "not_verified": 1, "unfinished": 0}
    assert stand.work_through()["due"] == 0
    stand.yookassa.heal()
    stand.time_passes(order_id, 6)
    assert stand.work_through()["make_pending"] == 1


def test_a_drink_whose_time_is_over_is_taken_for_made(stand: Stand) -> None:
    order_id = stand.brewing()
    assert stand.work_through()["due"] == 0
    stand.time_passes(order_id, 91)
    assert stand.work_through() == {"due": 1, "successful": 1, "unfinished": 0}
    last = stand.document(order_id)["history"][-1]
    assert (last["status"], last["reason"]) == ("successful", "brew_time_over")


def test_a_failure_reported_after_the_drink_was_taken_for_made_is_the_operators(stand: Stand) -> None:
    order_id = stand.brewing()
    stand.time_passes(order_id, 91)
    stand.work_through()
    assert answered(stand.report(order_id, "failed"))["status"] == "successful"
    document = stand.document(order_id)
    assert (document["needs_attention"], document["attention_reason"]) == (
        True,
        "machine_failed_after_success",
    )


def test_a_claim_that_has_not_lapsed_is_nobody_elses(stand: Stand) -> None:
    order_id = stand.brewing()
    _killed_before_the_outcome(stand, order_id)
    stand.time_passes(order_id, 50)
    assert stand.work_through()["due"] == 0
    payment_id = stand.payment_id(order_id)
    assert told(stand.notify(payment_id)) == refusal("TEMPORARILY_UNAVAILABLE")
    assert answered(stand.check(order_id))["status"] == "paid"
    assert len(stand.commands(order_id)) == 1


@pytest.mark.parametrize("who", ["reconcile", "webhook", "check"])
def test_a_lapsed_claim_is_taken_over_and_the_same_command_sent_once_more(stand: Stand, who: str) -> None:
    order_id = stand.brewing()
    _killed_before_the_outcome(stand, order_id)
    stand.time_passes(order_id, 61)
    if who == "reconcile":
        assert stand.work_through() == {"due": 1, "make_pending": 1, "unfinished": 0}
    elif who == "webhook":
        assert stand.notify(stand.payment_id(order_id)).status_code == 200
    else:
        assert answered(stand.check(order_id))["status"] == "make_pending"
    first, second = stand.tmetr.calls("make")
    assert first["body"] == second["body"]
    assert stand.document(order_id)["make"]["claims"] == 2
    stand.work_through()
    stand.check(order_id)
    assert len(stand.commands(order_id)) == 2


def test_five_that_come_at_once_to_a_lapsed_claim_send_one_command(stand: Stand) -> None:
    order_id = stand.brewing()
    _killed_before_the_outcome(stand, order_id)
    stand.time_passes(order_id, 61)
    stand.tmetr.fail("make", "slow", seconds=0.3)
    at_once(5, lambda number: stand.work_through() if number % 2 else stand.check(order_id))
    assert len(stand.commands(order_id)) == 2
    assert _statuses(stand, order_id).count("make_pending") == 1


def test_a_second_lapse_is_not_resent_but_the_operators(stand: Stand) -> None:
    order_id = stand.brewing()
    _killed_before_the_outcome(stand, order_id, claims=2)
    stand.time_passes(order_id, 61)
    assert stand.work_through() == {"due": 1, "make_failed": 1, "unfinished": 0}
    document = stand.document(order_id)
    assert (document["reason"], document["needs_attention"]) == ("make_unknown", True)
    assert document["attention_reason"] == "make_unknown"
    assert (len(stand.commands(order_id)), stand.refunds()) == (1, [])


def test_a_refusal_of_the_resent_command_says_nothing_of_the_first(stand: Stand) -> None:
    order_id = stand.brewing()
    _killed_before_the_outcome(stand, order_id)
    stand.time_passes(order_id, 61)
    stand.tmetr.fail("make", "http_400")
    stand.work_through()
    document = stand.document(order_id)
    assert (document["status"], document["attention_reason"]) == ("make_failed", "make_unknown")
    assert stand.refunds() == []


def test_a_report_that_came_while_the_claim_lay_decides_without_a_second_command(stand: Stand) -> None:
    order_id = stand.brewing()
    _killed_before_the_outcome(stand, order_id)
    assert answered(stand.report(order_id, "success"))["status"] == "paid"
    stand.time_passes(order_id, 61)
    assert stand.work_through()["successful"] == 1
    assert len(stand.commands(order_id)) == 1


def _many_brewed(stand: Stand, number: int) -> list[str]:
    """So many orders whose brewing time is over, the first one waiting the longest."""
    first = stand.brewing()
    stand.time_passes(first, 91)
    document = stand.document(first)
    batch, copies = stand.client.batch(), [f"{first[:30]}-{index:03}" for index in range(1, number)]
    for order_id in copies:
        batch.set(stand.client.collection("orders").document(order_id), document | {"order_id": order_id})
    batch.commit()
    return [first, *copies]


def test_a_call_takes_on_fifty_orders_and_the_next_one_the_rest(stand: Stand) -> None:
    _many_brewed(stand, 55)
    assert stand.work_through() == {"due": 50, "successful": 50, "unfinished": 0}
    assert stand.work_through() == {"due": 5, "successful": 5, "unfinished": 0}
    assert stand.work_through()["due"] == 0


def test_two_calls_at_once_do_everything_once(stand: Stand) -> None:
    orders = _many_brewed(stand, 20)
    first, second = at_once(2, lambda _: stand.work_through())
    assert not {"errors", "store_unavailable"} & {*first, *second}
    for order_id in orders:
        assert _statuses(stand, order_id).count("successful") == 1


def test_an_unreadable_order_does_not_keep_the_others_waiting(stand: Stand) -> None:
    broken, *others = _many_brewed(stand, 3)
    stand.edit(broken, price="150 rubles")
    assert stand.work_through() == {"due": 2, "successful": 2, "unfinished": 0}
    assert stand.logged(event="order_unreadable", severity="ERROR", order_id=broken)


def test_orders_of_different_kinds_are_finished_in_one_call(stand: Stand) -> None:
    stand.yookassa.post("refunds/behaviour", behaviour="pending")
    brewed = stand.brewing()
    lost, _ = stand.paid()
    refunded = stand.brewing()
    stand.report(refunded, "failed")
    (refund,) = stand.refunds()
    stand.yookassa.post(f"refunds/{refund['id']}/finish", status="succeeded")
    for order_id in (brewed, lost, refunded):
        stand.time_passes(order_id, 91)
    counts = stand.work_through()
    assert counts == {"due": 3, "successful": 1, "make_pending": 1, "looked_at": 1, "unfinished": 0}
    assert stand.shown(refunded)["refund"] == {"status": "succeeded", "amount": 150.0}
