"""A machine that speaks after its command's outcome was given up answers that question, and no other one."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.dispensing import record_report
from shared.domain.order import AttemptStatus, Order, Reason, RefundStatus, Report, Status, flag
from tests.worlds.builders import a_moment, a_refund, an_attempt, an_order


def made_unknown(*besides: Reason, **changes: Any) -> Order:
    """Whether the first attempt's drink came is unknown, and an operator was asked to look."""
    order = flag(an_order(Status.MAKE_FAILED, **changes), Reason.MAKE_UNKNOWN)
    for reason in besides:
        order = flag(order, reason)
    return order


@pytest.mark.parametrize("report", Report)
@pytest.mark.parametrize("other", [Reason.REFUND_IS_OFF, Reason.REFUND_FAILED, Reason.TEST_PAYMENT])
def test_a_late_report_answers_no_other_question(report: Report, other: Reason) -> None:
    order = record_report(made_unknown(other), report, None, a_moment())

    assert order.open_reasons == (other,)


def test_a_drink_that_came_is_successful_though_another_payment_went_back() -> None:
    order = made_unknown(
        attempts=(an_attempt(1, status=AttemptStatus.SUCCEEDED), an_attempt(2, status=AttemptStatus.SUCCEEDED)),
        refunds=(a_refund(RefundStatus.SUCCEEDED, number=2),),
    )
    order = record_report(order, Report.SUCCESS, None, a_moment())

    assert (order.status, order.needs_attention) == (Status.SUCCESSFUL, False)
