"""The server side: bytes in, one `Exchange` a request, bytes out.

Requests of one connection are answered in order. A slow or idle peer is closed by a sweep once a second, so that
a request costs no timer. A peer that goes away is known to its exchange at once: that is what stops an engine.
"""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

import httptools

from baseload.http1.exchange import Exchange, Headers, error_body

log = logging.getLogger(__name__)

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
    """One listener: its connections, its handler, its limits."""

    def __init__(self, handler: Handler, limits: Limits) -> None:
        self.handler = handler
        self.limits = limits
        self.connections: set[ServerConnection] = set()
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
            for connection in [c for c in self.connections if c.deadline < now]:
                connection.time_out()

    async def close(self, drain_s: float = 10.0) -> None:
        """Stop listening, let running exchanges end for `drain_s` seconds, then cut what is left."""
        self.closing = True
        if self.listener is not None:
            self.listener.close()
        end = self.loop.time() + drain_s
        while any(c.busy for c in self.connections) and self.loop.time() < end:
            await asyncio.sleep(0.02)
        for connection in list(self.connections):
            connection.transport.close()
        await asyncio.sleep(0)
        self._sweeper.cancel()


class ServerConnection(asyncio.Protocol):
    """One peer. llhttp calls the `on_…` methods; a whole request becomes an exchange in the queue."""

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.parser = httptools.HttpRequestParser(self)
        self.queue: deque[Exchange] = deque()
        self.current: Exchange | None = None
        self.deadline = server.loop.time() + server.limits.read_timeout_s
        self.fault: tuple[int, str] | None = None
        self.write_waiter: asyncio.Future[None] | None = None
        self.can_write = True
        self.last_request = False
        self.refused = False
        self.receiving = False
        self._begin()

    def _begin(self) -> None:
        self.url = b""
        self.headers: Headers = {}
        self.header_bytes = 0
        self.body: list[bytes] = []
        self.body_bytes = 0
        self.expects_continue = False

    @property
    def busy(self) -> bool:
        """Whether an answer is being made or is still owed."""
        return self.current is not None or bool(self.queue)

    # asyncio
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if len(self.server.connections) >= self.server.limits.max_connections:
            self._refuse(503, "too many connections; try again shortly")
            return
        self.server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.discard(self)
        self.resume_writing()
        self.queue.clear()
        if self.current is not None:
            self.current.peer_gone()

    def pause_writing(self) -> None:
        self.can_write = False
        if self.current is not None and self.current.on_backlog is not None:
            self.current.on_backlog(True)

    def resume_writing(self) -> None:
        self.can_write = True
        if self.write_waiter is not None and not self.write_waiter.done():
            self.write_waiter.set_result(None)
        self.write_waiter = None
        if self.current is not None and self.current.on_backlog is not None:
            self.current.on_backlog(False)

    def data_received(self, data: bytes) -> None:
        if self.refused or self.fault is not None or self.last_request:
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.last_request = True
        except httptools.HttpParserError as e:
            if self.fault is None:
                self.fault = (400, f"this is not a well-formed HTTP/1.1 request: {e}")
        if self.fault is not None:
            if not self.busy:
                self._refuse(*self.fault)
            return
        if len(self.queue) > 8:
            self.transport.pause_reading()

    # llhttp
    def on_message_begin(self) -> None:
        self._begin()
        self.receiving = True
        if not self.busy:
            self.deadline = self.server.loop.time() + self.server.limits.read_timeout_s

    def on_url(self, url: bytes) -> None:
        self.url += url
        self._count_header(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_header(len(name) + len(value))
        name = name.lower()
        known = self.headers.get(name)
        self.headers[name] = value if known is None else known + b", " + value

    def _count_header(self, size: int) -> None:
        self.header_bytes += size
        if self.header_bytes > self.server.limits.max_header_bytes and self.fault is None:
            limit = self.server.limits.max_header_bytes
            self.fault = (431, f"the request line and headers are larger than {limit} bytes; send less")

    def on_headers_complete(self) -> None:
        declared = self.headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self.server.limits.max_body_bytes:
            self._too_large()
        elif self.fault is None and self.headers.get(b"expect", b"").lower() == b"100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        if self.body_bytes > self.server.limits.max_body_bytes:
            self._too_large()
        elif self.fault is None:
            self.body.append(body)

    def _too_large(self) -> None:
        if self.fault is None:
            limit = self.server.limits.max_body_bytes
            self.fault = (413, f"the body is larger than {limit} bytes; send less or raise gateway.max_body_bytes")

    def on_message_complete(self) -> None:
        self.receiving = False
        if self.fault is not None:
            return
        target, _, query = self.url.partition(b"?")
        exchange = Exchange(
            connection=self,
            method=self.parser.get_method().decode("ascii"),
            path=target.decode("latin-1"),
            query=query.decode("latin-1"),
            headers=self.headers,
            body=self.body[0] if len(self.body) == 1 else b"".join(self.body),
            keep_alive=self.parser.should_keep_alive(),
            chunked=self.parser.get_http_version() == "1.1",
        )
        self.queue.append(exchange)
        if self.current is None:
            self._next()

    # answering
    def _next(self) -> None:
        self.deadline = float("inf")
        self.current = self.queue.popleft()
        self.server.loop.create_task(self._run(self.current))

    async def _run(self, exchange: Exchange) -> None:
        try:
            await self.server.handler(exchange)
        except Exception:
            log.exception("%s %s failed", exchange.method, exchange.path)
            if not exchange.started:
                exchange.respond(500, error_body("internal error; the log has the details", "server_error"))
            else:
                exchange.keep_alive = False
        if not exchange.ended:
            exchange.keep_alive = False
        self._finish(exchange)

    def _finish(self, exchange: Exchange) -> None:
        self.current = None
        if self.transport.is_closing():
            return
        if not exchange.keep_alive or self.server.closing:
            self.transport.close()
        elif self.queue:
            self._next()
        elif self.fault is not None:
            self._refuse(*self.fault)
        elif self.last_request:
            self.transport.close()
        elif self.receiving:  # the head of the next request came while this one was answered
            self.deadline = self.server.loop.time() + self.server.limits.read_timeout_s
            self.transport.resume_reading()
        else:
            self._begin()
            self.deadline = self.server.loop.time() + self.server.limits.idle_timeout_s
            self.transport.resume_reading()

    def time_out(self) -> None:
        """Close a peer that is idle, or that sends its request too slowly."""
        if self.refused:
            self.transport.abort()
        elif self.headers or self.url:
            self._refuse(408, "the request did not arrive in time; send it again")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
        body = error_body(message, kind)
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self._linger()

    def _linger(self) -> None:
        """Stop sending but go on reading for a while: closing with bytes unread would reset our answer away."""
        self.refused = True
        self.deadline = self.server.loop.time() + 2.0
        if self.transport.can_write_eof():
            self.transport.write_eof()


async def serve(
    handler: Handler,
    *,
    host: str | None = None,
    port: int = 0,
    path: str | None = None,
    sockets: Sequence[socket.socket] = (),
    limits: Limits | None = None,
) -> Server:
    """Listen on a TCP address, on a Unix socket `path`, or on one socket that is already bound."""
    server = Server(handler, limits or Limits())
    loop = server.loop

    def connect() -> ServerConnection:
        return ServerConnection(server)

    if path is not None:
        server.listener = await loop.create_unix_server(connect, path, backlog=4096)
    elif sockets:
        server.listener = await loop.create_server(connect, sock=sockets[0], backlog=4096)
    else:
        server.listener = await loop.create_server(connect, host, port, backlog=4096)
    return server
