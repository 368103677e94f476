"""The one place that wires adapters to services; everything is built when it is first needed."""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from shared import logs
from shared.config import Settings, load_settings, warnings
from shared.errors import NotConfigured
from shared.ports import Operator, PaymentProvider
from shared.services.world import Shelf, World

log = logging.getLogger(__name__)


class App:
    """One function's settings, and the world behind them. Raises ConfigError when the environment is unusable."""

    def __init__(self, function: str, *required: str) -> None:
        self.settings = load_settings(os.environ, *required)
        logs.setup(function, self.settings.log_format, self.settings.log_level)
        for warning in warnings(self.settings):
            log.warning("%s", warning, extra={"event": "configuration"})
        self._lock = threading.RLock()
        self._client: Any = None
        self._shelf: Shelf | None = None
        self._world: World | None = None
        _load_firestore()
        _in_each_worker(self._reach_firestore)

    @property
    def shelf(self) -> Shelf:
        """What reading an order's status needs."""
        with self._lock:
            if self._shelf is None:
                from shared.adapters.firestore import FirestoreDirectory, FirestoreOrders

                client = self._firestore()
                self._shelf = Shelf(orders=FirestoreOrders(client), directory=FirestoreDirectory(client))
            return self._shelf

    @property
    def world(self) -> World:
        """What changing an order needs."""
        with self._lock:
            if self._world is None:
                from shared.adapters.firestore import FirestoreCustomers
                from shared.adapters.tmetr import Tmetr

                settings, shelf = self.settings, self.shelf
                self._world = World(
                    orders=shelf.orders,
                    directory=shelf.directory,
                    settings=settings,
                    providers=ConfiguredProviders(settings),
                    machine=Tmetr(settings.tmetr_base_url or "", settings.tmetr_token or "", settings.make_attempts),
                    customers=FirestoreCustomers(self._firestore()),
                    operator=_operator(settings),
                )
            return self._world

    def _firestore(self) -> Any:
        if self._client is None:
            from shared.adapters.firestore import connect

            self._client = connect(self.settings.project, self.settings.database)
        return self._client

    def _reach_firestore(self) -> None:
        """Connect while the worker starts, so that the first customer does not wait for TCP and TLS."""

        def reach() -> None:
            from shared.adapters.firestore import open_channel

            with self._lock:
                client = self._firestore()
            open_channel(client)

        threading.Thread(target=reach, name="reach-firestore", daemon=True).start()


def _in_each_worker(method: Callable[[], None]) -> None:
    """Call this when gunicorn has forked: a gRPC channel would not survive a fork.

    Weakly, because a registration cannot be taken back and must not keep an App alive.
    """
    weak = weakref.WeakMethod(method)

    def call() -> None:
        alive = weak()
        if alive is not None:
            alive()

    os.register_at_fork(after_in_child=call)


@functools.cache
def _load_firestore() -> None:
    """Load the largest library before the first request: every request needs it."""
    with _nothing_to_collect():
        import shared.adapters.firestore  # noqa: F401


@contextlib.contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """No garbage collection while modules load, nor of what they made: it lives as long as the process.

    Going through it again and again takes a fifth of the library's loading time, and 30 ms of some request later.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _operator(settings: Settings) -> Operator:
    from shared.adapters.telegram import Nobody, Telegram

    return Telegram(settings.telegram) if settings.telegram else Nobody()


class ConfiguredProviders:
    """The merchants' accounts that the environment has credentials for; implements ports.Providers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._accounts: dict[tuple[str, str], PaymentProvider] = {}
        self._sessions: dict[str, Any] = {}

    def account(self, provider: str, merchant_id: str) -> PaymentProvider:
        """One account object per merchant, one pool of connections per provider. Raises NotConfigured."""
        key = (provider, merchant_id)
        with self._lock:
            if key not in self._accounts:
                self._accounts[key] = self._connect(provider, merchant_id)
            return self._accounts[key]

    def _connect(self, provider: str, merchant_id: str) -> PaymentProvider:
        from shared.adapters.wire import new_session

        build = {"yookassa": self._yookassa, "tbank": self._tbank}.get(provider)
        if build is None:
            raise NotConfigured(f"provider {provider} is not known")
        session = self._sessions.setdefault(provider, new_session())
        return build(merchant_id, session)

    def _yookassa(self, merchant_id: str, session: Any) -> PaymentProvider:
        shop = self._settings.credentials.shop(merchant_id)
        if shop is None:
            raise NotConfigured(f"no YooKassa credentials for merchant {merchant_id}")
        from shared.adapters.yookassa.provider import YooKassa

        return YooKassa(self._settings.yookassa_api_url, shop, session, self._settings.recurring_enabled)

    def _tbank(self, merchant_id: str, session: Any) -> PaymentProvider:
        terminal = self._settings.credentials.terminal(merchant_id)
        if terminal is None:
            raise NotConfigured(f"no T-Bank credentials for merchant {merchant_id}")
        if self._settings.webhook_url is None:
            raise NotConfigured("WEBHOOK_URL is not set: T-Bank would not know where to notify")
        from shared.adapters.tbank import TBank

        return TBank(self._settings.tbank_api_url, terminal, session, f"{self._settings.webhook_url}/tbank")
