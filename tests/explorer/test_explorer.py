"""SPEC §7 holds in every interleaving, and the explorer notices when what protects it is taken away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from shared.domain import settlement
from shared.domain.dispensing import CLAIM_LASTS, Moment, claim, reclaim
from shared.domain.order import MakeOutcome, Order, Refund, Status
from shared.domain.payment import Payment, PaymentState
from tests.explorer import scenarios
from tests.explorer.scenario import Scenario
from tests.explorer.search import Explorer
from tests.explorer.watch import Violation
from tests.worlds import calls


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Every process is run again from its beginning many times: its log lines mean nothing here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("scenario", scenarios.ALL, ids=lambda scenario: scenario.name)
def test_money_is_safe_in_every_interleaving(
    scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    report = Explorer(scenario).explore()

    assert report.interleavings >= report.states > report.ends > 0
    line = f"{report.interleavings:,} interleavings, {report.states:,} states, {report.ends:,} ends: {scenario.name}"
    record_property("explored", line)


@pytest.mark.parametrize(
    ("scenario", "statuses"),
    [
        (scenarios.two_deliveries(MakeOutcome.REFUSED), {"make_failed", "successful"}),
        (scenarios.late_payment(), {"failed"}),
        (scenarios.forged_success(), {"pending"}),
        (scenarios.duplicate_payment(), {"successful"}),
    ],
    ids=lambda value: value.name if isinstance(value, Scenario) else "",
)
def test_the_order_ends_as_it_should(scenario: Scenario, statuses: set[str]) -> None:
    quick = replace(scenario, actors=scenario.actors[:2])

    assert Explorer(quick).explore().statuses == statuses


def test_it_notices_a_claim_that_protects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.services.dispense.may_send", lambda order, claim_id, now: True)

    with pytest.raises(Violation, match="2 make commands"):
        Explorer(scenarios.two_deliveries(MakeOutcome.ACCEPTED)).explore()


def test_it_notices_a_claim_that_everybody_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    fair = settlement.settle

    def generous(order: Order, payment: Payment, moment: Moment) -> Order:
        settled = fair(order, payment, moment)
        again = settled is order and order.status is Status.PAID
        return replace(order, make=claim(moment, attempt=1)) if again else settled

    monkeypatch.setattr(settlement, "settle", generous)

    with pytest.raises(Violation, match="before it lapsed"):
        Explorer(scenarios.two_deliveries(MakeOutcome.ACCEPTED)).explore()


def test_it_notices_a_claim_that_is_taken_over_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(order: Order, moment: Moment) -> Order:
        return reclaim(order, replace(moment, now=moment.now + CLAIM_LASTS))

    monkeypatch.setattr("shared.services.dispense.reclaim", hasty)
    monkeypatch.setattr("shared.services.settle.claim_in_flight", lambda order, now: False)

    with pytest.raises(Violation, match="before it lapsed"):
        Explorer(scenarios.two_crashes()).explore()


def test_it_notices_writes_without_their_condition() -> None:
    def blind(call: calls.Call) -> calls.Call:
        return replace(call, blind=True) if isinstance(call, calls.ReplaceOrder) else call

    with pytest.raises(Violation):
        Explorer(scenarios.two_deliveries(MakeOutcome.ACCEPTED), blind).explore()


def test_it_notices_refunds_that_are_not_idempotent(monkeypatch: pytest.MonkeyPatch) -> None:
    another_each_time = property(lambda refund: f"refund-{refund.payment_id}-{refund.tries}")
    monkeypatch.setattr(Refund, "idempotence_key", another_each_time)

    with pytest.raises(Violation, match="2 refunds of one payment"):
        Explorer(scenarios.late_payment()).explore()


def test_it_notices_a_notification_that_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = settlement.settle

    def credulous(order: Order, payment: Payment, moment: Moment) -> Order:
        return verified(order, replace(payment, state=PaymentState.SUCCEEDED), moment)

    monkeypatch.setattr(settlement, "settle", credulous)

    with pytest.raises(Violation, match="without the money"):
        Explorer(scenarios.forged_success()).explore()


def test_it_notices_a_forgotten_refund(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.domain.refunds.owe", lambda order, attempt, reason, policy, now: order)

    with pytest.raises(Violation, match="is forgotten"):
        Explorer(scenarios.late_payment()).explore()


def test_a_violation_tells_the_interleaving_that_led_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.services.dispense.may_send", lambda order, claim_id, now: True)

    with pytest.raises(Violation, match=r"delivery-2: GetOrder(.|\n)*MakeDrink \(accepted\)$"):
        Explorer(scenarios.two_deliveries(MakeOutcome.ACCEPTED)).explore()
