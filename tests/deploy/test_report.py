"""The owners' report: figures of known orders, and what becomes of them as text, CSV and a page."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date

import pytest

from shared.domain.order import HistoryEntry, Order, RefundStatus, Status
from shared.operations.figures import Figures, Report, summarize
from shared.operations.report_page import as_page
from shared.operations.tables import as_csv, as_text
from tests.worlds.builders import NOON, PRICE, a_refund, an_order, later

DAY = date(2026, 3, 17)


def _sold(order_id: str = "order-sold-1", seconds: float = 2.0, **changes: object) -> Order:
    """A drink made, whose make command was done so many seconds after the payment."""
    order = replace(an_order(Status.SUCCESSFUL), order_id=order_id, **changes)  # type: ignore[arg-type]
    assert order.make is not None
    return replace(order, make=replace(order.make, sent_at=later(seconds)))


def _failed(order_id: str = "order-failed-1", **changes: object) -> Order:
    """A drink that was not made, and the money on its way back."""
    order = replace(an_order(Status.MAKE_FAILED), order_id=order_id, refunds=(a_refund(RefundStatus.PENDING),))
    return replace(order, **changes)  # type: ignore[arg-type]


def _report(*orders: Order) -> Report:
    flagged = [order for order in orders if order.needs_attention]
    return summarize(orders, flagged, DAY, DAY, later(hours=1))


def test_sales_revenue_failures_and_refunds_are_counted() -> None:
    total = _report(_sold("order-sold-1", 1), _sold("order-sold-2", 4), _failed(), an_order(Status.CREATED)).total
    assert (total.orders, total.sold, total.make_failures, total.refunds) == (4, 2, 1, 1)
    assert (total.revenue, total.refunded) == (2 * PRICE, PRICE)


def test_the_delay_is_the_median_of_what_was_commanded() -> None:
    assert _report(_sold(seconds=1), _sold(seconds=4), _sold(seconds=30)).total.delay == 4
    assert _report(an_order(Status.CREATED)).total.delay is None


def test_a_failed_refund_keeps_the_money_in_the_revenue_and_the_order_in_the_list() -> None:
    order = _failed(refunds=(a_refund(RefundStatus.FAILED),), needs_attention=True, attention_reason="refund_failed")
    report = _report(order)
    assert (report.total.revenue, report.total.refunds, report.total.attention) == (PRICE, 0, 1)
    assert report.flagged == [order] and "Не удалось вернуть деньги." in as_text(report)


def test_a_test_payment_is_no_revenue() -> None:
    paid_by_test = replace(_sold(), status=Status.FAILED, reason="test_payment")
    assert _report(paid_by_test).total.revenue == 0


def test_what_was_paid_instead_of_the_price_goes_back_whole() -> None:
    assert _report(_failed(refunds=(a_refund(amount=PRICE + 5000),))).total.revenue == 0


def test_a_drink_whose_brewing_time_is_over_is_sold_though_reconcile_has_not_said_so() -> None:
    assert _report(an_order(Status.MAKE_PENDING)).total.sold == 1


def test_figures_are_grouped_by_device_merchant_and_moscow_day() -> None:
    late = later(hours=13)  # 01:00 of the next day in Moscow
    orders = (_sold(), _sold("order-sold-2", device_uuid="lobby", merchant_id="other", created_at=late))
    report = _report(*orders)
    assert {f.name: f.sold for f in report.devices} == {"test": 1, "lobby": 1}
    assert {f.name for f in report.merchants} == {"coffee-llc", "other"}
    assert [f.name for f in report.days] == ["2026-03-17", "2026-03-18"]


def test_a_problem_device_comes_first_and_is_marked() -> None:
    broken = [_failed(f"order-failed-{n}", device_uuid="broken") for n in range(3)]
    report = _report(*(_sold(f"order-sold-{n}") for n in range(5)), *broken)
    assert [(f.name, f.problem) for f in report.devices] == [("broken", True), ("test", False)]
    assert "! broken" in as_text(report) and "! test" not in as_text(report)
    assert as_page(report, {}).count("<tr class=problem>") == 1


@pytest.mark.parametrize(
    ("sold", "failures", "problem"), [(100, 1, False), (1, 1, False), (100, 4, False), (10, 2, True), (0, 2, True)]
)
def test_one_failure_or_a_small_share_is_no_problem(sold: int, failures: int, problem: bool) -> None:
    assert Figures("x", sold=sold, make_failures=failures).problem is problem


def test_the_csv_reads_back_and_starts_no_formula() -> None:
    report = _report(_sold(device_uuid="=HYPERLINK(1)"), _failed("order-failed-2", device_uuid="=HYPERLINK(1)"))
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [row["kind"] for row in rows] == ["device", "merchant"]
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert (rows[0]["sold"], rows[0]["revenue"], rows[0]["refunded"]) == ("1", "150.00", "150.00")


def test_the_page_holds_all_it_needs_and_runs_nothing_from_a_name() -> None:
    hostile = "<script>alert(1)</script>"
    page = as_page(_report(_sold(device_uuid=hostile), _failed()), {hostile: '"><img src=x>'})
    assert hostile not in page and "<img" not in page
    assert not re.findall(r"https?:|<[^>]*(?:src|href)=|@import|url\(|<script|<link", page)
    assert "default-src 'none'" in page and page.count("<svg") == 2
    assert all(float(value) >= 0 for value in re.findall(r'(?:width|height)="([-\d.]+)"', page))


def test_a_period_without_orders_says_so() -> None:
    empty = _report()
    assert "Заказов нет." in as_text(empty)
    assert as_page(empty, {}).endswith("</html>\n") and len(as_csv(empty).splitlines()) == 1


def test_the_history_decides_when_the_payment_was_known() -> None:
    order = _sold(seconds=10)
    paid_later = tuple(
        HistoryEntry(status=e.status, at=later(7) if e.status is Status.PAID else NOON) for e in order.history
    )
    assert _report(replace(order, history=paid_later)).total.delay == 3
