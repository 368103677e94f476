"""Send an attempt's stored request to its provider, and keep what came of it (SPEC §7.4, §8)."""

from __future__ import annotations

import logging
import time

from shared.domain.attempts import call_failed
from shared.domain.order import Attempt
from shared.domain.payment import Payment, PaymentState
from shared.errors import (
    NotConfigured,
    PaymentUnknown,
    ProviderError,
    ProviderForbidden,
    ProviderRefused,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from shared.ports import PaymentProvider, Stored
from shared.services.settle import apply_payment
from shared.services.world import World, change

log = logging.getLogger(__name__)

LONGEST_RETRY_AFTER = 2.0  # seconds that a customer waits for without noticing


def call_provider(world: World, stored: Stored, attempt: Attempt) -> Stored:
    """Create the attempt's payment and act on the answer; the caller has taken the call (`take_call`).

    Raises ProviderError after noting it on the attempt: refused (nothing exists there), or still unknown.
    """
    try:
        account = world.providers.account(attempt.provider, stored.order.merchant_id)
        payment = _create(account, attempt)
    except NotConfigured as error:
        log.error("Payment is not configured: %s", error, extra={"event": "payment_not_configured"})
        _note_failure(world, stored, attempt, str(error), final=False)
        raise ProviderUnavailable(str(error)) from error
    except ProviderError as error:
        log.warning("Payment was not created: %s", error, extra={"event": "payment_not_created"})
        _note_failure(world, stored, attempt, str(error), final=_final(error, attempt))
        raise
    return apply_payment(world, stored, payment)


def _create(account: PaymentProvider, attempt: Attempt) -> Payment:
    """The payment, with an address where the customer pays it. Raises ProviderError."""
    payment = _create_patiently(account, attempt)
    nowhere_to_pay = payment.state is PaymentState.PENDING and payment.confirmation_url is None
    if nowhere_to_pay and not attempt.saved_card:
        raise ProviderUnavailable("the provider answered a payment without an address")
    return payment


def _create_patiently(account: PaymentProvider, attempt: Attempt) -> Payment:
    """Once more with the same key when the provider says "in a moment" (429, 202)."""
    try:
        return account.create(attempt)
    except ProviderUnavailable as error:
        if error.retry_after is None or error.retry_after > LONGEST_RETRY_AFTER:
            raise
        time.sleep(error.retry_after)
        return account.create(attempt)


def _final(error: ProviderError, attempt: Attempt) -> bool:
    """True when the provider has made no payment of this attempt, and never will.

    After a try whose answer was lost, a refusal for reasons of access says nothing of that try.
    """
    if attempt.tries > 1 and isinstance(error, ProviderForbidden | ProviderUnauthorized):
        return False
    return isinstance(error, ProviderRefused | PaymentUnknown)


def _note_failure(world: World, stored: Stored, attempt: Attempt, error: str, *, final: bool) -> None:
    now, caller = world.now(), attempt.caller or ""
    change(world, stored, lambda order: call_failed(order, attempt.number, caller, error, now, final=final))
