"""SPEC §7's five rules under random sequences of events: duplicated, reordered, late, crashed (property-based)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.domain import refunds
from shared.domain.attempts import give_up, live_attempt, open_attempt, take_call
from shared.domain.dispensing import (
    Moment,
    Sent,
    assume_made,
    may_send,
    reclaim,
    record_report,
    record_sent,
)
from shared.domain.order import (
    BEFORE_PAID,
    OPEN_REFUND,
    AttemptStatus,
    MakeOutcome,
    Order,
    Refund,
    RefundKind,
    RefundStatus,
    Report,
    Status,
)
from shared.domain.payment import Payment, PaymentState
from shared.domain.refunds import AutoRefund, Policy
from shared.domain.schedule import due_at
from shared.domain.settlement import settle
from tests.unit.steady import STEADY
from tests.worlds.builders import (
    NOON,
    PRICE,
    a_payment,
    a_starting_attempt,
    an_attempt,
    an_order,
    later,
)
from tests.worlds.rules import broken_at_end, broken_by_step

GENUINE: dict[str, object] = {}
WRONG: list[dict[str, object]] = [
    {"amount": PRICE - 1},
    {"amount": PRICE + 100},
    {"currency": "USD"},
    {"shop_matches": False},
    {"test": True},
]
WAYS = {
    PaymentState.PENDING: [PaymentState.SUCCEEDED, PaymentState.CANCELED, PaymentState.HELD],
    PaymentState.HELD: [PaymentState.SUCCEEDED, PaymentState.CANCELED],
    PaymentState.SUCCEEDED: [PaymentState.REFUNDED],
}


MOST_ROUNDS = 20


class MoneyRules(RuleBasedStateMachine):
    """One order, its payments as their provider knows them, and everything that may happen to both in any order."""

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.order = an_order(Status.CREATED)
        self.policy = Policy()
        self.truth: dict[int, list[Payment]] = {}
        self.granted = 0

    @initialize(
        policy=st.builds(Policy, auto_refund=st.sampled_from(AutoRefund), allow_test_payments=st.booleans()),
        first=st.sampled_from([AttemptStatus.PENDING, AttemptStatus.STARTING, AttemptStatus.REFUSED]),
        brew_seconds=st.sampled_from([0, 90]),
        bought=st.booleans(),
        outcome=st.sampled_from([None, *MakeOutcome]),
    )
    def begin(
        self, policy: Policy, first: AttemptStatus, brew_seconds: int, bought: bool, outcome: MakeOutcome | None
    ) -> None:
        """Half of all orders are paid at once: most of what can go wrong comes after that."""
        self.policy = policy
        known = first is AttemptStatus.PENDING
        attempt = an_attempt(1) if known else a_starting_attempt(1, status=first)
        status = Status.PENDING if known else Status.CREATED
        self.order = an_order(status, attempts=(attempt,), brew_seconds=brew_seconds, expires_at=later(120))
        self.truth[1] = [a_payment(PaymentState.PENDING)]
        if bought and not known:
            self.customer_tries_again()
        if bought:
            self.customer_pays_at_once(len(self.truth) - 1)
        if outcome is not None:
            self.command_is_sent_in_time(outcome)

    def apply(self, change: Callable[[Order], Order]) -> Order:
        """One write: every rule about a single step is checked here."""
        before = self.order
        after = change(before)
        assert broken_by_step(before, after, self.now) == []
        if after.status is Status.PAID and before.status is not Status.PAID:
            self.check_bought(after)
        self.order = after
        return before

    def check_bought(self, order: Order) -> None:
        assert order.make is not None
        assert self.now <= order.expires_at
        bought = [p for p in self.truth[order.make.attempt] if p.state is PaymentState.SUCCEEDED]
        assert bought and bought[0].amount == PRICE and bought[0].currency == "RUB" and bought[0].shop_matches
        assert self.policy.allow_test_payments or not bought[0].test

    def existing(self, number: int) -> int:
        """An attempt that there is, for any number."""
        return 1 + number % len(self.truth)

    def moment(self) -> Moment:
        self.granted += 1
        return Moment(now=self.now, claim_id=f"claim-{self.granted}", policy=self.policy)

    @rule(seconds=st.sampled_from([1, 5, 19, 30, 59, 60, 61, 300, 900]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(number=st.integers(0, 5), step=st.integers(0, 2), wrong=st.sampled_from([GENUINE, GENUINE, *WRONG]))
    def payment_moves_at_its_provider(self, number: int, step: int, wrong: dict[str, object]) -> None:
        number = self.existing(number)
        payment = self.truth[number][-1]
        ways = WAYS.get(payment.state, [])
        if not ways:
            return
        state = ways[step % len(ways)]
        if payment.state is PaymentState.PENDING:
            payment = replace(payment, **wrong)  # type: ignore[arg-type]  # the maps hold fields of a payment
        back = payment.amount // (1 + step % 2) if state is PaymentState.REFUNDED else 0
        self.truth[number].append(replace(payment, state=state, refunded_amount=back))

    @rule(target=claims, number=st.integers(0, 5), age=st.integers(0, 3))
    def provider_is_asked(self, number: int, age: int) -> str:
        """The answer may be old by the time it is stored."""
        moment = self.moment()
        answers = self.truth[self.existing(number)]
        answer = answers[max(0, len(answers) - 1 - age)]
        self.apply(lambda order: settle(order, answer, moment))
        return moment.claim_id

    @rule(number=st.integers(0, 5))
    def customer_pays_at_once(self, number: int) -> None:
        """The ordinary way, often enough for what comes after it to be tried."""
        number = self.existing(number)
        if self.truth[number][-1].state is PaymentState.PENDING:
            self.truth[number].append(replace(self.truth[number][-1], state=PaymentState.SUCCEEDED))
            self.look(number)

    @rule(outcome=st.sampled_from(MakeOutcome))
    def command_is_sent_in_time(self, outcome: MakeOutcome) -> None:
        make = self.order.make
        if make is not None and may_send(self.order, make.claim_id, self.now):
            self.command_was_sent(make.claim_id, outcome)

    @rule()
    def somebody_elses_payment_is_seen(self) -> None:
        foreign = a_payment(payment_id="foreign", attempt_key="foreign")
        before = self.apply(lambda order: settle(order, foreign, self.moment()))
        assert self.order is before

    @precondition(lambda self: self.order.status in BEFORE_PAID and live_attempt(self.order) is None)
    @precondition(lambda self: len(self.order.attempts) < 3)
    @rule()
    def customer_tries_again(self) -> None:
        number = len(self.order.attempts) + 1
        attempt = a_starting_attempt(number, created_at=self.now)
        self.apply(lambda order: open_attempt(order, attempt, self.now + timedelta(minutes=1), self.now))
        self.apply(lambda order: take_call(order, f"caller-{number}", self.now))
        self.truth[number] = [a_payment(PaymentState.PENDING, number)]

    @rule()
    def charge_is_given_up(self) -> None:
        self.apply(lambda order: give_up(order, len(order.attempts), self.now))

    @rule(target=claims)
    def lapsed_claim_is_taken_over(self) -> str:
        moment = self.moment()
        self.apply(lambda order: reclaim(order, moment))
        return moment.claim_id

    @rule(claim_id=claims, outcome=st.sampled_from(MakeOutcome))
    def command_was_sent(self, claim_id: str, outcome: MakeOutcome) -> None:
        """By the holder of any claim that ever was, also when somebody else holds it by now."""
        sent = Sent(outcome=outcome, tries=1)
        before = self.apply(lambda order: record_sent(order, claim_id, sent, self.moment()))
        holds = before.make is not None and before.make.claim_id == claim_id
        assert holds or self.order is before, "only the holder of the claim knows what became of the command"

    @rule(report=st.sampled_from(Report))
    def machine_reports(self, report: Report) -> None:
        self.apply(lambda order: record_report(order, report, None, self.moment()))

    @rule()
    def brewing_time_is_looked_at(self) -> None:
        self.apply(lambda order: assume_made(order, self.now))

    @rule(answer=st.sampled_from(["done", "pending", "failed", "refused", "no answer"]))
    def refund_is_worked_on(self, answer: str) -> None:
        refund = next((refund for refund in self.order.refunds if refund.status in OPEN_REFUND), None)
        if refund is not None:
            self.work_on(refund, answer)

    def work_on(self, refund: Refund, answer: str) -> None:
        payment_id, now = refund.payment_id, self.now
        self.apply(lambda order: refunds.trying(order, payment_id, now))
        if answer == "no answer":
            self.apply(lambda order: refunds.postponed(order, payment_id, answer, now))
        elif answer == "refused" or (answer == "done" and not self.goes_back(refund)):
            self.apply(lambda order: refunds.refused(order, payment_id, answer, now))
        else:
            words = {"done": RefundStatus.SUCCEEDED, "failed": RefundStatus.FAILED, "pending": RefundStatus.PENDING}
            self.apply(lambda order: refunds.progressed(order, payment_id, words[answer], now, "refund"))

    def goes_back(self, refund: Refund) -> bool:
        """The money moves at the provider, if it is there to move."""
        number = next(n for n, answers in self.truth.items() if answers[0].payment_id == refund.payment_id)
        payment = self.truth[number][-1]
        releases = refund.kind is RefundKind.RELEASE
        if payment.state is not (PaymentState.HELD if releases else PaymentState.SUCCEEDED):
            return False
        state = PaymentState.CANCELED if releases else PaymentState.REFUNDED
        back = 0 if releases else refund.amount
        self.truth[number].append(replace(payment, state=state, refunded_amount=back))
        return True

    @invariant()
    def at_most_one_claim_may_send(self) -> None:
        make = self.order.make
        ids = [f"claim-{number}" for number in range(1, self.granted + 1)]
        fresh = [claim_id for claim_id in ids if may_send(self.order, claim_id, self.now)]
        assert len(fresh) <= 1
        assert make is None or make.claims <= 2

    def teardown(self) -> None:
        """All becomes quiet: open payments end, each is asked about once more, reconcile runs until nothing is due."""
        for number, answers in self.truth.items():
            if answers[-1].state is PaymentState.PENDING:
                answers.append(replace(answers[-1], state=PaymentState.CANCELED))
            self.look(number)
        for _ in range(MOST_ROUNDS):
            due = due_at(self.order)
            if due is None:
                break
            self.now = max(self.now, due)
            self.reconcile()
        assert due_at(self.order) is None, "it never becomes quiet"
        if self.order.status is Status.MAKE_PENDING:
            assert self.order.brew_seconds == 0, "only a machine that must report is waited for without end"
            self.machine_reports(Report.SUCCESS)
        brought = [
            answers[0].payment_id
            for answers in self.truth.values()
            if any(answer.state is PaymentState.SUCCEEDED for answer in answers)
        ]
        assert broken_at_end(self.order, brought) == []
        assert self.order.status not in (Status.PENDING, Status.PAID)

    def look(self, number: int) -> None:
        answer, moment = self.truth[number][-1], self.moment()
        self.apply(lambda order: replace(settle(order, answer, moment), looked_at=self.now))

    def reconcile(self) -> None:
        self.apply(lambda order: reclaim(order, self.moment()))
        self.apply(lambda order: assume_made(order, self.now))
        for refund in self.order.refunds:
            if refund.status in OPEN_REFUND:
                self.work_on(refund, "done")


TestMoneyRules = MoneyRules.TestCase
TestMoneyRules.settings = settings(STEADY, max_examples=800, stateful_step_count=25)
