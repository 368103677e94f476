"""A machine that speaks after its command's outcome was given up answers that question, and no other one."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.dispensing import record_report
from shared.domain.order import AttemptStatus, Order, Reason, RefundStatus, Report, Status
from shared.domain.refunds import AutoRefund
from tests.worlds.builders import a_moment, a_refund, an_attempt, an_order


def made_unknown(**changes: object) -> Order:
    """Whether the first attempt's drink came is unknown, and an operator was asked to look."""
    flagged = {"needs_attention": True, "attention_reason": Reason.MAKE_UNKNOWN}
    return replace(an_order(Status.MAKE_FAILED, **flagged), **changes)  # type: ignore[arg-type]  # fields of an order


def test_a_late_report_does_not_answer_for_a_second_payment_that_stays_with_us() -> None:
    paid_twice = (an_attempt(1, status=AttemptStatus.SUCCEEDED), an_attempt(2, status=AttemptStatus.SUCCEEDED))
    order = record_report(made_unknown(attempts=paid_twice), Report.SUCCESS, None, a_moment())

    assert order.status is Status.SUCCESSFUL
    assert order.attention_reason == Reason.REFUND_IS_OFF


def test_a_late_report_of_failure_does_not_hide_a_refund_that_failed() -> None:
    order = made_unknown(refunds=(a_refund(RefundStatus.FAILED),))
    order = record_report(order, Report.FAILED, None, a_moment(auto_refund=AutoRefund.ALWAYS))

    assert order.attention_reason == Reason.REFUND_FAILED


def test_a_late_report_leaves_a_flag_that_is_about_something_else() -> None:
    order = made_unknown(attention_reason=Reason.TEST_PAYMENT)

    assert record_report(order, Report.SUCCESS, None, a_moment()).attention_reason == Reason.TEST_PAYMENT


def test_a_drink_that_came_is_successful_though_another_payment_went_back() -> None:
    order = made_unknown(
        attempts=(an_attempt(1, status=AttemptStatus.SUCCEEDED), an_attempt(2, status=AttemptStatus.SUCCEEDED)),
        refunds=(a_refund(RefundStatus.SUCCEEDED, number=2),),
    )
    order = record_report(order, Report.SUCCESS, None, a_moment())

    assert (order.status, order.needs_attention) == (Status.SUCCESSFUL, False)
