"""Firestore operations of a purchase and of a poll, counted at the wire (SPEC §16)."""

from __future__ import annotations

from sandbox.firestore import EmbeddedFirestore
from tests.functions.stand import Stand, answered


def _counts(firestore: EmbeddedFirestore, stand: Stand) -> dict[str, int]:
    return firestore.counts.get(stand.client.project, dict.fromkeys(("reads", "writes", "deletes", "queries"), 0))


def _purchase(stand: Stand) -> None:
    """From the scan to the machine's report; nothing here reads a document behind the functions' back."""
    order_id = stand.order()
    confirmation_url = str(answered(stand.tap(order_id))["confirmation_url"])
    payment_id = confirmation_url.rpartition("/")[2]
    stand.yookassa.post(f"payments/{payment_id}/pay")
    assert stand.notify(payment_id).status_code == 200
    assert stand.report(order_id, "success").json == {"order_id": order_id, "status": "successful"}


def test_a_whole_purchase_costs_at_most_six_reads_and_six_writes(stand: Stand, firestore: EmbeddedFirestore) -> None:
    firestore.reset_counts()
    _purchase(stand)
    counts = _counts(firestore, stand)
    assert counts["reads"] <= 6 and counts["writes"] <= 6, counts
    assert counts["writes"] >= 4 and counts["deletes"] == counts["queries"] == 0, counts


def test_with_device_and_merchant_cached_it_costs_four_reads(stand: Stand, firestore: EmbeddedFirestore) -> None:
    _purchase(stand)
    firestore.reset_counts()
    _purchase(stand)
    counts = _counts(firestore, stand)
    assert counts["reads"] <= 4 and counts["writes"] <= 6, counts


def test_a_poll_costs_one_read_once_the_device_is_cached(stand: Stand, firestore: EmbeddedFirestore) -> None:
    order_id = stand.order()
    stand.get("order_status", f"/{order_id}")
    firestore.reset_counts()
    tag = stand.get("order_status", f"/{order_id}").headers["ETag"]
    assert stand.get("order_status", f"/{order_id}", headers={"If-None-Match": tag}).status_code == 304
    assert _counts(firestore, stand) == {"reads": 2, "writes": 0, "deletes": 0, "queries": 0}


def test_a_second_delivery_of_a_settled_payment_costs_one_read_and_no_write(
    stand: Stand, firestore: EmbeddedFirestore
) -> None:
    order_id, payment_id = stand.paid()
    stand.notify(payment_id)
    body = stand.notification(payment_id)
    firestore.reset_counts()
    assert stand.deliver(body).status_code == 200
    assert _counts(firestore, stand) == {"reads": 1, "writes": 0, "deletes": 0, "queries": 0}
    assert len(stand.commands(order_id)) == 1


def test_reconcile_with_nothing_to_do_costs_one_query(stand: Stand, firestore: EmbeddedFirestore) -> None:
    firestore.reset_counts()
    assert stand.work_through()["due"] == 0
    assert _counts(firestore, stand) == {"reads": 1, "writes": 0, "deletes": 0, "queries": 1}
