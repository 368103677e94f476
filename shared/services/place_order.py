"""Turn a scanned QR code into an order (SPEC §6, `create_order`, `POST /`)."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from shared import logs
from shared.domain.device import Device
from shared.domain.merchant import Merchant
from shared.domain.order import EmailRule, HistoryEntry, Order, Scenario, Status
from shared.domain.qr import Scan
from shared.errors import MachineError, NotConfigured, Refusal, StoreUnavailable
from shared.services.scenarios import PROVIDERS
from shared.services.world import World

log = logging.getLogger(__name__)


def place_order(world: World, scan: Scan) -> tuple[Order, bool]:
    """The order of this scan, and whether it is new. Raises Refusal; the checks come in SPEC §6's order."""
    logs.about(order_id=scan.order_id, device_uuid=scan.device_uuid)
    stored = world.orders.get(scan.order_id)
    if stored is not None:
        return _existing(world, scan, stored.order), False
    device, merchant = _sellable(world, scan)
    price = _price_at_online_machine(world, device, scan)
    order = _new_order(world, scan, device, merchant, price)
    created = world.orders.create(order)
    if created is not None:
        log.info("Order %s created", order.order_id, extra={"event": "order_created", "price": price})
        return order, True
    stored = world.orders.get(scan.order_id)  # somebody else scanned the same code at the same moment
    if stored is None:
        raise StoreUnavailable(f"orders/{scan.order_id} exists and is gone")
    return _existing(world, scan, stored.order), False


def _existing(world: World, scan: Scan, order: Order) -> Order:
    same = (order.device_uuid, order.drink_no, order.size) == (scan.device_uuid, scan.drink_no, scan.size)
    if not same:
        raise Refusal("ORDER_CONFLICT", device=world.directory.device(scan.device_uuid))
    if order.status in (Status.CREATED, Status.NOT_PAID) and order.expired(world.now()):
        raise Refusal("ORDER_EXPIRED", device=world.directory.device(order.device_uuid))
    return order


def _sellable(world: World, scan: Scan) -> tuple[Device, Merchant]:
    """Device and merchant when they may sell. A refusal is never given from the cache: it may be mended by now."""
    try:
        return _check_sellable(world, scan, fresh=False)
    except Refusal:
        return _check_sellable(world, scan, fresh=True)


def _check_sellable(world: World, scan: Scan, *, fresh: bool) -> tuple[Device, Merchant]:
    device = world.directory.device(scan.device_uuid, fresh=fresh)
    if device is None:
        raise Refusal("DEVICE_NOT_FOUND")
    if not device.enabled:
        raise Refusal("DEVICE_DISABLED", device=device)
    merchant = world.directory.merchant(device.merchant_id, fresh=fresh) if device.merchant_id else None
    if merchant is None:
        missing = f"merchants/{device.merchant_id}" if device.merchant_id else "a usable merchant_id"
        raise _not_configured(device, f"devices/{device.device_uuid}: {missing} is missing")
    if not merchant.active(world.now()):
        raise Refusal("MERCHANT_INACTIVE", device=device)
    _check_payable(world, device, merchant, scan.drink_no)
    return device, merchant


def _check_payable(world: World, device: Device, merchant: Merchant, drink_no: str) -> None:
    """Everything that a payment will need is there before the customer is asked for money."""
    scenario = device.payment_scenario
    if scenario is Scenario.CUSTOM:
        if device.redirect_url is None:
            raise _not_configured(device, f"devices/{device.device_uuid}: redirect_url is missing")
        return
    try:
        world.providers.account(PROVIDERS[scenario], merchant.merchant_id)
    except NotConfigured as error:
        raise _not_configured(device, str(error)) from error
    if scenario is Scenario.YOOKASSA_RECEIPT and not merchant.receipt.usable_for(drink_no):
        raise _not_configured(
            device, f"merchants/{merchant.merchant_id}: receipt.vat_code is missing, receipts are mandatory"
        )


def _not_configured(device: Device, reason: str) -> Refusal:
    return Refusal("PAYMENT_NOT_CONFIGURED", device=device, detail=reason)


def _price_at_online_machine(world: World, device: Device, scan: Scan) -> int:
    with ThreadPoolExecutor(max_workers=1) as pool:
        price = pool.submit(world.machine.price, device.device_uuid, scan.drink_no, scan.size)
        _check_online(world, device)
        try:
            found = price.result()
        except MachineError as error:
            log.warning("Price is not available: %s", error, extra={"event": "price_unavailable"})
            raise Refusal("PRICE_UNAVAILABLE", device=device) from error
    if found <= 0:
        log.warning("Tmetr has no price for drink %s", scan.drink_no, extra={"event": "price_unavailable"})
        raise Refusal("PRICE_UNAVAILABLE", device=device)
    return found


def _check_online(world: World, device: Device) -> None:
    try:
        heard = world.machine.last_heartbeat(device.device_uuid)
    except MachineError as error:
        log.warning("Heartbeat check failed: %s", error, extra={"event": "heartbeat_check_failed"})
        raise Refusal("HEARTBEAT_CHECK_FAILED", device=device) from error
    if heard is None or world.now() - heard >= world.settings.online_threshold:
        log.warning("Device is offline, last heard of at %s", heard, extra={"event": "device_offline"})
        raise Refusal("DEVICE_OFFLINE", device=device)


def _new_order(world: World, scan: Scan, device: Device, merchant: Merchant, price: int) -> Order:
    now: datetime = world.now()
    return Order(
        order_id=scan.order_id,
        device_uuid=scan.device_uuid,
        merchant_id=merchant.merchant_id,
        drink_no=scan.drink_no,
        drink_name=scan.drink_name,
        size=int(scan.size),
        price=price,
        status=Status.CREATED,
        history=(HistoryEntry(status=Status.CREATED, at=now),),
        created_at=now,
        updated_at=now,
        expires_at=now + world.settings.order_lifetime,
        purge_at=now + world.settings.retention,
        payment_scenario=device.payment_scenario,
        receipt_email=_email_rule(device, merchant),
        brew_seconds=device.brew_seconds,
        qr=scan.carried,
    )


def _email_rule(device: Device, merchant: Merchant) -> EmailRule:
    if device.payment_scenario is not Scenario.YOOKASSA_RECEIPT:
        return EmailRule.HIDDEN
    return EmailRule.REQUIRED if merchant.receipt.is_mandatory else EmailRule.OPTIONAL
