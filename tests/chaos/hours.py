"""Times in stored orders, moved back so that nobody has to wait for them; what was moved is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.adapters.documents import read_order
from shared.domain.order import OPEN_REFUND, Order, Status
from shared.domain.schedule import due_at

if TYPE_CHECKING:
    from google.cloud.firestore import Client, DocumentSnapshot

WORTH_WAITING = timedelta(seconds=75)  # a claim, or the third try of a refund


class Clockwork:
    """Ages claims granted until `claims_until` (None: no claim), and refunds whose next try is far away."""

    def __init__(self, database: Client, claims_until: datetime | None) -> None:
        self.claims: dict[str, float] = {}
        self.refunds: set[str] = set()
        self._database = database
        self._claims_until = claims_until

    def hurry(self, order_id: str) -> None:
        """Make due now what may be hurried; harmless when somebody changes the order meanwhile."""
        found = self._database.document(f"orders/{order_id}").get(timeout=20)
        order = read_order(order_id, found.to_dict() or {})
        due, now = due_at(order), datetime.now(UTC)
        if due is None or due <= now:
            return
        if self._claim_is_dead(order):
            if self._age(found, due - now):
                self.claims[order_id] = (due - now).total_seconds()
        elif self._refund_is_far(order, due - now) and self._age(found, due - now):
            self.refunds.add(order_id)

    def _claim_is_dead(self, order: Order) -> bool:
        until, make = self._claims_until, order.make
        return order.status is Status.PAID and make is not None and until is not None and make.claimed_at < until

    def _refund_is_far(self, order: Order, away: timedelta) -> bool:
        enough = timedelta(seconds=3) if self._claims_until is not None else WORTH_WAITING
        finished = order.status not in (Status.PAID, Status.PENDING, Status.MAKE_PENDING)
        return finished and away > enough and any(refund.status in OPEN_REFUND for refund in order.refunds)

    def _age(self, found: DocumentSnapshot[Any], by: timedelta) -> bool:
        # Imported here: gRPC reads what it may write to the terminal when it is imported (see seeds.connect).
        from google.api_core.exceptions import FailedPrecondition

        document: dict[str, Any] = found.to_dict() or {}
        refunds = [refund | {"updated_at": refund["updated_at"] - by} for refund in document["refunds"]]
        changes: dict[str, Any] = {"due_at": document["due_at"] - by, "refunds": refunds}
        if document["status"] == Status.PAID:
            times = {name: document["make"][name] - by for name in ("claimed_at", "lapses_at")}
            changes["make"] = document["make"] | times
        option = self._database.write_option(last_update_time=found.update_time)
        try:
            found.reference.update(changes, option=option, timeout=20)
        except FailedPrecondition:
            return False
        return True
