"""Opening an attempt and calling its provider: one at a time, the same request while the outcome is unknown.

/pay ──▶ attempt stored, call taken (18 s) ──▶ provider ──▶ answer stored ──▶ address to the customer
                 killed here ╳                     lost here ╳
/pay again: the same attempt, the same key, the same request, once nobody else is calling (SPEC §7.4).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.order import LIVE_ATTEMPT, Attempt, AttemptStatus, Order, Reason, flag

CALL_LASTS = timedelta(seconds=18)  # longer than the provider is given to answer
MOST_ATTEMPTS = 30  # an order is one document of at most 1 MiB, and lives for minutes


def live_attempt(order: Order) -> Attempt | None:
    """The attempt that the customer may still pay, or whose outcome is unknown: a new one must wait for it."""
    attempt = order.current_attempt
    return attempt if attempt is not None and attempt.status in LIVE_ATTEMPT else None


def being_called(attempt: Attempt, now: datetime) -> bool:
    """True while somebody is talking to the provider about this attempt."""
    return attempt.calling_until is not None and now < attempt.calling_until


def open_attempt(order: Order, attempt: Attempt, expires_at: datetime, now: datetime) -> Order:
    """The order with one more attempt, and time enough to pay it."""
    return replace(
        order,
        attempts=(*order.attempts, attempt),
        expires_at=max(order.expires_at, expires_at),
        updated_at=now,
    )


def take_call(order: Order, caller: str, now: datetime) -> Order:
    """The order with the right to call its starting attempt's provider taken by `caller`."""
    attempt = order.attempts[-1]
    taken = replace(attempt, tries=attempt.tries + 1, caller=caller, calling_until=now + CALL_LASTS, updated_at=now)
    return order.with_attempt(taken)


def call_failed(order: Order, number: int, caller: str, error: str, now: datetime, *, final: bool) -> Order:
    """The order after the provider refused (`final`: nothing exists there) or did not answer usably."""
    attempt = order.attempts[number - 1]
    if attempt.status is not AttemptStatus.STARTING or attempt.caller != caller:
        return order
    failed = replace(
        attempt,
        status=AttemptStatus.REFUSED if final else AttemptStatus.STARTING,
        caller=None,
        calling_until=None,
        last_error=error,
        updated_at=now,
    )
    return replace(order.with_attempt(failed), updated_at=now)


def give_up(order: Order, number: int, now: datetime) -> Order:
    """A charge whose outcome stayed unknown for as long as its key was good: a human must look."""
    attempt = order.attempts[number - 1]
    if attempt.status is not AttemptStatus.STARTING:
        return order
    given_up = replace(attempt, status=AttemptStatus.CANCELED, updated_at=now)
    return flag(order.with_attempt(given_up), Reason.PAYMENT_UNRESOLVED)
