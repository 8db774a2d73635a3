"""The client side: kept-alive connections to one engine, an answer handed on as it comes.

All body bytes of one read reach the sink in one call: an engine that writes sixty events back to back costs one
call, not sixty.
"""

import asyncio
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import httptools

from baseload.errors import EngineDied, EngineDown, EngineSilent

Address = str | tuple[str, int]
"""A Unix socket's path, or host and port."""
CONNECT_S = 5.0
"""An address that swallows packets would otherwise hold its caller for minutes."""


class Sink(Protocol):
    """Who takes an answer. Exactly one of `ended` and `lost` is called, once, after all else."""

    def head(self, status: int, headers: dict[bytes, bytes]) -> None:
        """The status and headers have come."""

    def data(self, data: bytes) -> None:
        """Body bytes have come."""

    def ended(self) -> None:
        """The answer is whole."""

    def lost(self, error: Exception) -> None:
        """The connection broke before the answer was whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Connection(asyncio.Protocol):
    """One connection to an engine, used for one request at a time."""

    transport: asyncio.Transport

    def __init__(self, pool: "Pool") -> None:
        self.pool = pool
        self.sink: Sink | None = None
        self.answered = False
        self.used = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes, sink: Sink) -> None:
        """Send a whole request; its answer goes to `sink`."""
        self.parser = httptools.HttpResponseParser(self)
        self.sink = sink
        self.answered = False
        self.complete = False
        self.reusable = False
        self.headers: dict[bytes, bytes] = {}
        self.pieces: list[bytes] = []
        self.used += 1
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self.sink is None:
            self.transport.abort()
            return
        self.answered = True
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as e:
            self._drop(EngineDied(f"the engine at {self.pool.name} does not speak HTTP: {e}"))
            self.transport.abort()
            return
        if self.pieces and self.sink is not None:
            whole = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
            self.pieces = []
            self.sink.data(whole)
        if self.complete:
            self._complete()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        if self.sink is not None:
            self.sink.head(self.parser.get_status_code(), self.headers)

    def on_body(self, body: bytes) -> None:
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        self.complete = True
        self.reusable = self.parser.should_keep_alive()

    def _complete(self) -> None:
        sink, self.sink = self.sink, None
        if self.reusable and self.pool.keep_alive and not self.transport.is_closing():
            self.transport.resume_reading()  # the last read may have found the sink behind
            self.pool.idle.append(self)
        else:
            self.transport.close()
        if sink is not None:
            sink.ended()

    def _drop(self, error: Exception) -> None:
        sink, self.sink = self.sink, None
        if sink is not None:
            sink.lost(error)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.pool.idle:
            self.pool.idle.remove(self)
        if self.answered:
            self._drop(EngineDied(f"the engine at {self.pool.name} closed the connection in the middle of an answer"))
        else:
            self._drop(EngineDown(f"the engine at {self.pool.name} closed the connection without an answer"))

    def release(self) -> None:
        """Give up on the answer: cut the connection and tell nobody."""
        self.sink = None
        self.transport.abort()


class Pool:
    """Connections to one engine. `keep_alive=False` for engines that close after a stream (llama.cpp)."""

    def __init__(
        self,
        address: Address,
        *,
        name: str,
        headers: Sequence[tuple[str, str]] = (),
        keep_alive: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address = address
        self.name = name
        self.tls = tls
        self.keep_alive = keep_alive
        self.idle: list[Connection] = []
        host = "engine" if isinstance(address, str) else f"{address[0]}:{address[1]}"
        self._fixed = "".join(f"{k}: {v}\r\n" for k, v in [("host", host), *headers])

    def request(self, method: str, target: str, body: bytes = b"", headers: str = "") -> bytes:
        """The bytes of a request. `headers` are whole lines, each ended by CR LF."""
        head = f"{method} {target} HTTP/1.1\r\n{self._fixed}{headers}"
        if body or method == "POST":
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        return head.encode("latin-1") + b"\r\n" + body

    async def connect(self, timeout_s: float = CONNECT_S) -> Connection:
        """An idle connection, or a new one. `EngineDown` when nobody listens, or nobody says so in time."""
        while self.idle:
            connection = self.idle.pop()
            if not connection.transport.is_closing():
                return connection
        try:
            async with asyncio.timeout(timeout_s):
                return await self._open()
        except TimeoutError as e:
            raise EngineDown(f"the engine at {self.name} took no connection within {timeout_s:g} s") from e
        except OSError as e:
            reason = os.strerror(e.errno) if e.errno is not None and e.errno > 0 else e.strerror or str(e)
            raise EngineDown(f"the engine at {self.name} cannot be reached: {reason}") from e

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        if isinstance(self.address, str):
            return (await loop.create_unix_connection(lambda: Connection(self), self.address))[1]
        return (await loop.create_connection(lambda: Connection(self), *self.address, ssl=self.tls))[1]

    async def fetch(self, method: str, target: str, body: bytes = b"", *, timeout_s: float = 5.0) -> Reply:
        """One whole small exchange: health, counts, cancel, orders; all of it within `timeout_s`.

        A kept-alive connection the other side has just closed says nothing of its health: a new one is tried.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        while True:
            connection = await self.connect(min(CONNECT_S, end - loop.time()))
            is_new = connection.used == 0
            collector = _Collector()
            connection.send(self.request(method, target, body), collector)
            try:
                async with asyncio.timeout_at(end):
                    return await collector.reply
            except TimeoutError:
                connection.release()
                text = f"the engine at {self.name} did not answer {target} within {timeout_s:g} s"
                raise EngineSilent(text) from None
            except EngineDown:
                if is_new:
                    raise

    def close(self) -> None:
        """Close the idle connections."""
        for connection in list(self.idle):
            connection.transport.close()
        self.idle.clear()


class _Collector:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = bytearray()

    def head(self, status: int, headers: dict[bytes, bytes]) -> None:
        self.status, self.headers = status, headers

    def data(self, data: bytes) -> None:
        self.body += data

    def ended(self) -> None:
        if not self.reply.done():
            self.reply.set_result(Reply(status=self.status, headers=self.headers, body=bytes(self.body)))

    def lost(self, error: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(error)
