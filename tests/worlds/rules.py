"""SPEC §7's rules (and §3's table) as checks over any two versions of an order, and over its end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from shared.domain.order import AttemptStatus, Order, RefundKind, RefundStatus, Status

# SPEC §3, written out a second time on purpose: the table in the code is under test.
STEPS = {
    ("created", "pending"),
    ("created", "paid"),
    ("created", "failed"),
    ("pending", "paid"),
    ("pending", "not_paid"),
    ("pending", "failed"),
    ("not_paid", "pending"),
    ("not_paid", "paid"),
    ("not_paid", "failed"),
    ("paid", "make_pending"),
    ("paid", "make_failed"),
    ("make_pending", "successful"),
    ("make_pending", "make_failed"),
    ("make_failed", "successful"),
}


def broken_by_step(before: Order, after: Order, now: datetime) -> list[str]:
    """What no single write may do, whatever the event was."""
    return [*_history(before, after), *_claims(before, after, now), *_records(before, after)]


def _history(before: Order, after: Order) -> list[str]:
    broken = []
    if after.history[: len(before.history)] != before.history:
        broken.append("history was rewritten")
    statuses = [before.status, *(entry.status for entry in after.history[len(before.history) :])]
    for step in zip(statuses, statuses[1:], strict=False):
        if (step[0].value, step[1].value) not in STEPS:
            broken.append(f"the table has no step {step[0]} → {step[1]}")
    if after.status is not statuses[-1]:
        broken.append(f"{after.status} is not what the history ends with")
    if before.status in (Status.SUCCESSFUL, Status.FAILED) and after.status is not before.status:
        broken.append(f"{before.status} is final")
    return broken


def _claims(before: Order, after: Order, now: datetime) -> list[str]:
    old, new = before.make, after.make
    if new is None:
        return ["the make record vanished"] if old is not None else []
    broken = ["a third claim"] if new.claims > 2 else []
    if old is None:
        return broken
    if old.claim_id != new.claim_id and now < old.lapses_at:
        broken.append("a claim was taken over before it lapsed")
    if old.outcome is not None and old.claim_id != new.claim_id:
        broken.append("a spent claim was taken over")
    return broken


def _records(before: Order, after: Order) -> list[str]:
    broken = []
    if after.expires_at < before.expires_at:
        broken.append("expires_at went back")
    if after.purge_at != before.purge_at or after.purge_at <= after.expires_at:
        broken.append("purge_at is wrong")
    if len(after.attempts) < len(before.attempts):
        broken.append("an attempt vanished")
    for old, new in zip(before.attempts, after.attempts, strict=False):
        if old.payment_id not in (None, new.payment_id):
            broken.append("an attempt changed its payment")
        if (old.idempotence_key, old.request, old.amount) != (new.idempotence_key, new.request, new.amount):
            broken.append("a stored request changed")
    paid_back = [refund.payment_id for refund in after.refunds]
    if len(set(paid_back)) != len(paid_back):
        broken.append("two refunds of one payment")
    for refund in before.refunds:
        kept = after.refund_of(refund.payment_id)
        if kept is None or (refund.kind is RefundKind.REFUND and kept.kind is not refund.kind):
            broken.append("a refund vanished")
        elif refund.status is RefundStatus.SUCCEEDED and kept != refund:
            broken.append("a finished refund changed")
    return broken


def broken_at_end(order: Order, succeeded: Collection[str]) -> list[str]:
    """What must hold once all is quiet. `succeeded`: ids of the payments that brought us money at some time."""
    return [
        f"payment {payment_id} is forgotten: order {order.status}, flag {order.attention_reason}"
        for payment_id in succeeded
        if not _accounted_for(order, payment_id)
    ]


def _accounted_for(order: Order, payment_id: str) -> bool:
    if order.needs_attention:
        return True
    refund = order.refund_of(payment_id)
    if refund is not None:
        return refund.status is RefundStatus.SUCCEEDED
    attempt = next((attempt for attempt in order.attempts if attempt.payment_id == payment_id), None)
    if attempt is not None and attempt.status is AttemptStatus.REFUNDED:
        return True  # somebody gave it back at the provider, and we know
    make = order.make
    bought = make is not None and attempt is not None and make.attempt == attempt.number
    return bought and order.status is Status.SUCCESSFUL
