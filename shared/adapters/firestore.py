"""Orders, devices, merchants and customers in Firestore (SPEC §4, §15).

Everything about an order is in one document, changed by reading it and writing with `last_update_time` as the
precondition: no locks, the same in production and in Google's emulator, where transactions on one document wait
for each other until a lock timeout.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

import grpc
from google.api_core import exceptions as google_errors
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import DELETE_FIELD, Client
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.field_path import FieldPath

from shared.adapters.documents import order_document, read_order
from shared.domain.device import Device, read_device
from shared.domain.fields import Problem
from shared.domain.merchant import Merchant, read_merchant
from shared.domain.order import Order
from shared.domain.payment import SavedCard
from shared.errors import ChangedMeanwhile, StoreUnavailable
from shared.ports import Stored

T = TypeVar("T")
log = logging.getLogger(__name__)

CALL_SECONDS = 4.0  # a call, its retries included
CACHE_SECONDS = 60.0
_CONFLICTS = (google_errors.FailedPrecondition, google_errors.Aborted, google_errors.NotFound)
# Without both of these the client goes on trying for 300 s while a customer or a provider waits.
_BOUNDS: dict[str, Any] = {
    "timeout": CALL_SECONDS,
    "retry": Retry(
        predicate=if_exception_type(google_errors.ServiceUnavailable, google_errors.InternalServerError),
        initial=0.1,
        maximum=1.0,
        timeout=CALL_SECONDS,
    ),
}


def connect(project: str | None, database: str) -> Client:
    """A client for this database; FIRESTORE_EMULATOR_HOST is honoured by the library itself."""
    return Client(project=project, database=database)


def open_channel(client: Client) -> None:
    """Connect now instead of with the first call; waits for that. Reads nothing, and never raises for the network."""
    channel = client._firestore_api.transport.grpc_channel
    with suppress(grpc.FutureTimeoutError):  # the first request tries again, and answers for it
        grpc.channel_ready_future(channel).result(timeout=CALL_SECONDS)


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except (google_errors.GoogleAPIError, GoogleAuthError) as error:
        raise StoreUnavailable(f"Firestore: {type(error).__name__}: {error}"[:300]) from error


class FirestoreOrders:
    """`orders/{order_id}`; implements ports.OrderStore."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._orders = client.collection("orders")

    def get(self, order_id: str) -> Stored | None:
        with _answers():
            snapshot = self._orders.document(order_id).get(**_BOUNDS)
        return _stored(snapshot) if snapshot.exists else None

    def create(self, order: Order) -> Stored | None:
        """None when the order exists, also when it is our own, written by a try whose answer was lost."""
        with _answers():
            try:
                written = self._orders.document(order.order_id).create(order_document(order), **_BOUNDS)
            except google_errors.AlreadyExists:
                return None
        return Stored(order, written.update_time)

    def replace(self, stored: Stored, order: Order) -> Stored:
        """A write whose answer was lost and that is repeated meets its own effect: ChangedMeanwhile, read again."""
        option = self._client.write_option(last_update_time=stored.version)
        with _answers():
            try:
                written = self._orders.document(order.order_id).update(order_document(order), option=option, **_BOUNDS)
            except _CONFLICTS as error:
                raise ChangedMeanwhile(order.order_id) from error
        return Stored(order, written.update_time)

    def due(self, now: datetime, limit: int) -> list[Stored]:
        """An unreadable order is left out with an ERROR line: it must not stop the others."""
        query = self._orders.where(filter=FieldFilter("due_at", "<=", now)).order_by("due_at").limit(limit)
        with _answers():
            snapshots = query.get(**_BOUNDS)
        found = []
        for snapshot in snapshots:
            try:
                found.append(_stored(snapshot))
            except ValueError as error:
                log.error("%s", error, extra={"event": "order_unreadable", "order_id": snapshot.id})
        return found

    def by_payment(self, *references: str) -> Stored | None:
        query = self._orders.where(filter=FieldFilter("payment_refs", "array_contains_any", list(references)))
        with _answers():
            snapshots = query.limit(1).get(**_BOUNDS)
        return _stored(snapshots[0]) if snapshots else None


def _stored(snapshot: Any) -> Stored:
    # Not `to_dict()`: it copies the whole document once more, a twentieth of a poll's CPU time.
    return Stored(read_order(snapshot.id, snapshot._data), snapshot.update_time)


class FirestoreDirectory:
    """`devices` and `merchants`, each document kept for 60 s; implements ports.Directory."""

    def __init__(self, client: Client, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._cache: dict[tuple[str, str], tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def device(self, device_uuid: str, *, fresh: bool = False) -> Device | None:
        return self._read("devices", device_uuid, read_device, fresh)

    def merchant(self, merchant_id: str, *, fresh: bool = False) -> Merchant | None:
        return self._read("merchants", merchant_id, read_merchant, fresh)

    def _read(
        self,
        collection: str,
        name: str,
        parse: Callable[[str, Mapping[str, Any]], tuple[T, list[Problem]]],
        fresh: bool,
    ) -> T | None:
        key = (collection, name)
        with self._lock:
            read_at, known = self._cache.get(key, (0.0, None))
        if known is not None and not fresh and self._monotonic() - read_at < CACHE_SECONDS:
            found: T = known
            return found
        with _answers():
            snapshot = self._client.collection(collection).document(name).get(**_BOUNDS)
        if not snapshot.exists:
            return None
        document, problems = parse(name, snapshot.to_dict() or {})
        for problem in problems:
            log.warning("%s", problem, extra={"event": "document_problem", "field": problem.field})
        with self._lock:
            self._cache[key] = (self._monotonic(), document)
        return document


class FirestoreCustomers:
    """`customers/{sha256 of the browser's key}`; implements ports.CustomerStore."""

    def __init__(self, client: Client) -> None:
        self._customers = client.collection("customers")

    def card(self, customer_id: str, merchant_id: str) -> SavedCard | None:
        with _answers():
            snapshot = self._customers.document(customer_id).get(**_BOUNDS)
        return _card((snapshot.to_dict() or {}).get("cards"), merchant_id)

    def save_card(self, customer_id: str, merchant_id: str, card: SavedCard, now: datetime) -> None:
        kept = {"payment_method_id": card.payment_method_id, "brand": card.brand, "last4": card.last4}
        document = {"cards": {merchant_id: {**kept, "saved_at": now}}, "updated_at": now}
        with _answers():
            self._customers.document(customer_id).set(document, merge=True, **_BOUNDS)

    def forget_card(self, customer_id: str, merchant_id: str) -> None:
        """An update, not a merge: a key that nobody knows leaves no document behind."""
        with _answers(), suppress(google_errors.NotFound):
            card = FieldPath("cards", merchant_id).to_api_repr()
            self._customers.document(customer_id).update({card: DELETE_FIELD}, **_BOUNDS)


def _card(cards: Any, merchant_id: str) -> SavedCard | None:
    """None also for what a hand in the console has broken: the customer pays in the ordinary way."""
    card = cards.get(merchant_id) if isinstance(cards, dict) else None
    if not isinstance(card, dict):
        return None
    method, brand, last4 = card.get("payment_method_id"), card.get("brand"), card.get("last4")
    if not (isinstance(method, str) and isinstance(brand, str) and isinstance(last4, str) and method and last4):
        return None
    return SavedCard(payment_method_id=method, brand=brand, last4=last4)
