"""The status table is SPEC §3's: each step of it, and no other; history and flags."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from shared.domain.order import BEFORE_PAID, Reason, Status, flag, is_order_id, move, unflag
from tests.worlds.builders import NOON, a_refund, an_attempt, an_order, later
from tests.worlds.rules import STEPS

ALLOWED = sorted((Status(before), Status(after)) for before, after in STEPS)
FORBIDDEN = sorted(set(product(Status, Status)) - set(ALLOWED))


@pytest.mark.parametrize(("before", "after"), ALLOWED)
def test_a_step_of_the_table_is_taken_and_recorded(before: Status, after: Status) -> None:
    order = an_order(before)
    moved = move(order, after, later(7), "why")
    assert (moved.status, moved.reason, moved.updated_at) == (after, "why", later(7))
    assert moved.history[:-1] == order.history
    last = moved.history[-1]
    assert (last.status, last.at, last.reason) == (after, later(7), "why")


@pytest.mark.parametrize(("before", "after"), FORBIDDEN)
def test_no_other_step_is_possible(before: Status, after: Status) -> None:
    with pytest.raises(ValueError, match=f"no way from {before} to {after}"):
        move(an_order(before), after, NOON)


@pytest.mark.parametrize("status", [Status.SUCCESSFUL, Status.FAILED])
def test_a_final_status_has_no_way_on(status: Status) -> None:
    assert not [after for before, after in ALLOWED if before is status]


def test_only_the_statuses_before_the_payment_lead_to_paid() -> None:
    assert {before for before, after in ALLOWED if after is Status.PAID} == BEFORE_PAID


def test_the_next_step_forgets_why_the_last_one_was_taken() -> None:
    order = move(an_order(Status.PENDING), Status.NOT_PAID, later(1), "expired_on_confirmation")
    again = move(order, Status.PENDING, later(2))
    assert again.reason is None
    assert [entry.reason for entry in again.history[-2:]] == ["expired_on_confirmation", None]


def test_each_reason_for_attention_stays_until_it_is_gone() -> None:
    flagged = flag(flag(an_order(), Reason.REFUND_FAILED), Reason.MAKE_UNKNOWN)
    assert (flagged.needs_attention, flagged.attention_reason) == (True, Reason.REFUND_FAILED)
    assert flag(flagged, Reason.MAKE_UNKNOWN) is flagged
    one_left = unflag(flagged, Reason.REFUND_FAILED)
    assert (one_left.needs_attention, one_left.attention_reason) == (True, Reason.MAKE_UNKNOWN)
    assert unflag(one_left, Reason.REFUND_FAILED) is one_left
    cleared = unflag(one_left, Reason.MAKE_UNKNOWN)
    assert (cleared.needs_attention, cleared.attention_reason, cleared.open_reasons) == (False, None, ())


def test_a_flag_taken_down_by_hand_brings_no_old_reason_back() -> None:
    by_hand = replace(flag(an_order(), Reason.REFUND_FAILED), needs_attention=False)
    assert by_hand.open_reasons == ()
    assert flag(by_hand, Reason.MAKE_UNKNOWN).open_reasons == (Reason.MAKE_UNKNOWN,)


def test_a_flag_does_not_move_the_order() -> None:
    order = an_order(Status.PAID)
    flagged = flag(order, Reason.MAKE_UNKNOWN)
    assert (flagged.status, flagged.history) == (order.status, order.history)


def test_an_order_expires_after_its_last_moment() -> None:
    order = an_order()
    assert not order.expired(order.expires_at)
    assert order.expired(order.expires_at + timedelta(microseconds=1))


def test_an_attempt_replaces_the_one_of_its_number_and_no_other() -> None:
    order = an_order(attempts=(an_attempt(1), an_attempt(2)))
    changed = order.with_attempt(an_attempt(1, last_error="refused"))
    assert [attempt.last_error for attempt in changed.attempts] == ["refused", None]
    assert changed.attempts[1] is order.attempts[1]


def test_a_refund_replaces_the_one_of_its_payment_and_no_other() -> None:
    order = an_order(refunds=(a_refund(number=1), a_refund(number=2)))
    changed = order.with_refund(a_refund(number=2, tries=3))
    assert [refund.tries for refund in changed.refunds] == [0, 3]


def test_the_current_attempt_and_the_told_refund_are_the_last_ones() -> None:
    order = an_order(attempts=(an_attempt(1), an_attempt(2)), refunds=(a_refund(number=1), a_refund(number=2)))
    assert order.current_attempt == an_attempt(2)
    assert order.refund == a_refund(number=2)
    assert an_order().current_attempt is None
    assert an_order().refund is None


def test_a_refunds_key_comes_from_its_payment_and_fits_the_provider() -> None:
    assert a_refund(payment_id="2f5c").idempotence_key == a_refund(payment_id="2f5c", tries=4).idempotence_key
    assert a_refund(payment_id="2f5c").idempotence_key != a_refund(payment_id="2f5d").idempotence_key
    assert len(a_refund(payment_id="p" * 200).idempotence_key) == 64


@pytest.mark.parametrize(
    ("value", "usable"),
    [
        ("20250317110122659ba6d7-9ace-cndn", True),
        ("abcdefgh", True),
        ("a" * 64, True),
        ("abcdefg", False),
        ("a" * 65, False),
        ("-bcdefgh", False),
        ("_bcdefgh", False),
        ("abcd/efgh", False),
        ("abcdefgh\n", False),
        ("абвгдежз", False),
        ("١٢٣٤٥٦٧٨", False),
        ("", False),
        (None, False),
        (12345678, False),
    ],
)
def test_an_order_id_is_what_may_become_a_document_path(value: object, usable: bool) -> None:
    assert is_order_id(value) is usable
