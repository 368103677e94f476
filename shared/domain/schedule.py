"""When something happens next: when the page asks again, and when reconcile must look (SPEC §6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.domain.dispensing import brew_over
from shared.domain.order import OPEN_REFUND, Attempt, AttemptStatus, Order, Refund, Status

LOOK_OFTEN_FOR = timedelta(minutes=5)
LOOK_OFTEN = timedelta(seconds=5)
LOOK_SELDOM = timedelta(seconds=60)
LOOK_AGAIN = timedelta(seconds=3)  # `POST /check`: at most one look-up per order in this time
KEY_LASTS = timedelta(hours=23)  # YooKassa keeps an idempotence key for 24 h; less a margin
REFUND_BACKOFF = (15, 30, 60, 300, 900, 3600)  # seconds from one try (or look) of a refund to the next

POLL_MS = 1000
POLL_REFUND_MS = 5000

_WAITING = frozenset({Status.PENDING, Status.PAID, Status.MAKE_PENDING})


def shown_status(order: Order, now: datetime) -> Status:
    """The status that the customer sees: a drink whose brewing time is over is ready before reconcile says so."""
    return Status.SUCCESSFUL if brew_over(order, now) else order.status


def poll_after_ms(order: Order, now: datetime) -> int | None:
    """Milliseconds until the page should ask again, None when nothing will change by itself."""
    if shown_status(order, now) in _WAITING:
        return POLL_MS
    if any(refund.status in OPEN_REFUND for refund in order.refunds):
        return POLL_REFUND_MS
    return None


def due_at(order: Order) -> datetime | None:
    """When reconcile must look at this order, None when it is finished or only the customer can go on."""
    moments = [_refund_due(refund) for refund in order.refunds if refund.status in OPEN_REFUND]
    make = order.make
    if order.status is Status.PAID and make is not None:
        moments.append(make.lapses_at)
    elif order.status is Status.MAKE_PENDING and make is not None and make.brew_until is not None:
        moments.append(make.brew_until)
    attempt = watched_attempt(order)
    if attempt is not None:
        moments.append(_look_due(order, attempt))
    return min(moments, default=None)


def watched_attempt(order: Order) -> Attempt | None:
    """The latest attempt of which the provider has not said how it ends: it can be paid though another one was."""
    for attempt in reversed(order.attempts):
        if attempt.status is AttemptStatus.PENDING or unresolved(attempt):
            return attempt
    return order.current_attempt if order.status is Status.PENDING else None


def unresolved(attempt: Attempt) -> bool:
    """True when money may have moved without a redirect and the provider's answer was lost: a saved card.

    An ordinary attempt without an answer needs no look: nobody has been given the address to pay at.
    """
    return attempt.status is AttemptStatus.STARTING and attempt.saved_card


def _look_due(order: Order, attempt: Attempt) -> datetime:
    last = max(order.looked_at or attempt.created_at, attempt.created_at)
    if attempt.calling_until is not None:
        last = max(last, attempt.calling_until)
    return last + (LOOK_OFTEN if last - attempt.created_at < LOOK_OFTEN_FOR else LOOK_SELDOM)


def look_allowed(order: Order, now: datetime) -> bool:
    """True when the provider was not asked about this order within the last three seconds."""
    return order.looked_at is None or now - order.looked_at >= LOOK_AGAIN


def refund_due(refund: Refund, now: datetime) -> bool:
    return refund.status in OPEN_REFUND and now >= _refund_due(refund)


def _refund_due(refund: Refund) -> datetime:
    if refund.tries == 0:
        return refund.created_at
    backoff = REFUND_BACKOFF[min(refund.tries, len(REFUND_BACKOFF)) - 1]
    return refund.updated_at + timedelta(seconds=backoff)
