"""One conditional write at a time: whoever was slower reads again and decides again, for a while."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from shared.domain.order import Order, Reason, Status, flag, move
from shared.errors import ChangedMeanwhile, StoreUnavailable
from shared.ports import Stored
from shared.services.world import CHANGE_TRIES, LONGEST_PAUSE, change, jittered_pause
from tests.worlds import calls
from tests.worlds.builders import NOON, ORDER_ID, an_order
from tests.worlds.live import Failure, LiveWorld

CONFLICT = Failure(calls.ReplaceOrder, ChangedMeanwhile(ORDER_ID))


def stored(live: LiveWorld) -> Stored:
    found = live.world.orders.get(ORDER_ID)
    assert found is not None
    return found


def to_pending(order: Order) -> Order:
    return move(order, Status.PENDING, NOON) if order.status is Status.CREATED else order


@pytest.fixture
def live() -> LiveWorld:
    return LiveWorld().put(an_order())


def test_a_decision_is_stored_and_comes_back_with_its_version(live: LiveWorld) -> None:
    before = stored(live)
    after = change(live.world, before, to_pending)
    assert (after.order.status, after.version) == (Status.PENDING, before.version + 1)
    assert after == stored(live)


def test_a_decision_for_nothing_writes_nothing(live: LiveWorld) -> None:
    before = stored(live)
    assert change(live.world, before, lambda order: order) is before
    assert live.count(calls.ReplaceOrder) == 0


def test_a_decision_is_made_again_on_what_somebody_else_has_written(live: LiveWorld) -> None:
    before = stored(live)
    live.put(replace(an_order(), looked_at=NOON))
    after = change(live.world, before, to_pending)
    assert (after.order.status, after.order.looked_at) == (Status.PENDING, NOON)
    assert (live.count(calls.ReplaceOrder), live.count(calls.Pause)) == (2, 1)


def test_a_decision_that_somebody_else_has_carried_out_is_not_written_again(live: LiveWorld) -> None:
    before = stored(live)
    live.put(an_order(Status.PENDING))
    assert change(live.world, before, to_pending).order == an_order(Status.PENDING)
    assert live.count(calls.ReplaceOrder) == 1


def test_a_write_whose_answer_was_lost_meets_its_own_effect(live: LiveWorld) -> None:
    live.failures.append(replace(CONFLICT, arrives=True))
    assert change(live.world, stored(live), to_pending).order.status is Status.PENDING
    assert [entry.status for entry in live.order().history] == [Status.CREATED, Status.PENDING]


def test_an_order_that_is_fought_over_for_too_long_is_given_up_unchanged(live: LiveWorld) -> None:
    live.failures.extend([CONFLICT] * CHANGE_TRIES)
    with pytest.raises(StoreUnavailable, match="changed by others"):
        change(live.world, stored(live), to_pending)
    assert live.count(calls.ReplaceOrder) == CHANGE_TRIES
    assert live.order() == an_order()


def test_the_last_of_many_tries_still_counts(live: LiveWorld) -> None:
    live.failures.extend([CONFLICT] * (CHANGE_TRIES - 1))
    assert change(live.world, stored(live), to_pending).order.status is Status.PENDING


def test_each_try_waits_longer_than_the_one_before(live: LiveWorld) -> None:
    live.failures.extend([CONFLICT] * 3)
    change(live.world, stored(live), to_pending)
    assert [call.number for call in live.calls if isinstance(call, calls.Pause)] == [0, 1, 2]


def test_an_order_that_is_gone_is_given_up(live: LiveWorld) -> None:
    before = stored(live)
    live.failures.append(CONFLICT)
    live.change_outside(orders={})
    with pytest.raises(StoreUnavailable, match="is gone"):
        change(live.world, before, to_pending)


def test_a_store_that_does_not_answer_is_not_tried_again_here(live: LiveWorld) -> None:
    live.failures.append(Failure(calls.ReplaceOrder, StoreUnavailable("no answer")))
    with pytest.raises(StoreUnavailable, match="no answer"):
        change(live.world, stored(live), to_pending)
    assert live.count(calls.ReplaceOrder) == 1


def test_only_what_was_stored_is_logged_and_told(live: LiveWorld, caplog: pytest.LogCaptureFixture) -> None:
    live.failures.extend([CONFLICT] * CHANGE_TRIES)
    with caplog.at_level(logging.INFO, "shared"), pytest.raises(StoreUnavailable):
        change(live.world, stored(live), lambda order: flag(to_pending(order), Reason.MAKE_UNKNOWN))
    assert (caplog.messages, live.count(calls.TellOperator)) == ([], 0)


def test_a_step_and_a_flag_are_logged_once_stored(live: LiveWorld, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "shared"):
        change(live.world, stored(live), lambda order: flag(to_pending(order), Reason.MAKE_UNKNOWN))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", f"Order {ORDER_ID} status changed: created → pending"),
        ("ERROR", f"Order {ORDER_ID} needs attention: make_unknown"),
    ]
    assert live.count(calls.TellOperator) == 1


def test_the_make_command_is_logged_with_its_parameters(caplog: pytest.LogCaptureFixture) -> None:
    live = LiveWorld().put(an_order(Status.PAID))
    with caplog.at_level(logging.INFO, "shared"):
        change(live.world, stored(live), lambda order: move(order, Status.MAKE_PENDING, NOON))
    (record,) = caplog.records
    assert record.getMessage().startswith(f"Order {ORDER_ID} status changed: paid → make_pending {{")
    parameters = {"device_id": "test", "order_uuid": ORDER_ID, "size": "medium", "price": 15000}
    assert vars(record).items() >= parameters.items()


def test_a_pause_is_random_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    for number in range(40):
        jittered_pause(number)
    assert all(0 <= pause <= LONGEST_PAUSE for pause in slept)
    assert len(set(slept)) > 30
