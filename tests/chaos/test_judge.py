"""The judge of the fault run notices each broken rule, and accepts what SPEC §7 allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.order import AttemptStatus, Order, Reason, RefundStatus, Status
from tests.chaos.books import Books, Charge, MakeCall
from tests.chaos.builders import (
    NOON,
    a_call,
    a_charge,
    a_claim,
    a_refund,
    an_attempt,
    an_order,
    books_of,
)
from tests.chaos.fates import fate
from tests.chaos.judge import judge

REFUNDED = a_charge(returned=15000, refund_requests=1)
MAKE_FAILED = (Status.CREATED, Status.PENDING, Status.PAID, Status.MAKE_FAILED)
FAILED = (Status.CREATED, Status.PENDING, Status.FAILED)


def made(order: Order) -> Books:
    return books_of(order, charges=(a_charge(),), calls=(a_call(),))


def flagged(order: Order) -> Order:
    return replace(order, needs_attention=True, attention_reason=Reason.MAKE_UNKNOWN)


def broken(books: Books) -> set[int]:
    return {violation.rule for violation in judge(books)}


def test_a_made_drink_breaks_nothing() -> None:
    books = made(an_order())
    assert judge(books) == []
    assert fate(books, books.charges[0]) == "made"


@pytest.mark.parametrize(
    "charge",
    [
        a_charge(amount=100),
        a_charge(currency="KZT"),
        a_charge(ours=False),
        a_charge(order_id="20251118120000abcdef-0002-test"),
        a_charge(test=True),
        a_charge(taken=False, open=True, state="pending"),
        a_charge(taken_at=NOON + timedelta(minutes=1)),
    ],
    ids=lambda charge: f"{charge.amount} {charge.currency} {charge.state}",
)
def test_a_drink_on_a_payment_that_is_not_exactly_right_breaks_rule_1(charge: Charge) -> None:
    assert 1 in broken(books_of(an_order(), charges=(charge,), calls=(a_call(),)))


def test_a_drink_for_an_expired_order_breaks_rule_1() -> None:
    assert broken(made(an_order(expires_at=NOON))) == {1}


def test_a_command_for_an_order_that_is_not_paid_breaks_rule_1() -> None:
    order = an_order(Status.CREATED, Status.PENDING, attempts=(an_attempt(status=AttemptStatus.PENDING),))
    waiting = a_charge(taken=False, open=True, state="pending")
    assert broken(books_of(order, charges=(waiting,), calls=(a_call(),))) == {1}


def test_a_command_with_another_drink_or_for_no_order_breaks_rule_1() -> None:
    wrong = a_call(body={**a_call().body, "size": "big"})
    assert broken(books_of(an_order(), charges=(a_charge(),), calls=(wrong,))) == {1}
    assert broken(Books(orders={}, charges=(), calls={"nobody": (a_call(),)})) == {1}


@pytest.mark.parametrize("first", [202, None, 400])
def test_a_second_command_under_one_claim_breaks_rule_2(first: int | None) -> None:
    twice = (a_call(0.1, first), a_call(5))
    assert broken(books_of(an_order(), charges=(a_charge(),), calls=twice)) == {2}


def test_refused_commands_may_be_repeated_three_times() -> None:
    tries = (a_call(0.1, 500), a_call(0.5, 429), a_call(1.2))
    assert broken(books_of(an_order(), charges=(a_charge(),), calls=tries)) == set()
    assert broken(books_of(an_order(), charges=(a_charge(),), calls=(a_call(0.01, 503), *tries))) == {2}


def test_a_command_may_be_sent_again_once_a_claim_has_lapsed_and_only_under_a_second_claim() -> None:
    again = (a_call(0.1), a_call(60.5))
    resent = an_order(make=a_claim(claims=2))
    assert broken(books_of(resent, charges=(a_charge(),), calls=again)) == set()
    assert broken(books_of(an_order(), charges=(a_charge(),), calls=again)) == {2}
    assert broken(books_of(resent, charges=(a_charge(),), calls=(a_call(0.1), a_call(59)))) == {2}
    assert broken(books_of(resent, charges=(a_charge(),), calls=again, interrupted=False)) == {2}


def test_a_claim_that_was_moved_back_in_time_lapses_so_much_sooner() -> None:
    again = (a_call(0.1), a_call(21))
    resent = an_order(make=a_claim(claims=2))
    assert broken(books_of(resent, charges=(a_charge(),), calls=again, aged={resent.order_id: 40.0})) == set()
    assert broken(books_of(resent, charges=(a_charge(),), calls=again, aged={resent.order_id: 30.0})) == {2}


@pytest.mark.parametrize(
    "order",
    [
        an_order(*FAILED, reason="paid_late"),
        an_order(*MAKE_FAILED),
        an_order(Status.CREATED, Status.PENDING, Status.NOT_PAID),
        an_order(attempts=()),
    ],
    ids=lambda order: f"{order.status}, {len(order.attempts)} attempts",
)
def test_money_without_drink_refund_or_flag_breaks_rule_3(order: Order) -> None:
    assert 3 in broken(books_of(order, charges=(a_charge(),)))


def test_a_hold_that_is_never_released_breaks_rule_3() -> None:
    held = a_charge(taken=False, held=True, state="waiting_for_capture")
    assert 3 in broken(books_of(an_order(*FAILED), charges=(held,)))


def test_a_flag_about_the_payment_is_an_end() -> None:
    books = books_of(
        flagged(an_order(*MAKE_FAILED)),
        charges=(a_charge(),),
        calls=(a_call(0.1, None),),
    )
    assert judge(books) == []
    assert fate(books, books.charges[0]) == "flagged: make_unknown"


def test_a_flag_about_one_payment_does_not_excuse_another() -> None:
    order = an_order(
        *MAKE_FAILED, attempts=(an_attempt(1), an_attempt(2)), needs_attention=True, attention_reason="make_unknown"
    )
    assert broken(books_of(order, charges=(a_charge(1), a_charge(2)), calls=(a_call(0.1, None),))) == {3}


def test_a_payment_that_no_order_asked_for_is_nobody_s_concern() -> None:
    forged = a_charge(7)
    books = books_of(an_order(), charges=(a_charge(), forged), calls=(a_call(),), strangers=frozenset({"payment-7"}))
    assert judge(books) == []


def test_two_payments_that_are_both_kept_break_rules_3_and_4() -> None:
    order = an_order(attempts=(an_attempt(1), an_attempt(2)))
    assert broken(books_of(order, charges=(a_charge(1), a_charge(2)), calls=(a_call(),))) == {3, 4}


def test_two_payments_of_one_attempt_break_rule_4() -> None:
    again = a_charge(2, attempt_key="key-1", taken=False, open=True, state="pending")
    assert broken(books_of(an_order(), charges=(a_charge(), again), calls=(a_call(),))) == {4}


def refunded(order: Order, reason: str, *calls: MakeCall, charge: Charge = REFUNDED, drink: str = "success") -> Books:
    order = replace(order, refunds=(a_refund(reason),))
    return books_of(order, charges=(charge,), calls=calls, drinks={order.order_id: (drink,)})


def test_refunds_with_a_reason_break_nothing() -> None:
    late = an_order(*FAILED, expires_at=NOON)
    assert judge(refunded(late, Reason.PAID_LATE)) == []
    refused = an_order(*MAKE_FAILED)
    assert judge(refunded(refused, Reason.MAKE_FAILED, a_call(0.1, 500))) == []
    assert judge(refunded(refused, Reason.MACHINE_FAILED, a_call(), drink="failed")) == []
    less = replace(REFUNDED, amount=100, returned=100)
    assert judge(refunded(an_order(*FAILED), Reason.PAYMENT_MISMATCH, charge=less)) == []


def test_refunds_for_a_reason_that_is_not_so_break_rule_5() -> None:
    assert broken(refunded(an_order(*FAILED), Reason.PAID_LATE)) == {5}
    assert broken(refunded(an_order(*FAILED), Reason.PAYMENT_MISMATCH)) == {5}
    assert broken(refunded(an_order(*FAILED), Reason.DUPLICATE_PAYMENT)) == {5}
    assert broken(refunded(an_order(*MAKE_FAILED), Reason.MAKE_FAILED, a_call(0.1, None))) == {5}
    assert broken(refunded(an_order(*MAKE_FAILED), Reason.MACHINE_FAILED, a_call())) == {5}
    assert broken(refunded(an_order(*MAKE_FAILED), Reason.MAKE_UNKNOWN, a_call(0.1, None))) == {5}


def test_a_refund_that_the_order_does_not_know_of_breaks_rule_5() -> None:
    assert 5 in broken(books_of(an_order(), charges=(REFUNDED,), calls=(a_call(),)))


def test_two_refunds_or_half_a_refund_of_one_payment_break_rule_5() -> None:
    late = an_order(*FAILED, expires_at=NOON)
    assert broken(refunded(late, Reason.PAID_LATE, charge=replace(REFUNDED, refund_requests=2))) == {5}
    assert 5 in broken(refunded(late, Reason.PAID_LATE, charge=replace(REFUNDED, returned=100)))


def test_a_refund_that_is_only_said_to_be_done_breaks_rule_5() -> None:
    late = an_order(*FAILED, expires_at=NOON)
    assert broken(refunded(late, Reason.PAID_LATE, charge=a_charge())) == {3, 5}


@pytest.mark.parametrize("last", [Status.PAID, Status.MAKE_PENDING])
def test_an_order_left_on_the_way_breaks_rule_6(last: Status) -> None:
    steps = (Status.CREATED, Status.PENDING, Status.PAID, Status.MAKE_PENDING)
    order = an_order(*steps[: steps.index(last) + 1])
    assert 6 in broken(made(order))


def test_a_pending_order_is_left_only_while_the_provider_waits_for_the_customer() -> None:
    order = an_order(Status.CREATED, Status.PENDING, attempts=(an_attempt(status=AttemptStatus.PENDING),))
    assert broken(books_of(order, charges=(a_charge(taken=False, open=True, state="pending"),))) == set()
    assert broken(books_of(order, charges=(a_charge(taken=False, state="canceled"),))) == {6}


def test_a_refund_that_is_still_due_breaks_rule_6() -> None:
    order = an_order(*FAILED, expires_at=NOON)
    order = replace(order, refunds=(a_refund(Reason.PAID_LATE, status=RefundStatus.DUE),))
    assert 6 in broken(books_of(order, charges=(a_charge(),)))
