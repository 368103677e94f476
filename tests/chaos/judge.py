"""The judge: SPEC §7's rules over the books. Knows the providers' side and the order documents, not our code's ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.order import (
    OPEN_REFUND,
    Attempt,
    Order,
    Reason,
    Refund,
    RefundKind,
    RefundStatus,
    Status,
)
from shared.domain.qr import Size
from tests.chaos.books import Books, Charge, MakeCall
from tests.chaos.fates import bought, fate

CLAIM = timedelta(seconds=60)
TRIES_OF_A_CLAIM = 3
CLAIMS = 2
CLOCKS = timedelta(milliseconds=20)  # the machine's log is rounded to milliseconds

RULES = {
    1: "no drink without a verified payment",
    2: "one make command for one order",
    3: "no payment forgotten",
    4: "no second payment for one order",
    5: "no refund without a reason, one refund for one payment",
    6: "nothing left undone",
}

_PAID = frozenset({Status.PAID, Status.MAKE_PENDING, Status.SUCCESSFUL, Status.MAKE_FAILED})


@dataclass(frozen=True)
class Violation:
    """A broken rule of §7; 6 is "nothing left undone" (§6, reconcile)."""

    rule: int
    order_id: str
    text: str

    def __str__(self) -> str:
        return f"rule {self.rule} ({RULES[self.rule]}): {self.order_id}: {self.text}"


def judge(books: Books) -> list[Violation]:
    """Every broken rule, by rule and order."""
    found = [
        Violation(rule, order.order_id, text)
        for order in books.orders.values()
        for rule, check in _OF_AN_ORDER
        for text in check(books, order)
    ]
    for order_id, calls in books.calls.items():
        if order_id not in books.orders:
            found.append(Violation(1, order_id, f"{len(calls)} make commands for an order that does not exist"))
    for charge in books.charges:
        if charge.payment_id not in books.strangers:
            found += _forgotten(books, charge)
    return sorted(found, key=lambda violation: (violation.rule, violation.order_id))


def _forgotten(books: Books, charge: Charge) -> list[Violation]:
    what = fate(books, charge)
    if not what.startswith("forgotten"):
        return []
    owner = books.owner(charge)
    order_id = owner[0].order_id if owner else (charge.order_id or charge.attempt_key)
    return [Violation(3, order_id, f"{charge.provider} payment {charge.payment_id} ({charge.state}): {what}")]


def _verified(books: Books, order: Order) -> Iterator[str]:
    calls = books.calls.get(order.order_id, ())
    if order.status not in _PAID:
        if calls:
            yield f"{len(calls)} make commands, but the order is {order.status}"
        return
    paid_at = _entered(order, Status.PAID)
    paying = bought(order)
    charge = books.charge(paying) if paying else None
    if charge is None or paid_at is None:
        yield f"{order.status} without a payment"
        return
    yield from _wrong_money(order, charge)
    if charge.taken_at is not None and paid_at + CLOCKS < charge.taken_at:
        yield "paid before the money was there"
    if paid_at > order.expires_at:
        yield f"paid {paid_at:%H:%M:%S}, but expired {order.expires_at:%H:%M:%S}"
    if calls and calls[0].at + CLOCKS < paid_at:
        yield "a make command before it was paid"
    yield from (f"wrong make command {call.body}" for call in calls if call.body != _right_command(order))


def _wrong_money(order: Order, charge: Charge) -> Iterator[str]:
    if not charge.taken:
        yield f"{order.status}, but the provider says {charge.state}"
    if (charge.amount, charge.currency) != (order.price, "RUB"):
        yield f"paid {charge.amount} {charge.currency} instead of {order.price} RUB"
    if not charge.ours:
        yield "paid to another shop"
    if charge.order_id not in (None, order.order_id):
        yield f"the payment is of {charge.order_id}"
    if charge.test:
        yield "a test payment"


def _right_command(order: Order) -> dict[str, object]:
    return {
        "deviceId": order.device_uuid,
        "orderUuid": order.order_id,
        "drinkUuid": order.drink_no,
        "size": Size(order.size).name.lower(),
        "price": order.price,
    }


def _commanded_once(books: Books, order: Order) -> Iterator[str]:
    calls = books.calls.get(order.order_id, ())
    paid_at = _entered(order, Status.PAID)
    if order.make is None or paid_at is None:
        return  # rule 1 has it
    if order.make.claims > CLAIMS:
        yield f"{order.make.claims} claims"
    if order.make.claims > 1 and not books.interrupted:
        yield "a second claim, though nothing was interrupted"
    lapsed = paid_at + CLAIM - timedelta(seconds=books.aged.get(order.order_id, 0))
    first = [call for call in calls if call.at + CLOCKS < lapsed]
    second = [call for call in calls if call.at + CLOCKS >= lapsed]
    if second and order.make.claims < CLAIMS:
        yield f"{len(second)} make commands after the claim had lapsed, without a second claim"
    for of_a_claim in (first, second):
        yield from _too_many(of_a_claim, paid_at)


def _too_many(calls: list[MakeCall], paid_at: datetime) -> Iterator[str]:
    """Within one claim only what is sure not to have made a drink is sent again."""
    if len(calls) > TRIES_OF_A_CLAIM:
        yield f"{len(calls)} make commands under one claim"
    final = [call for call in calls[:-1] if not call.may_be_repeated]
    if final:
        told = ", ".join(
            f"+{(call.at - paid_at).total_seconds():.1f} s: {call.status or 'no answer'}" for call in calls
        )
        yield f"{len(calls)} make commands under one claim, sooner than it lapsed ({told})"


def _paid_once(books: Books, order: Order) -> Iterator[str]:
    charges = [charge for attempt in order.attempts if (charge := books.charge(attempt)) is not None]
    kept = [c for c in charges if c.taken and not c.test and c.returned < c.amount]
    if len(kept) > 1 and not order.needs_attention:
        yield f"{len(kept)} payments were kept"
    keys = [charge.attempt_key for charge in books.charges if charge.provider == "yookassa"]
    for attempt in order.attempts:
        if keys.count(attempt.idempotence_key) > 1:
            yield f"{keys.count(attempt.idempotence_key)} payments of attempt {attempt.number}"


def _refunded_rightly(books: Books, order: Order) -> Iterator[str]:
    for attempt in order.attempts:
        charge, refund = books.charge(attempt), order.refund_of(attempt.payment_id or "")
        if charge is None:
            continue
        if charge.refund_requests > 1:
            yield f"{charge.refund_requests} refunds of payment {charge.payment_id}"
        if charge.returned > 0 and (refund is None or refund.kind is not RefundKind.REFUND):
            yield f"payment {charge.payment_id} was refunded, and the order does not say why"
        if charge.returned not in (0, charge.amount):
            yield f"{charge.returned} of {charge.amount} kopecks of payment {charge.payment_id} were refunded"
        if refund is not None:
            yield from _unreasonable(books, order, attempt, charge, refund)


def _unreasonable(books: Books, order: Order, attempt: Attempt, charge: Charge, refund: Refund) -> Iterator[str]:
    done = charge.returned >= charge.amount if refund.kind is RefundKind.REFUND else charge.state == "canceled"
    if refund.status is RefundStatus.SUCCEEDED and not done:
        yield f"the {refund.kind} of {charge.payment_id} is called done, but the provider says {charge.state}"
    reason = _REASONS.get(refund.reason)
    if reason is None or not reason(books, order, attempt, charge):
        yield f"{refund.kind} of {charge.payment_id} for {refund.reason}, which is not so"


def _paid_late(books: Books, order: Order, attempt: Attempt, charge: Charge) -> bool:
    failed_at = _entered(order, Status.FAILED)
    closed = order.make is not None and bought(order) is not attempt
    return closed or (failed_at is not None and (failed_at > order.expires_at or len(order.attempts) > 1))


def _mismatched(books: Books, order: Order, attempt: Attempt, charge: Charge) -> bool:
    return any(_wrong_money(order, charge))


def _paid_twice(books: Books, order: Order, attempt: Attempt, charge: Charge) -> bool:
    others = (books.charge(other) for other in order.attempts if other.number != attempt.number)
    return any(other is not None and other.taken for other in others)


def _make_refused(books: Books, order: Order, attempt: Attempt, charge: Charge) -> bool:
    calls = books.calls.get(order.order_id, ())
    one_claim = order.make is not None and order.make.claims == 1
    return one_claim and bought(order) is attempt and all(call.refused for call in calls)


def _machine_failed(books: Books, order: Order, attempt: Attempt, charge: Charge) -> bool:
    return bought(order) is attempt and "failed" in books.drinks.get(order.order_id, ())


def _held(books: Books, order: Order, attempt: Attempt, charge: Charge) -> bool:
    return _entered(order, Status.FAILED) is not None and not charge.taken


_REASONS: dict[str, Callable[[Books, Order, Attempt, Charge], bool]] = {
    Reason.PAID_LATE: _paid_late,
    Reason.PAYMENT_MISMATCH: _mismatched,
    Reason.DUPLICATE_PAYMENT: _paid_twice,
    Reason.MAKE_FAILED: _make_refused,
    Reason.MACHINE_FAILED: _machine_failed,
    Reason.WAITING_FOR_CAPTURE: _held,
}


def _finished(books: Books, order: Order) -> Iterator[str]:
    if order.status in (Status.PAID, Status.MAKE_PENDING):
        yield f"still {order.status}"
    attempt = order.current_attempt
    if order.status is Status.PENDING and attempt is not None:
        charge = books.charge(attempt)
        if charge is None or not charge.open:
            yield f"still pending, but the provider says {charge.state if charge else 'nothing'}"
    for refund in order.refunds:
        if refund.status in OPEN_REFUND and not order.needs_attention:
            yield f"the {refund.kind} of {refund.payment_id} is still {refund.status}"


def _entered(order: Order, status: Status) -> datetime | None:
    return next((entry.at for entry in order.history if entry.status is status), None)


_OF_AN_ORDER: tuple[tuple[int, Callable[[Books, Order], Iterator[str]]], ...] = (
    (1, _verified),
    (2, _commanded_once),
    (4, _paid_once),
    (5, _refunded_rightly),
    (6, _finished),
)
