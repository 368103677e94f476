"""The machine's own word on a drink: in time, overtaking, repeated, late, and against what we had assumed."""

from __future__ import annotations

import pytest

from shared.domain.dispensing import Sent, record_report, record_sent
from shared.domain.order import (
    MakeOutcome,
    Order,
    Reason,
    Refund,
    RefundStatus,
    Report,
    Status,
    flag,
)
from shared.domain.refunds import AutoRefund
from tests.worlds.builders import a_make, a_moment, a_refund, an_order, later


def reported(order: Order, report: Report, **policy: object) -> Order:
    return record_report(order, report, "from the machine", a_moment(later(30), "claim-9", **policy))


def unknown(*refunds: Refund) -> Order:
    """The command's answer was lost: the operator has been asked to look."""
    return flag(an_order(Status.MAKE_FAILED, refunds=refunds), Reason.MAKE_UNKNOWN)


def test_a_made_drink_is_successful() -> None:
    order = reported(an_order(Status.MAKE_PENDING), Report.SUCCESS)
    assert (order.status, order.reason) == (Status.SUCCESSFUL, None)
    assert order.make is not None
    assert (order.make.report, order.make.report_message) == (Report.SUCCESS, "from the machine")


def test_a_drink_that_was_not_made_is_paid_back() -> None:
    order = reported(an_order(Status.MAKE_PENDING), Report.FAILED)
    assert (order.status, order.reason) == (Status.MAKE_FAILED, Reason.MACHINE_FAILED)
    assert [refund.reason for refund in order.refunds] == [Reason.MACHINE_FAILED]


def test_a_drink_that_was_not_made_is_the_operators_where_refunds_are_off() -> None:
    order = reported(an_order(Status.MAKE_PENDING), Report.FAILED, auto_refund=AutoRefund.OFF)
    assert (order.refunds, order.attention_reason) == ((), Reason.REFUND_IS_OFF)


@pytest.mark.parametrize("report", Report)
def test_a_report_that_overtakes_the_record_is_kept_and_decides_nothing_yet(report: Report) -> None:
    order = reported(an_order(Status.PAID), report)
    assert order.status is Status.PAID
    assert order.make is not None
    assert (order.make.report, order.make.claim_id) == (report, "claim-1")


@pytest.mark.parametrize("outcome", MakeOutcome)
def test_an_overtaking_success_outweighs_what_came_of_the_sending(outcome: MakeOutcome) -> None:
    order = reported(an_order(Status.PAID), Report.SUCCESS)
    sent = record_sent(order, "claim-1", Sent(outcome=outcome, tries=1), a_moment(later(31)))
    assert [entry.status for entry in sent.history[-2:]] == [Status.MAKE_PENDING, Status.SUCCESSFUL]
    assert (sent.refunds, sent.needs_attention) == ((), False)


@pytest.mark.parametrize("outcome", MakeOutcome)
def test_an_overtaking_failure_outweighs_what_came_of_the_sending(outcome: MakeOutcome) -> None:
    order = reported(an_order(Status.PAID), Report.FAILED)
    sent = record_sent(order, "claim-1", Sent(outcome=outcome, tries=1), a_moment(later(31)))
    assert (sent.status, sent.reason) == (Status.MAKE_FAILED, Reason.MACHINE_FAILED)
    assert len(sent.refunds) == 1


@pytest.mark.parametrize("status", [Status.PAID, Status.MAKE_PENDING])
@pytest.mark.parametrize("second", Report)
def test_a_second_report_changes_nothing(status: Status, second: Report) -> None:
    order = reported(an_order(status), Report.SUCCESS)
    assert reported(order, second) is order


def test_a_late_success_ends_the_doubt_and_clears_the_flag() -> None:
    order = reported(unknown(), Report.SUCCESS)
    assert (order.status, order.needs_attention, order.attention_reason) == (Status.SUCCESSFUL, False, None)


def test_a_late_success_cannot_undo_a_refund_and_stays_the_operators() -> None:
    order = reported(unknown(a_refund(RefundStatus.SUCCEEDED)), Report.SUCCESS)
    assert (order.status, order.attention_reason) == (Status.MAKE_FAILED, Reason.MAKE_UNKNOWN)
    assert len(order.refunds) == 1


def test_a_late_failure_makes_the_failure_certain_and_pays_back() -> None:
    order = reported(unknown(), Report.FAILED)
    assert (order.status, order.needs_attention) == (Status.MAKE_FAILED, False)
    assert [refund.reason for refund in order.refunds] == [Reason.MACHINE_FAILED]


def test_a_late_failure_of_an_order_paid_back_already_pays_nothing_more() -> None:
    order = reported(unknown(a_refund()), Report.FAILED)
    assert order.refunds == (a_refund(),)


@pytest.mark.parametrize("report", Report)
def test_a_report_about_a_command_that_certainly_never_arrived_changes_nothing(report: Report) -> None:
    order = an_order(Status.MAKE_FAILED, make=a_make(outcome=MakeOutcome.REFUSED))
    assert reported(order, report) is order


def test_a_failure_after_an_assumed_success_is_the_operators() -> None:
    order = reported(an_order(Status.SUCCESSFUL), Report.FAILED)
    assert (order.status, order.attention_reason) == (Status.SUCCESSFUL, Reason.MACHINE_FAILED_AFTER_SUCCESS)
    assert order.refunds == ()


def test_a_success_after_an_assumed_success_changes_nothing() -> None:
    order = an_order(Status.SUCCESSFUL)
    assert reported(order, Report.SUCCESS) is order


@pytest.mark.parametrize("status", [Status.CREATED, Status.PENDING, Status.NOT_PAID, Status.FAILED])
@pytest.mark.parametrize("report", Report)
def test_a_report_about_a_drink_that_nobody_ordered_changes_nothing(status: Status, report: Report) -> None:
    order = an_order(status)
    assert reported(order, report) is order
