"""POST /check: the page asks for a payment to be looked at now, because the webhook is late (SPEC §6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.stand import Stand, answered, at_once
from tests.functions.texts import refusal, told


def test_however_many_ask_yookassa_is_looked_up_once_in_three_seconds(stand: Stand) -> None:
    order_id, _ = stand.pending()
    answers = at_once(20, lambda _: stand.check(order_id))
    assert {answer.status_code for answer in answers} == {200}
    assert stand.look_ups() == 1
    stand.time_passes(order_id, 1)
    stand.check(order_id)
    assert stand.look_ups() == 1
    stand.time_passes(order_id, 2.5)
    stand.check(order_id)
    assert stand.look_ups() == 2


def test_a_check_finishes_a_payment_whose_notification_is_late(stand: Stand) -> None:
    order_id, _ = stand.paid()
    answer = answered(stand.check(order_id))
    assert answer["status"] == "make_pending" and set(answer) == set(stand.shown(order_id))
    assert len(stand.commands(order_id)) == 1


@pytest.mark.parametrize("fault", ["http_500", "drop", "hang"])
def test_a_check_that_reaches_nobody_answers_what_is_known(stand: Stand, impatient: None, fault: str) -> None:
    order_id, _ = stand.paid()
    stand.yookassa.fail("get_payment", fault, seconds=2)
    assert answered(stand.check(order_id))["status"] == "pending"


def test_a_check_of_an_unknown_order_is_not_found(stand: Stand) -> None:
    assert told(stand.check("20250317110122659ba6d7-9ace-none")) == refusal("ORDER_NOT_FOUND")


@pytest.mark.parametrize("prepare", [Stand.order, Stand.brewing], ids=["created", "brewing"])
def test_a_check_asks_nobody_where_no_payment_is_waited_for(stand: Stand, prepare: Callable[[Stand], Any]) -> None:
    order_id = prepare(stand)
    before = stand.look_ups()
    stand.time_passes(order_id, 10)
    stand.check(order_id)
    assert stand.look_ups() == before
