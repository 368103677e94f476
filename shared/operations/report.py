"""`make report`: what was sold in a period and which machines fail, as a table, CSV or a page with charts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from google.cloud.firestore import Client
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.query import Query

from shared.adapters.documents import read_order
from shared.domain.fields import MOSCOW
from shared.domain.order import Order
from shared.operations import store
from shared.operations.figures import moscow_day, summarize
from shared.operations.report_page import as_page
from shared.operations.tables import as_csv, as_text

MOST_FLAGGED = 200


def main() -> int:
    today = moscow_day(datetime.now(UTC))
    options = _options(today)
    if options.first > options.last:
        sys.exit("--from позже, чем --to.")
    with store.opened(store.settings()) as client:
        in_period = orders(client, options.first, options.last)
        found = summarize(in_period, flagged(client), options.first, options.last, datetime.now(UTC))
        locations = _locations(client) if options.html else {}
    print(as_text(found), end="")
    if options.csv:
        options.csv.write_text(as_csv(found), encoding="utf-8")
    if options.html:
        options.html.write_text(as_page(found, locations), encoding="utf-8")
    for written in filter(None, (options.csv, options.html)):
        print(f"Записано: {written}")
    return 0


def _options(today: date) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make report", description=__doc__)
    week = today - timedelta(days=6)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=week, help="first day, 2026-01-31")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=today, help="last day, included")
    parser.add_argument("--csv", type=Path, help="also write this CSV file")
    parser.add_argument("--html", type=Path, help="also write this page")
    return parser.parse_args()


def orders(client: Client, first: date, last: date) -> Iterator[Order]:
    """Orders created on these days in Moscow, one billed read each; an unreadable one is named and left out."""
    begin = datetime.combine(first, time(), MOSCOW)
    end = datetime.combine(last + timedelta(days=1), time(), MOSCOW)
    query = client.collection("orders").where(filter=FieldFilter("created_at", ">=", begin))
    return _read(query.where(filter=FieldFilter("created_at", "<", end)).order_by("created_at"))


def flagged(client: Client) -> Iterator[Order]:
    """Orders that need attention now, of any day, the newest first (firestore.indexes.json has the index)."""
    query = client.collection("orders").where(filter=FieldFilter("needs_attention", "==", True))
    return _read(query.order_by("created_at", direction="DESCENDING").limit(MOST_FLAGGED))


def _read(query: Query) -> Iterator[Order]:
    for snapshot in query.stream(timeout=store.SECONDS):
        try:
            yield read_order(snapshot.id, snapshot.to_dict() or {})
        except ValueError as error:
            print(f"Заказ пропущен: {error}", file=sys.stderr)


def _locations(client: Client) -> dict[str, str]:
    devices = store.documents(client, "devices")
    return {name: str(data["location"]) for name, data in devices.items() if isinstance(data.get("location"), str)}


if __name__ == "__main__":
    sys.exit(main())
