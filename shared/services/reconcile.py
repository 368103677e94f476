"""Finish what a lost notification, a crash or a slow provider left unfinished (SPEC §6, `reconcile`)."""

from __future__ import annotations

import contextvars
import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

from shared import logs
from shared.domain.dispensing import assume_made
from shared.domain.order import Order, Status
from shared.errors import NotConfigured, ProviderError, StoreUnavailable
from shared.ports import Stored
from shared.services.dispense import resend_if_lapsed
from shared.services.look import look
from shared.services.refund import pay_back
from shared.services.world import World, change

log = logging.getLogger(__name__)

MOST_ORDERS = 50
WORKERS = 8
NO_NEW_WORK_AFTER = 30.0  # seconds
ANSWER_AFTER = 44.0  # seconds: a slow one goes on behind the answer, protected by its own claims


def reconcile(world: World) -> dict[str, int]:
    """Work through what is due, at most 50 orders; safe to run twice at once. Returns counts by what became.

    Raises StoreUnavailable when the list itself could not be read.
    """
    begun = time.monotonic()
    due = world.orders.due(world.now(), MOST_ORDERS)
    pool = ThreadPoolExecutor(max_workers=WORKERS)
    work = partial(_unless_late, world, begun + NO_NEW_WORK_AFTER)
    futures = [pool.submit(contextvars.copy_context().run, work, stored) for stored in due]
    done, late = wait(futures, timeout=ANSWER_AFTER - (time.monotonic() - begun))
    pool.shutdown(wait=False, cancel_futures=True)
    counts = Counter(future.result() for future in done)
    counts["unfinished"] += len(late)
    return {"due": len(due), **dict(sorted(counts.items()))}


def _unless_late(world: World, no_new_work_after: float, stored: Stored) -> str:
    if time.monotonic() > no_new_work_after:
        return "postponed"
    order = stored.order
    logs.about(order_id=order.order_id, device_uuid=order.device_uuid)
    try:
        return _count(order, finish(world, stored).order)
    except (ProviderError, NotConfigured) as error:
        log.warning("Order %s: %s", order.order_id, error, extra={"event": "not_verified"})
        return "not_verified"
    except StoreUnavailable as error:
        log.warning("Order %s: %s", order.order_id, error, extra={"event": "store_unavailable"})
        return "store_unavailable"
    except Exception:  # one order's bug must not keep the others waiting
        log.exception("Order %s could not be reconciled", order.order_id, extra={"event": "reconcile_failed"})
        return "errors"


def finish(world: World, stored: Stored) -> Stored:
    """The next step of one order that is due."""
    now = world.now()
    steps: dict[Status, Callable[[World, Stored], Stored]] = {
        Status.PAID: resend_if_lapsed,
        Status.MAKE_PENDING: lambda world, stored: change(world, stored, lambda order: assume_made(order, now)),
    }
    step = steps.get(stored.order.status)
    if step is not None:
        stored = step(world, stored)
    # Money first: a provider that does not answer the look must not keep a refund waiting.
    return look(world, pay_back(world, stored))


def _count(before: Order, after: Order) -> str:
    return after.status.value if after.status is not before.status else "looked_at"
