"""TCP doors in front of the outside systems: shut, they refuse connections and break those that are open."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any

from sandbox.ports import free_ports

_CHUNK = 1 << 16


class Gates:
    """One door for each name, on a port of its own; `lead(name, port)` says where it leads to."""

    def __init__(self, names: Iterable[str]) -> None:
        self._ports = free_ports(names)
        self._targets: dict[str, int] = {}
        self._servers: dict[str, asyncio.Server] = {}
        self._open: dict[str, set[asyncio.StreamWriter]] = {name: set() for name in self._ports}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Gates:
        self._thread.start()
        for name in self._ports:
            self.open(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._ports:
            self.shut(name)
        self._do(_settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def address(self, name: str) -> str:
        return f"127.0.0.1:{self._ports[name]}"

    def lead(self, name: str, address: str) -> None:
        """Where callers of this door come out, `host:port`."""
        self._targets[name] = int(address.rpartition(":")[2])

    def open(self, name: str) -> None:
        self._do(self._listen(name))

    def shut(self, name: str) -> None:
        self._do(self._refuse(name))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self, name: str) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(name, reader, writer)

        self._servers[name] = await asyncio.start_server(serve, "127.0.0.1", self._ports[name])

    async def _refuse(self, name: str) -> None:
        server = self._servers.pop(name, None)
        if server is not None:
            server.close()
        for writer in list(self._open[name]):
            writer.transport.abort()

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[name].add(writer)
        try:
            inside, outside = await asyncio.open_connection("127.0.0.1", self._targets[name])
            await asyncio.gather(_pump(reader, outside), _pump(inside, writer))
        except (OSError, KeyError):
            writer.transport.abort()
        finally:
            self._open[name].discard(writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def _settle() -> None:
    """Let the connections that were broken off come to their end."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=2)
    for task in others:
        task.cancel()
