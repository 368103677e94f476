"""The books after a run: our orders, what each provider has on record, what reached the machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.supervisor.settings import SHOP_ID, TERMINAL_KEY
from shared.adapters.documents import read_order
from shared.domain.money import kopecks_from_rubles
from shared.domain.order import Attempt, Order

if TYPE_CHECKING:
    from google.cloud.firestore import Client

Json = dict[str, Any]
Control = Callable[[str, str], Any]  # system, path below /_sandbox/ → its JSON answer

BROKEN_OFF = frozenset({"hang", "drop", "drip"})


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A payment in its provider's books, kopecks. `taken`: the customer was charged at some time.

    `returned`: kopecks that went back. `refund_requests`: how many different refunds were begun.
    """

    provider: str
    payment_id: str
    state: str
    amount: int
    ours: bool
    attempt_key: str
    order_id: str | None = None
    currency: str = "RUB"
    test: bool = False
    taken: bool = False
    held: bool = False
    open: bool = False
    taken_at: datetime | None = None
    returned: int = 0
    refund_requests: int = 0


@dataclass(frozen=True, kw_only=True)
class MakeCall:
    """One make command that arrived at the machine's telemetry. `status`: None when no whole answer went back."""

    order_id: str
    at: datetime
    body: Json
    status: int | None

    @property
    def may_be_repeated(self) -> bool:
        """True when the answer says that no drink comes of it, and that trying again can help (SPEC §11)."""
        return self.status is not None and (self.status == 429 or self.status >= 500)

    @property
    def refused(self) -> bool:
        return self.status is not None and self.status >= 400


@dataclass(frozen=True, kw_only=True)
class Books:
    """Everything that the judge looks at. `interrupted`: functions were killed, so a claim may have lapsed.

    `aged`: seconds by which a claim was moved back, by order. `strangers`: payments that no order asked for.
    """

    orders: Mapping[str, Order]
    charges: tuple[Charge, ...]
    calls: Mapping[str, tuple[MakeCall, ...]] = field(default_factory=dict)
    drinks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aged: Mapping[str, float] = field(default_factory=dict)
    strangers: frozenset[str] = frozenset()
    interrupted: bool = True

    def owner(self, charge: Charge) -> tuple[Order, Attempt] | None:
        """The order and the attempt that this payment is on record for."""
        for order in self.orders.values():
            for attempt in order.attempts:
                if attempt.provider == charge.provider and attempt.payment_id == charge.payment_id:
                    return order, attempt
        return None

    def charge(self, attempt: Attempt) -> Charge | None:
        """The provider's side of an attempt."""
        same = (charge for charge in self.charges if charge.payment_id == attempt.payment_id)
        return next((charge for charge in same if charge.provider == attempt.provider), None)


def collect(
    database: Client,
    control: Control,
    *,
    aged: Mapping[str, float] | None = None,
    strangers: Iterable[str] = (),
    interrupted: bool = True,
) -> Books:
    """Read it all; nothing may move any more."""
    found = database.collection("orders").stream(timeout=60)
    orders = {order.id: read_order(order.id, order.to_dict() or {}) for order in found}
    with ThreadPoolExecutor(max_workers=3) as pool:
        yookassa = pool.submit(lambda: _yookassa(control("yookassa", "payments"), control("yookassa", "refunds")))
        tbank = pool.submit(lambda: _tbank(control("tbank", "payments"), control("tbank", "log")))
        calls, brews = control("tmetr", "log"), control("tmetr", "brews")
    return Books(
        orders=orders,
        charges=(*yookassa.result(), *tbank.result()),
        calls=_by_order(_make_call(entry) for entry in calls if entry["operation"] == "make"),
        drinks=_outcomes(brews),
        aged=dict(aged or {}),
        strangers=frozenset(strangers),
        interrupted=interrupted,
    )


def _yookassa(payments: list[Json], refunds: list[Json]) -> list[Charge]:
    begun: defaultdict[str, list[Json]] = defaultdict(list)
    for refund in refunds:
        begun[refund["payment_id"]].append(refund)
    return [_yookassa_charge(view, begun[view["id"]]) for view in payments]


def _yookassa_charge(view: Json, refunds: list[Json]) -> Charge:
    captured = view.get("captured_at")
    done = [refund for refund in refunds if refund["status"] == "succeeded"]
    return Charge(
        provider="yookassa",
        payment_id=view["id"],
        state=view["status"],
        amount=kopecks_from_rubles(view["amount"]["value"]),
        currency=view["amount"]["currency"],
        ours=view["recipient"]["account_id"] == SHOP_ID,
        attempt_key=view["metadata"].get("attempt", ""),
        order_id=view["metadata"].get("order_id"),
        test=view["test"],
        taken=captured is not None,
        held=view["status"] == "waiting_for_capture",
        open=view["status"] == "pending",
        taken_at=_moment(captured) if captured else None,
        returned=sum(kopecks_from_rubles(refund["amount"]["value"]) for refund in done),
        refund_requests=len([refund for refund in refunds if refund["status"] != "canceled"]),
    )


def _tbank(payments: list[Json], log: list[Json]) -> list[Charge]:
    requests: defaultdict[str, set[str]] = defaultdict(set)
    for entry in log:
        if entry["operation"] == "cancel" and isinstance(entry["body"], dict):
            requests[str(entry["body"].get("PaymentId"))].add(str(entry["body"].get("ExternalRequestId")))
    return [_tbank_charge(view, len(requests[view["PaymentId"]])) for view in payments]


def _tbank_charge(view: Json, refund_requests: int) -> Charge:
    status = view["Status"]
    return Charge(
        provider="tbank",
        payment_id=view["PaymentId"],
        state=status,
        amount=view["Amount"],
        ours=view["TerminalKey"] == TERMINAL_KEY,
        attempt_key=view["OrderId"],
        taken=status in ("CONFIRMED", "REFUNDING", "REFUNDED", "PARTIAL_REFUNDED"),
        open=status in ("NEW", "FORM_SHOWED", "AUTHORIZED"),
        returned=view["Amount"] if status == "REFUNDED" else 0,
        refund_requests=refund_requests,
    )


def _make_call(entry: Json) -> MakeCall:
    command = entry["body"][0] if isinstance(entry["body"], list) and entry["body"] else {}
    whole = entry["fault"] not in BROKEN_OFF
    return MakeCall(
        order_id=str(command.get("orderUuid")),
        at=_moment(entry["at"]),
        body=command,
        status=entry["answered"] if whole else None,
    )


def _by_order(calls: Iterable[MakeCall]) -> Mapping[str, tuple[MakeCall, ...]]:
    found: defaultdict[str, list[MakeCall]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: call.at):
        found[call.order_id].append(call)
    return {order_id: tuple(calls) for order_id, calls in found.items()}


def _outcomes(brews: list[Json]) -> Mapping[str, tuple[str, ...]]:
    """How each drink ended at the machine (success, failed, silent), by order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for brew in brews:
        found[brew["command"]["order_uuid"]].append(brew["outcome"])
    return {order_id: tuple(outcomes) for order_id, outcomes in found.items()}


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(UTC)
