"""One request and its answer."""

import asyncio
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Protocol

Headers = dict[bytes, bytes]
"""Lower-case names; a repeated header's values are joined by a comma, as RFC 9110 5.3 has it."""

STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}


class Wire(Protocol):
    """The connection an exchange writes to."""

    transport: asyncio.Transport


def error_body(message: str, kind: str, *, param: str | None = None, code: str | None = None) -> bytes:
    """OpenAI's error object."""
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}}).encode()


class Exchange:
    """What a handler holds: the request, and the means to answer it at once or piece by piece.

    `gone` turns true when the peer has hung up; `on_gone` is then called once, `on_backlog(True)` when the peer
    reads more slowly than we write and `on_backlog(False)` when it has caught up.
    """

    __slots__ = (
        "body",
        "chunked",
        "connection",
        "ended",
        "gone",
        "headers",
        "keep_alive",
        "method",
        "on_backlog",
        "on_gone",
        "path",
        "query",
        "started",
    )

    def __init__(
        self,
        *,
        connection: Wire,
        method: str,
        path: str,
        query: str,
        headers: Headers,
        body: bytes,
        keep_alive: bool,
        chunked: bool,
    ) -> None:
        self.connection = connection
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.keep_alive = keep_alive
        self.chunked = chunked
        self.gone = False
        self.started = False
        self.ended = False
        self.on_gone: Callable[[], None] | None = None
        self.on_backlog: Callable[[bool], None] | None = None

    def peer_gone(self) -> None:
        """Called by the connection when the peer has hung up."""
        self.gone = True
        if self.on_gone is not None and not self.ended:
            self.on_gone()

    def _head(self, status: int, content_type: bytes, headers: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        self.started = True
        parts = [STATUS_LINES[status], b"content-type: ", content_type, b"\r\n"]
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        if not self.keep_alive or (not self.chunked):
            parts.append(b"connection: close\r\n")
        return parts

    def respond(
        self,
        status: int,
        body: bytes,
        content_type: bytes = b"application/json",
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> bool:
        """Answer whole. False when the peer had already gone."""
        parts = self._head(status, content_type, headers)
        parts.append(b"content-length: %d\r\n\r\n" % len(body))
        if self.method != "HEAD":
            parts.append(body)
        self.ended = True
        self.keep_alive = self.keep_alive and self.chunked
        return self._put(b"".join(parts))

    def start(
        self,
        status: int = 200,
        content_type: bytes = b"text/event-stream",
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> bool:
        """Send the head of an answer whose length is not known."""
        self.keep_alive = self.keep_alive and self.chunked
        parts = self._head(status, content_type, headers)
        parts.append(b"transfer-encoding: chunked\r\n\r\n" if self.chunked else b"\r\n")
        return self._put(b"".join(parts))

    def write(self, data: bytes) -> bool:
        """Send a piece. False when the peer has gone: these bytes were not delivered."""
        if not data:
            return not self.gone
        return self._put(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def end(self, data: bytes = b"") -> bool:
        """Send the last piece, if any, and close the answer."""
        if self.ended:
            return not self.gone
        self.ended = True
        if not self.chunked:
            return self._put(data)
        last = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n"
        return self._put(last)

    def _put(self, data: bytes) -> bool:
        if self.gone or self.connection.transport.is_closing():
            return False
        self.connection.transport.write(data)
        return True

    def abort(self) -> None:
        """Cut the connection: the only honest end of an answer that broke in the middle."""
        self.ended = True
        self.keep_alive = False
        self.connection.transport.abort()
