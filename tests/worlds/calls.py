"""What our processes ask of the outside, each as a value that can be carried out, refused or counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from shared.domain.dispensing import Sent
from shared.domain.order import Attempt, MakeOutcome, Order, Refund, RefundKind, RefundStatus
from shared.domain.payment import Payment, PaymentState, SavedCard
from shared.domain.schedule import due_at
from shared.errors import ChangedMeanwhile, PaymentUnknown, ProviderBadRequest
from shared.ports import RefundAnswer, Stored
from tests.worlds.outside import Command, MoneyBack, Outside


class Call(Protocol):
    """One call: what is outside afterwards, and the answer. May raise what its port may raise."""

    def on(self, outside: Outside) -> tuple[Outside, Any]: ...


@dataclass(frozen=True, slots=True)
class ReadClock:
    def on(self, outside: Outside) -> tuple[Outside, datetime]:
        return outside, outside.now


@dataclass(frozen=True, slots=True)
class Pause:
    number: int

    def on(self, outside: Outside) -> tuple[Outside, None]:
        return outside, None


@dataclass(frozen=True, slots=True)
class TellOperator:
    text: str

    def on(self, outside: Outside) -> tuple[Outside, None]:
        return outside, None


@dataclass(frozen=True, slots=True)
class GetOrder:
    order_id: str

    def on(self, outside: Outside) -> tuple[Outside, Stored | None]:
        return outside, outside.orders.get(self.order_id)


@dataclass(frozen=True, slots=True)
class CreateOrder:
    order: Order

    def on(self, outside: Outside) -> tuple[Outside, Stored | None]:
        if self.order.order_id in outside.orders:
            return outside, None
        outside = outside.with_order(self.order)
        return outside, outside.orders[self.order.order_id]


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """The conditional write. `blind`: without its condition, to show that the condition is what protects."""

    stored: Stored
    order: Order
    blind: bool = False

    def on(self, outside: Outside) -> tuple[Outside, Stored]:
        order_id = self.order.order_id
        if outside.orders[order_id].version != self.stored.version and not self.blind:
            raise ChangedMeanwhile(order_id)
        outside = outside.with_order(self.order)
        return outside, outside.orders[order_id]


@dataclass(frozen=True, slots=True)
class DueOrders:
    now: datetime
    limit: int

    def on(self, outside: Outside) -> tuple[Outside, list[Stored]]:
        moments = ((due_at(stored.order), stored) for stored in outside.orders.values())
        due = [(moment, stored) for moment, stored in moments if moment is not None and moment <= self.now]
        return outside, [stored for _, stored in sorted(due, key=lambda pair: pair[0])][: self.limit]


@dataclass(frozen=True, slots=True)
class FindByPayment:
    references: tuple[str, ...]

    def on(self, outside: Outside) -> tuple[Outside, Stored | None]:
        for stored in outside.orders.values():
            for attempt in stored.order.attempts:
                if {attempt.payment_id, attempt.idempotence_key} & set(self.references):
                    return outside, stored
        return outside, None


@dataclass(frozen=True, slots=True)
class Look:
    """Read one entry of one of the maps (`devices`, `merchants`, `cards`)."""

    shelf: str
    key: Any

    def on(self, outside: Outside) -> tuple[Outside, Any]:
        found: Mapping[Any, Any] = getattr(outside, self.shelf)
        return outside, found.get(self.key)


@dataclass(frozen=True, slots=True)
class KeepCard:
    """Write a saved card, or forget it (`card` None)."""

    key: tuple[str, str]
    card: SavedCard | None

    def on(self, outside: Outside) -> tuple[Outside, None]:
        cards = {key: card for key, card in outside.cards.items() if key != self.key}
        if self.card is not None:
            cards[self.key] = self.card
        return replace(outside, cards=cards), None


@dataclass(frozen=True, slots=True)
class CreatePayment:
    """As YooKassa: one idempotence key is one payment, however often it is asked for."""

    attempt: Attempt

    def on(self, outside: Outside) -> tuple[Outside, Payment]:
        attempt = self.attempt
        known = outside.payment_keys.get(attempt.idempotence_key)
        if known is not None:
            return outside, outside.payments[known]
        payment_id = f"{attempt.provider}-{len(outside.payments) + 1}"
        charged = attempt.saved_card
        payment = Payment(
            payment_id=payment_id,
            state=outside.charge_answer if charged else PaymentState.PENDING,
            amount=attempt.amount,
            order_id=attempt.request.get("order_id"),
            attempt_key=attempt.idempotence_key,
            confirmation_url=None if charged else f"https://checkout.example/{payment_id}",
            cancel_reason="permission_revoked" if outside.charge_answer is PaymentState.CANCELED else None,
        )
        return outside.with_payment(payment), payment


@dataclass(frozen=True, slots=True)
class FetchPayment:
    payment_id: str

    def on(self, outside: Outside) -> tuple[Outside, Payment]:
        payment = outside.payments.get(self.payment_id)
        if payment is None:
            raise PaymentUnknown(f"no payment {self.payment_id}")
        return outside, payment


@dataclass(frozen=True, slots=True)
class GiveBack:
    """As YooKassa: one key is one refund. Another key is another refund, even of the same money."""

    refund: Refund

    def on(self, outside: Outside) -> tuple[Outside, RefundAnswer]:
        refund = self.refund
        payment = outside.payments.get(refund.payment_id)
        if payment is None:
            raise PaymentUnknown(f"no payment {refund.payment_id}")
        if refund.idempotence_key not in outside.refunds:
            outside = self._carried_out(outside, payment)
        done = outside.refunds[refund.idempotence_key]
        return outside, RefundAnswer(status=done.status, refund_id=refund.idempotence_key)

    def _carried_out(self, outside: Outside, payment: Payment) -> Outside:
        refund = self.refund
        releasing = refund.kind is RefundKind.RELEASE
        giveable = {PaymentState.HELD} if releasing else {PaymentState.SUCCEEDED, PaymentState.REFUNDED}
        if payment.state not in giveable:
            raise ProviderBadRequest(f"a payment that is {payment.state} has nothing to give back")
        back = MoneyBack(payment_id=payment.payment_id, amount=refund.amount, status=outside.refund_answer)
        outside = replace(outside, refunds={**outside.refunds, refund.idempotence_key: back})
        if back.status is not RefundStatus.SUCCEEDED:
            return outside
        if releasing:
            return outside.with_payment(replace(payment, state=PaymentState.CANCELED))
        sum_back = payment.refunded_amount + refund.amount
        return outside.with_payment(replace(payment, state=PaymentState.REFUNDED, refunded_amount=sum_back))


@dataclass(frozen=True, slots=True)
class MakeDrink:
    """The make command. The machine may get it (`outcome` accepted, unknown) or not (refused)."""

    order: Order
    outcome: MakeOutcome = MakeOutcome.ACCEPTED

    def on(self, outside: Outside) -> tuple[Outside, Sent]:
        make = self.order.make
        assert make is not None, "a command without a claim"
        command = Command(
            order_id=self.order.order_id, at=outside.now, claimed_at=make.claimed_at, outcome=self.outcome
        )
        error = None if self.outcome is MakeOutcome.ACCEPTED else f"made to be {self.outcome}"
        sent = Sent(outcome=self.outcome, tries=1, error=error)
        return replace(outside, commands=(*outside.commands, command)), sent


@dataclass(frozen=True, slots=True)
class AskPrice:
    device_uuid: str

    def on(self, outside: Outside) -> tuple[Outside, int]:
        return outside, outside.price


@dataclass(frozen=True, slots=True)
class AskHeartbeat:
    device_uuid: str

    def on(self, outside: Outside) -> tuple[Outside, datetime | None]:
        return outside, outside.heartbeat
