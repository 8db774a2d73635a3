"""One peer of a server: its bytes become exchanges, answered in order; what it must not do ends in one clear error."""

import asyncio
import logging
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import httptools

from baseload.http1.exchange import STATUS_LINES, Exchange, Headers, error_body

if TYPE_CHECKING:
    from baseload.http1.server import Server

log = logging.getLogger(__name__)

LINGER_S = 2.0
"""How long a refused peer may go on sending."""
REFUSED_AT_ONCE = 256
"""Connections too many that are told so; those beyond are cut."""


class ServerConnection(asyncio.Protocol):
    """One peer. llhttp calls the `on_…` methods; a whole request becomes an exchange in the queue."""

    transport: asyncio.Transport

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.parser = httptools.HttpRequestParser(self)
        self.queue: deque[Exchange] = deque()
        self.current: Exchange | None = None
        self.deadline = server.loop.time() + server.limits.read_timeout_s
        self.fault: tuple[int, str] | None = None
        self.last_request = False
        self.refused = False
        self.receiving = False
        self.begun = 0
        self._begin()

    def _begin(self) -> None:
        self.url = b""
        self.headers: Headers = {}
        self.header_bytes = 0
        self.bare_bytes = 0
        self.body: list[bytes] = []
        self.body_bytes = 0

    @property
    def busy(self) -> bool:
        """Whether an answer is being made or is still owed."""
        return self.current is not None or bool(self.queue)

    # asyncio
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if len(self.server.connections) < self.server.limits.max_connections:
            self.server.connections.add(self)
        elif len(self.server.refused) < REFUSED_AT_ONCE:
            self.server.refused.add(self)
            self._refuse(503, "too many connections; try again shortly")
        else:
            self.refused = True
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.discard(self)
        self.server.refused.discard(self)
        self.resume_writing()
        self.queue.clear()
        if self.current is not None:
            self.current.peer_gone()

    def pause_writing(self) -> None:
        if self.current is not None and self.current.on_backlog is not None:
            self.current.on_backlog(True)

    def resume_writing(self) -> None:
        if self.current is not None and self.current.on_backlog is not None:
            self.current.on_backlog(False)

    def data_received(self, data: bytes) -> None:
        if self.refused or self.fault is not None or self.last_request:
            return
        at_rest, begun, body_bytes = not self.receiving, self.begun, self.body_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.last_request = True
        except httptools.HttpParserError as e:
            if self.fault is None:
                self.fault = (400, f"this is not a well-formed HTTP/1.1 request: {e}")
        if self.receiving and self.body_bytes == body_bytes and self.begun - begun <= at_rest:
            self._count_bare(len(data))
        if self.fault is not None:
            if not self.busy:
                self._refuse(*self.fault)
            return
        if len(self.queue) > 8:
            self.transport.pause_reading()

    # llhttp
    def on_message_begin(self) -> None:
        self._begin()
        self.begun += 1
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
        self._bound_header(self.header_bytes)

    def _count_bare(self, size: int) -> None:
        """A read in which no body came: llhttp tells of a header when its line ends, and keeps it until then."""
        self.bare_bytes += size
        self._bound_header(self.bare_bytes)

    def _bound_header(self, size: int) -> None:
        limit = self.server.limits.max_header_bytes
        if size > limit and self.fault is None:
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
                body = error_body("internal error; the log has the details", "server_error")
                exchange.respond(500, body, headers=self._own_headers())
            else:
                exchange.keep_alive = False
        if not exchange.ended:
            exchange.keep_alive = False
        self._finish(exchange)

    def _finish(self, exchange: Exchange) -> None:
        self.current = None
        if self.transport.is_closing() or not exchange.keep_alive or self.server.closing:
            self._close()
        elif self.queue:
            self._next()
        elif self.fault is not None:
            self._refuse(*self.fault)
        elif self.last_request:
            self._close()
        elif self.receiving:  # the head of the next request came while this one was answered
            self.deadline = self.server.loop.time() + self.server.limits.read_timeout_s
            self.transport.resume_reading()
        else:
            self._begin()
            self.deadline = self.server.loop.time() + self.server.limits.idle_timeout_s
            self.transport.resume_reading()

    def time_out(self) -> None:
        """Close a peer that is idle, that sends its request too slowly, or that does not read what ends it."""
        if self.refused or self.transport.is_closing():
            self.transport.abort()
        elif self.headers or self.url:
            self._refuse(408, "the request did not arrive in time; send it again")
        else:
            self._close()

    def _close(self) -> None:
        """Close once everything is written; the sweep cuts a peer that reads nothing for so long."""
        self.deadline = self.server.loop.time() + self.server.limits.idle_timeout_s
        self.transport.close()

    def _own_headers(self) -> list[tuple[bytes, bytes]]:
        return [] if self.server.new_id is None else [(b"x-request-id", self.server.new_id().encode())]

    def _refuse(self, status: int, message: str) -> None:
        kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
        body = error_body(message, kind)
        parts = [STATUS_LINES[status], b"content-type: application/json\r\n"]
        parts += [b"%b: %b\r\n" % header for header in self._own_headers()]
        parts += [b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body), body]
        self.transport.write(b"".join(parts))
        self._linger()

    def _linger(self) -> None:
        """Stop sending but go on reading for a while: closing with bytes unread would reset our answer away."""
        self.refused = True
        self.deadline = self.server.loop.time() + LINGER_S
        if self.transport.can_write_eof():
            self.transport.write_eof()
