"""The right to command the machine, and what becomes of the command (SPEC §7.2, §7.5, §11; no I/O)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain import refunds
from shared.domain.order import (
    Make,
    MakeOutcome,
    Order,
    Reason,
    Report,
    Status,
    flag,
    move,
    unflag,
)
from shared.domain.refunds import AutoRefund, Policy

CLAIM_LASTS = timedelta(seconds=60)  # SPEC §7.2: a command is sent again no sooner than this
SEND_WITHIN = timedelta(seconds=20)  # a holder that was frozen for longer must not send any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a decision is made, by whom (the id of a claim it may grant), and under which settings."""

    now: datetime
    claim_id: str
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one sending of the make command, retries included."""

    outcome: MakeOutcome
    tries: int
    error: str | None = None


def claim(moment: Moment, attempt: int, claims: int = 1) -> Make:
    """The right to send the make command for the drink that this attempt bought."""
    return Make(
        claim_id=moment.claim_id,
        claimed_at=moment.now,
        lapses_at=moment.now + CLAIM_LASTS,
        attempt=attempt,
        claims=claims,
    )


def may_send(order: Order, claim_id: str, now: datetime) -> bool:
    """True while this claim is the order's, unspent and fresh."""
    make = order.make
    return (
        order.status is Status.PAID
        and make is not None
        and make.claim_id == claim_id
        and make.outcome is None
        and now < make.claimed_at + SEND_WITHIN
    )


def claim_in_flight(order: Order, now: datetime) -> bool:
    """True while somebody may be on the way to the machine: whoever else asks must come back later."""
    return order.status is Status.PAID and order.make is not None and now < order.make.lapses_at


def reclaim(order: Order, moment: Moment) -> Order:
    """The order once a claim has lapsed without an outcome: its holder was killed, or lost its answer.

    claim ──── 60 s ────▶ lapsed: the same command is sent once more (`claims` 2) ──── 60 s ────▶ lapsed again:
    whether a drink came is unknown, and the operator must look. A report that came meanwhile settles it.
    """
    make = order.make
    if order.status is not Status.PAID or make is None or moment.now < make.lapses_at:
        return order
    if make.report is not None:
        return _by_report(order, make, make.report, moment)
    if make.claims >= 2:
        return _unknown(order, make, moment)
    again = claim(moment, make.attempt, claims=make.claims + 1)
    return replace(order, make=replace(again, tries=make.tries, last_error=make.last_error))


def record_sent(order: Order, claim_id: str, sent: Sent, moment: Moment) -> Order:
    """The order after its make command was sent under `claim_id`; another claim's outcome changes nothing.

    A refusal is certain only for a first claim: before a second one an earlier command may have arrived.
    """
    make = order.make
    if order.status is not Status.PAID or make is None or make.claim_id != claim_id:
        return order
    certain = sent.outcome is not MakeOutcome.REFUSED or make.claims == 1
    make = replace(
        make,
        outcome=sent.outcome if certain else MakeOutcome.UNKNOWN,
        tries=make.tries + sent.tries,
        last_error=sent.error,
        sent_at=moment.now,
    )
    if make.report is not None:
        return _by_report(order, make, make.report, moment)
    match make.outcome:
        case MakeOutcome.ACCEPTED:
            return _brewing(order, make, moment.now)
        case MakeOutcome.REFUSED:
            return _certainly_failed(order, make, Reason.MAKE_FAILED, moment)
        case _:
            return _unknown(order, make, moment)


def record_report(order: Order, report: Report, message: str | None, moment: Moment) -> Order:
    """The order after the machine's own word on the drink; a repeated or unfitting report changes nothing.

    A report may overtake the record of the command (`paid`, claimed): it is kept and decides once the outcome
    is stored. A failure reported after the drink was only assumed made is the operator's.
    """
    make = order.make
    if make is None or make.report is not None:
        return order
    make = replace(make, report=report, report_message=message)
    match order.status:
        case Status.PAID:
            return replace(order, make=make, updated_at=moment.now)
        case Status.MAKE_PENDING:
            return _by_report(order, make, report, moment)
        case Status.MAKE_FAILED if make.outcome is not MakeOutcome.REFUSED:
            return _late_report(order, make, report, moment)
        case Status.SUCCESSFUL if report is Report.FAILED:
            order = replace(order, make=make, updated_at=moment.now)
            return flag(order, Reason.MACHINE_FAILED_AFTER_SUCCESS)
    return order


def brew_over(order: Order, now: datetime) -> bool:
    """True once the drink can be assumed made: accepted, and `brew_seconds` have passed without a report."""
    make = order.make
    return (
        order.status is Status.MAKE_PENDING
        and make is not None
        and make.brew_until is not None
        and now >= make.brew_until
    )


def assume_made(order: Order, now: datetime) -> Order:
    return move(order, Status.SUCCESSFUL, now, Reason.BREW_TIME_OVER) if brew_over(order, now) else order


def _brewing(order: Order, make: Make, now: datetime) -> Order:
    until = now + timedelta(seconds=order.brew_seconds) if order.brew_seconds > 0 else None
    return move(replace(order, make=replace(make, brew_until=until)), Status.MAKE_PENDING, now)


def _by_report(order: Order, make: Make, report: Report, moment: Moment) -> Order:
    if report is Report.FAILED:
        return _certainly_failed(order, make, Reason.MACHINE_FAILED, moment)
    paid = order.status is Status.PAID
    order = _brewing(order, make, moment.now) if paid else replace(order, make=make)
    return move(order, Status.SUCCESSFUL, moment.now)


def _late_report(order: Order, make: Make, report: Report, moment: Moment) -> Order:
    """The outcome was unknown; now the machine has spoken. Only this question of the operator's is answered."""
    order = replace(order, make=make, updated_at=moment.now)
    order = unflag(order, Reason.MAKE_UNKNOWN)
    if report is Report.FAILED:
        return _give_back(order, make, Reason.MACHINE_FAILED, moment)
    if order.refund_of(order.attempts[make.attempt - 1].payment_id or "") is not None:
        return flag(order, Reason.MAKE_UNKNOWN)  # made after all, but the money is on its way back
    return move(order, Status.SUCCESSFUL, moment.now)


def _certainly_failed(order: Order, make: Make, reason: Reason, moment: Moment) -> Order:
    order = move(replace(order, make=make), Status.MAKE_FAILED, moment.now, reason)
    return _give_back(order, make, reason, moment)


def _unknown(order: Order, make: Make, moment: Moment) -> Order:
    make = replace(make, outcome=MakeOutcome.UNKNOWN)
    order = move(replace(order, make=make), Status.MAKE_FAILED, moment.now, Reason.MAKE_UNKNOWN)
    order = flag(order, Reason.MAKE_UNKNOWN)
    if moment.policy.auto_refund is AutoRefund.ALWAYS:
        return _give_back(order, make, Reason.MAKE_UNKNOWN, moment)
    return order


def _give_back(order: Order, make: Make, reason: Reason, moment: Moment) -> Order:
    return refunds.owe(order, order.attempts[make.attempt - 1], reason, moment.policy, moment.now)
