"""The embedded Firestore as a server: gRPC for clients, and beside it a little HTTP for its keepers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

import grpc

from sandbox.firestore.keeper import KeeperHttp
from sandbox.firestore.rpc import rpc_handlers
from sandbox.firestore.service import FirestoreService

_LOOPBACK = "127.0.0.1"
_THREADS = 16
_MAX_REQUEST_BYTES = 16 * 1024 * 1024


class EmbeddedFirestore:
    """An in-memory Firestore for `FIRESTORE_EMULATOR_HOST`; nothing outlives it.

    Port 0 takes a free one. `http_port` (None: no HTTP) serves counts and the clearing of a project.
    `RuntimeError` from `start` when the port is taken.
    """

    def __init__(self, port: int = 0, http_port: int | None = None) -> None:
        self._asked_port = port
        self._service = FirestoreService()
        self._keeper = None if http_port is None else KeeperHttp(self._service, _LOOPBACK, http_port)
        self._server: Any = None
        self._port = 0

    @property
    def host(self) -> str:
        """The address for `FIRESTORE_EMULATOR_HOST`."""
        return f"{_LOOPBACK}:{self._port}"

    @property
    def http_host(self) -> str | None:
        """The address of the keepers' HTTP, if there is one."""
        return None if self._keeper is None else self._keeper.host

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Billed `reads`, `writes`, `deletes`, and `queries`, by project, since the last reset."""
        return self._service.counts.as_dict()

    def reset_counts(self) -> None:
        """Count from nothing again."""
        self._service.counts.reset()

    def clear(self, project: str) -> None:
        """Remove every document of a project's default database."""
        self._service.clear(project)

    def start(self) -> EmbeddedFirestore:
        """Listen, ready for calls on return."""
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix="firestore"),
            # Without this two servers share one port, and a client meets either.
            options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", _MAX_REQUEST_BYTES)],
        )
        self._server.add_generic_rpc_handlers((rpc_handlers(self._service),))
        try:
            self._port = self._server.add_insecure_port(f"{_LOOPBACK}:{self._asked_port}")
        except RuntimeError:
            self.stop()
            raise
        self._server.start()
        if self._keeper is not None:
            self._keeper.start()
        return self

    def stop(self) -> None:
        """Break off calls under way and close the ports; stopping twice is harmless."""
        if self._server is not None:
            self._server.stop(grace=None).wait()
            self._server = None
        if self._keeper is not None:
            self._keeper.stop()

    def __enter__(self) -> EmbeddedFirestore:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
