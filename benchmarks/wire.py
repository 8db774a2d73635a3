"""A small HTTP/1.1 client for load generators: one connection, one request at a time, no hidden retry.

It costs some 40 microseconds of CPU a request, which leaves the machine to what is measured, and it can do what a
polite client cannot: hang up at a chosen event or instant, by FIN or by RST.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

READ_LIMIT = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to ask: a loopback URL, or a path on a Unix socket; and the headers that every request carries."""

    host: str = "127.0.0.1"
    port: int = 0
    socket: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    keep_alive: bool = True

    @classmethod
    def at(cls, url: str, key: str = "", *, keep_alive: bool = True) -> "Target":
        parts = urlsplit(url)
        headers = (("authorization", f"Bearer {key}"),) if key else ()
        return cls(host=parts.hostname or "", port=parts.port or 80, headers=headers, keep_alive=keep_alive)

    @classmethod
    def on_socket(cls, path: str, secret: str) -> "Target":
        return cls(socket=path, headers=(("authorization", f"Bearer {secret}"),))

    def request(self, method: str, path: str, body: Mapping[str, Any] | bytes | None = None, **headers: str) -> bytes:
        """The bytes of one request, made once and sent many times."""
        payload = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if not self.keep_alive:
            lines.append("connection: close")
        if body is not None:
            lines += ["content-type: application/json", f"content-length: {len(payload)}"]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + payload


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """When a client leaves: after so many content events, or so many seconds after sending; politely or by RST."""

    after_events: int = 0
    after_s: float = 0.0
    reset: bool = False


@dataclass(slots=True, kw_only=True)
class Answer:
    """What came back. Instants are `time.perf_counter()` seconds; 0 means it never happened."""

    sent_at: float
    status: int = 0
    headers: bytes = b""
    body: bytearray = field(default_factory=bytearray)
    first_at: float = 0.0
    last_at: float = 0.0
    done_at: float = 0.0
    events: int = 0
    usage: dict[str, Any] | None = None
    finished: bool = False
    hung_up: bool = False
    error: bytes = b""

    def header(self, name: str) -> str:
        """The value of a header, or an empty string."""
        for line in self.headers.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.encode():
                return value.strip().decode("latin-1")
        return ""

    @property
    def ok(self) -> bool:
        return self.status == 200 and self.finished and not self.error

    @property
    def tokens(self) -> int:
        return int((self.usage or {}).get("completion_tokens") or 0)


class Connection:
    """One connection, opened when needed and closed by whoever is unhappy first."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, raw: bytes, hang_up: HangUp | None = None) -> Answer:
        """Send one request and read its answer to the end, or leave as told. Raises OSError when it is cut."""
        if hang_up is not None and hang_up.after_s:
            return await self._ask_then_leave(raw, hang_up)
        return await self._ask(raw, Answer(sent_at=time.perf_counter()), hang_up)

    def close(self, *, reset: bool = False) -> None:
        if self._writer is not None:
            self._writer.transport.abort() if reset else self._writer.close()
        self._reader = self._writer = None

    async def _ask_then_leave(self, raw: bytes, hang_up: HangUp) -> Answer:
        answer = Answer(sent_at=time.perf_counter())
        try:
            await asyncio.wait_for(self._ask(raw, answer, hang_up), hang_up.after_s)
        except TimeoutError:
            answer.hung_up = True
            self.close(reset=hang_up.reset)
        return answer

    async def _ask(self, raw: bytes, answer: Answer, hang_up: HangUp | None) -> Answer:
        try:
            reader = await self._open()
            assert self._writer is not None
            self._writer.write(raw)
            await self._read(reader, answer, hang_up)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.close()
            answer.error = answer.error or f"{type(error).__name__}: {error}".encode()
        answer.done_at = time.perf_counter()
        if answer.hung_up:
            self.close(reset=hang_up is not None and hang_up.reset)
        elif not self.target.keep_alive or answer.header("connection").lower() == "close":
            self.close()
        return answer

    async def _open(self) -> asyncio.StreamReader:
        if self._reader is None or self._reader.at_eof():
            self.close()
            if self.target.socket:
                pair = await asyncio.open_unix_connection(self.target.socket, limit=READ_LIMIT)
            else:
                pair = await asyncio.open_connection(self.target.host, self.target.port, limit=READ_LIMIT)
            self._reader, self._writer = pair
        return self._reader

    async def _read(self, reader: asyncio.StreamReader, answer: Answer, hang_up: HangUp | None) -> None:
        answer.headers = await reader.readuntil(b"\r\n\r\n")
        answer.status = int(answer.headers[9:12])
        low = answer.headers.lower()
        streamed = b"text/event-stream" in low
        if b"transfer-encoding: chunked" not in low:
            length = answer.header("content-length")
            answer.body += await (reader.readexactly(int(length)) if length else reader.read(-1))
            if streamed:
                _events(answer, hang_up)
        else:
            while not answer.hung_up and (piece := await _chunk(reader)):
                answer.body += piece
                if streamed:
                    _events(answer, hang_up)
        if not streamed and not answer.hung_up:
            _whole(answer)


async def _chunk(reader: asyncio.StreamReader) -> bytes:
    line = await reader.readline()
    if not line.strip():
        raise ConnectionResetError("the stream was cut")
    size = int(line.split(b";")[0], 16)
    return (await reader.readexactly(size + 2))[:-2]


def _whole(answer: Answer) -> None:
    answer.finished = True
    if answer.status != 200:
        answer.error = bytes(answer.body)
        return
    answer.usage = json.loads(answer.body).get("usage")
    answer.first_at = answer.last_at = time.perf_counter()


def _events(answer: Answer, hang_up: HangUp | None) -> None:
    """Take the whole events off the front of the body. Text is never kept: only counted."""
    while (end := answer.body.find(b"\n\n")) >= 0:
        event = bytes(answer.body[:end])
        del answer.body[: end + 2]
        data = event[event.find(b"data:") + 5 :].strip()
        if event.startswith(b":") and b"\ndata:" not in event:
            continue
        if data == b"[DONE]":
            answer.finished = True
        elif b'"usage":{' in data or b'"usage": {' in data:
            answer.usage = json.loads(data).get("usage")
        elif b'"error"' in data and b'"choices"' not in data:
            answer.error = data
        elif (b'"content":' in data or b'"text":' in data) and b'"content":""' not in data and b'"text":""' not in data:
            _content(answer, hang_up)
            if answer.hung_up:
                return


def _content(answer: Answer, hang_up: HangUp | None) -> None:
    answer.events += 1
    answer.last_at = time.perf_counter()
    answer.first_at = answer.first_at or answer.last_at
    if hang_up is not None and hang_up.after_events and answer.events >= hang_up.after_events:
        answer.hung_up = True
