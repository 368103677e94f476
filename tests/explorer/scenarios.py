"""What is explored: the meetings that cost customers money elsewhere."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.order import AttemptStatus, MakeOutcome, Order, Report, Status
from shared.domain.payment import Payment, PaymentState
from tests.explorer import actors
from tests.explorer.scenario import Event, Scenario
from tests.worlds import calls
from tests.worlds.builders import (
    DEVICE,
    MERCHANT,
    a_device,
    a_merchant,
    a_payment,
    a_starting_attempt,
    an_attempt,
    an_order,
    later,
    settings,
)
from tests.worlds.outside import Outside

ALL_OUTCOMES = (MakeOutcome.ACCEPTED, MakeOutcome.REFUSED, MakeOutcome.UNKNOWN)


def outside(order: Order, *payments: Payment) -> Outside:
    """Half a minute after the order, when reconcile finds it due."""
    found = Outside(now=later(30), devices={DEVICE: a_device()}, merchants={MERCHANT: a_merchant()}).with_order(order)
    for payment in payments:
        found = found.with_payment(payment)
    return found


def paid() -> Outside:
    """An order that waits for its payment, which has succeeded at the provider."""
    return outside(an_order(Status.PENDING), a_payment())


def two_deliveries(outcome: MakeOutcome, ticks: tuple[int, ...] = ()) -> Scenario:
    """Two deliveries of one payment.succeeded, one reconcile, one crash at any step of any of them."""
    jump = ", a claim may lapse" if ticks else ""
    return Scenario(
        name=f"two deliveries, a reconcile, a crash, the command is {outcome}{jump}",
        outside=paid(),
        actors=(actors.delivery("delivery-1"), actors.delivery("delivery-2"), actors.reconcile()),
        crashes=1,
        ticks=ticks,
        outcomes=(outcome,),
    )


def frozen_process() -> Scenario:
    """A holder that sleeps until its claim is stale must not begin to send."""
    return Scenario(
        name="a delivery, a reconcile, a crash, any outcome, processes freeze for 21 s and for 61 s",
        outside=paid(),
        actors=(actors.delivery("delivery-1"), actors.reconcile()),
        crashes=1,
        ticks=(21, 61),
        outcomes=(MakeOutcome.ACCEPTED, MakeOutcome.UNKNOWN),
    )


def always_refund() -> Scenario:
    return Scenario(
        name="a delivery, a reconcile, a crash, any outcome under AUTO_REFUND=always, the refund fails once",
        outside=paid(),
        actors=(actors.delivery("delivery-1"), actors.reconcile()),
        crashes=1,
        failures=1,
        failing=(calls.GiveBack,),
        outcomes=ALL_OUTCOMES,
        settings=settings(AUTO_REFUND="always"),
    )


def two_crashes() -> Scenario:
    return Scenario(
        name="a delivery, a check, a reconcile, two crashes, accepted or unknown",
        outside=paid(),
        actors=(actors.delivery("delivery-1"), actors.page_check(), actors.reconcile()),
        crashes=2,
        outcomes=(MakeOutcome.ACCEPTED, MakeOutcome.UNKNOWN),
    )


def lost_answers() -> Scenario:
    """The store or the provider fails once: nothing arrives, or only the answer is lost."""
    return Scenario(
        name="a delivery, a reconcile, a crash, one call to the store or the provider fails",
        outside=paid(),
        actors=(actors.delivery("delivery-1"), actors.reconcile()),
        crashes=1,
        failures=1,
        failing=(calls.GetOrder, calls.ReplaceOrder, calls.FetchPayment, calls.GiveBack),
        outcomes=(MakeOutcome.ACCEPTED, MakeOutcome.REFUSED),
        redelivered=True,
    )


def late_payment() -> Scenario:
    expired = an_order(Status.PENDING, expires_at=later(20))
    return Scenario(
        name="a payment after expiry, a delivery, a reconcile, a crash, the refund fails once",
        outside=outside(expired, a_payment()),
        actors=(actors.delivery("delivery-1"), actors.reconcile()),
        crashes=1,
        failures=1,
        failing=(calls.GiveBack,),
    )


def duplicate_payment() -> Scenario:
    """Both attempts were paid: the answer to the first was lost, so that it was never on record with its id."""
    attempts = (a_starting_attempt(1, status=AttemptStatus.REFUSED), an_attempt(2))
    order = an_order(Status.PENDING, attempts=attempts)
    return Scenario(
        name="two attempts are paid, a delivery of each, a crash",
        outside=outside(order, a_payment(number=1), a_payment(number=2)),
        actors=(actors.delivery("delivery-1", "payment-1", "key-1"), actors.delivery("delivery-2", "payment-2")),
        crashes=1,
        redelivered=True,
    )


def machine_speaks(report: Report) -> Scenario:
    return Scenario(
        name=f"the machine reports {report}, a delivery, a reconcile, a crash, any outcome",
        outside=paid(),
        actors=(actors.delivery("delivery-1"), actors.reconcile(), actors.machine_report(report)),
        crashes=1,
        outcomes=(MakeOutcome.ACCEPTED, MakeOutcome.UNKNOWN),
    )


def two_taps() -> Scenario:
    return Scenario(
        name="two taps on the button, a crash, the provider's answer is lost once",
        outside=outside(an_order(Status.CREATED)),
        actors=(actors.tap("tap-1"), actors.tap("tap-2")),
        crashes=1,
        failures=1,
        failing=(calls.CreatePayment,),
    )


def overtaking() -> Scenario:
    """The customer pays before our record of the payment is written: the notification overtakes it."""
    pays = Event(
        "the customer pays",
        can_happen=lambda outside: "yookassa-1" in outside.payments,
        happen=lambda outside: outside.customer_pays("yookassa-1"),
    )
    notified = replace(
        actors.delivery("delivery-1", "yookassa-1"),
        ready=lambda outside: any(p.state is PaymentState.SUCCEEDED for p in outside.payments.values()),
    )
    return Scenario(
        name="a tap, a payment, a notification that overtakes the record, a reconcile, a crash",
        outside=outside(an_order(Status.CREATED)),
        actors=(actors.tap("tap-1"), notified, actors.reconcile()),
        events=(pays,),
        crashes=1,
        redelivered=True,
    )


def forged_success() -> Scenario:
    return Scenario(
        name="notifications of success while the provider says pending",
        outside=outside(an_order(Status.PENDING), a_payment(PaymentState.PENDING)),
        actors=(actors.delivery("delivery-1"), actors.delivery("delivery-2"), actors.reconcile()),
        crashes=1,
    )


ALL = (
    two_deliveries(MakeOutcome.ACCEPTED, ticks=(61,)),
    two_deliveries(MakeOutcome.REFUSED),
    two_deliveries(MakeOutcome.UNKNOWN),
    frozen_process(),
    always_refund(),
    two_crashes(),
    lost_answers(),
    late_payment(),
    duplicate_payment(),
    machine_speaks(Report.SUCCESS),
    machine_speaks(Report.FAILED),
    two_taps(),
    overtaking(),
    forged_success(),
)
