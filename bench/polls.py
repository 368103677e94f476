"""How often the page asks during a wait, by running the page's own poller under a clock that does not wait."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

from bench.stage import ROOT
from shared.domain.order import Order, Status
from shared.domain.schedule import poll_after_ms

WAIT_SECONDS = 60
ANSWER_MS = 5


def count(status: Status, wait_seconds: int = WAIT_SECONDS) -> dict[str, int] | None:
    """`polls` and `checks` (`POST /check`) of one page that waits in this status; None without Node.js."""
    node = shutil.which("node")
    if node is None:
        return None
    wait = {
        "waitMs": wait_seconds * 1000,
        "status": status.value,
        "pollAfterMs": _pace(status),
        "answerMs": ANSWER_MS,
    }
    done = subprocess.run(
        [node, str(ROOT / "bench/polls.mjs"), json.dumps(wait)], capture_output=True, text=True, timeout=30, check=True
    )
    counted: dict[str, int] = json.loads(done.stdout)
    return counted


def _pace(status: Status) -> int | None:
    """What `order_status` answers as `poll_after_ms`."""
    now = datetime.now(UTC)
    hour = now + timedelta(hours=1)
    order = Order(
        order_id="bench-order",
        device_uuid="test",
        merchant_id="demo",
        drink_no="1",
        drink_name="Молочная пена",
        size=1,
        price=15000,
        status=status,
        created_at=now,
        updated_at=now,
        expires_at=hour,
        purge_at=hour,
    )
    return poll_after_ms(order, now)
