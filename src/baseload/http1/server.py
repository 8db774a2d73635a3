"""The server side: bytes in, one `Exchange` a request, bytes out.

Requests of one connection are answered in order. A slow or idle peer is closed by a sweep once a second, so that
a request costs no timer. A peer that goes away is known to its exchange at once: that is what stops an engine.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from baseload.http1.connection import ServerConnection
from baseload.http1.exchange import Exchange

Handler = Callable[[Exchange], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one peer may ask of us. `read_timeout_s` bounds a whole request from its first byte to its last."""

    max_header_bytes: int = 32 * 1024
    max_body_bytes: int = 4 * 1024 * 1024
    read_timeout_s: float = 15.0
    idle_timeout_s: float = 75.0
    max_connections: int = 4096


class Server:
    """One listener: its connections, its handler, its limits.

    `new_id` names the answers that no handler made: refusals, and the 500 of a handler that failed.
    """

    def __init__(self, handler: Handler, limits: Limits, new_id: Callable[[], str] | None = None) -> None:
        self.handler = handler
        self.limits = limits
        self.new_id = new_id
        self.connections: set[ServerConnection] = set()
        self.refused: set[ServerConnection] = set()
        self.closing = False
        self.loop = asyncio.get_running_loop()
        self.listener: asyncio.Server | None = None
        self._sweeper = self.loop.create_task(self._sweep())

    @property
    def port(self) -> int:
        """The TCP port that was bound; useful when port 0 was asked for."""
        assert self.listener is not None
        return int(self.listener.sockets[0].getsockname()[1])

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            now = self.loop.time()
            for connection in [c for c in (*self.connections, *self.refused) if c.deadline < now]:
                connection.time_out()

    async def close(self, drain_s: float = 10.0) -> None:
        """Stop listening, let running exchanges end for `drain_s` seconds, then cut what is left."""
        self.closing = True
        if self.listener is not None:
            self.listener.close()
        end = self.loop.time() + drain_s
        while any(c.busy for c in self.connections) and self.loop.time() < end:
            await asyncio.sleep(0.02)
        for connection in (*self.connections, *self.refused):
            connection.transport.close()
        await asyncio.sleep(0)
        self._sweeper.cancel()


async def serve(
    handler: Handler,
    *,
    host: str | None = None,
    port: int = 0,
    path: str | None = None,
    limits: Limits | None = None,
    new_id: Callable[[], str] | None = None,
) -> Server:
    """Listen on a TCP address or on a Unix socket `path`. `new_id` as in `Server`."""
    server = Server(handler, limits or Limits(), new_id)
    loop = server.loop

    def connect() -> ServerConnection:
        return ServerConnection(server)

    if path is not None:
        server.listener = await loop.create_unix_server(connect, path, backlog=4096)
    else:
        server.listener = await loop.create_server(connect, host, port, backlog=4096)
    return server
