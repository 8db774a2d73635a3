"""One attempt: an engine's event stream, counted and handed on with the least touching.

A chunk is not a token; `progress` tells what is counted. The usage chunk and `[DONE]` are kept back: they leave only
after the ledger has settled.
"""

import asyncio
from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from baseload.fleet.chunk import Chunk
from baseload.fleet.progress import Progress
from baseload.http1 import Connection

MAX_EVENT_BYTES = 1 << 20

Reason = Literal["completed", "client_hangup", "engine_died", "engine_error", "engine_down", "refused", "cancelled"]


class Consumer(Protocol):
    """Who takes the content of an answer."""

    def deliver(self, events: list[bytes], chunks: list[Chunk]) -> bool:
        """Events of one read, in order. False when the client had gone: none of them were delivered."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended, as far as this side of the connection saw it."""

    reason: Reason
    detail: str = ""
    status: int = 0
    body: bytes = b""


_decode_whole = msgspec.json.Decoder(Chunk).decode
_decode = msgspec.json.Decoder(list[Chunk]).decode


class Relay:
    """The sink of one attempt. `end` resolves when it is over, for whatever reason comes first.

    `whole`: the answer was asked for in one piece. `paused`: the client is behind, and the engine's stream is held.
    """

    def __init__(
        self,
        consumer: Consumer,
        *,
        speaks_tokens: bool,
        rename: str | None,
        now_us: Callable[[], int],
        whole: bool = False,
    ) -> None:
        self.end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.connection: Connection | None = None
        self.whole = whole
        self.paused = False
        self.last_data_us = now_us()
        self.progress = Progress(sent_us=self.last_data_us)
        self._consumer = consumer
        self._speaks_tokens = speaks_tokens
        self._rename = rename
        self._now_us = now_us
        self._status = 0
        self._rest = b""
        self._done = False

    # the sink
    def head(self, status: int, headers: dict[bytes, bytes]) -> None:
        """See `Sink`."""
        self._status = status

    def data(self, data: bytes) -> None:
        """See `Sink`."""
        self.last_data_us = self._now_us()
        if self.whole or self._status != 200:
            self._rest += data
            return
        folds = b"\r" in data or self._rest[-1:] == b"\r"  # a CR LF may be cut between two reads
        data = self._rest + data
        if folds:
            data = data.replace(b"\r\n", b"\n")
        whole, _, self._rest = data.rpartition(b"\n\n")
        if len(self._rest) > MAX_EVENT_BYTES:
            self.stop("engine_error", f"the engine sent an event of more than {MAX_EVENT_BYTES} bytes")
        elif whole:
            self._events([self._without_comments(e) for e in whole.split(b"\n\n")])

    def ended(self) -> None:
        """See `Sink`."""
        if self._status != 200:
            self._finish(End(reason="refused", status=self._status, body=self._rest))
        elif self.whole:
            self._take_whole()
        elif self._done:
            self._finish(End(reason="completed"))
        else:
            self._finish(End(reason="engine_died", detail="the stream ended without [DONE]"))

    def lost(self, error: Exception) -> None:
        """See `Sink`."""
        if self._done:
            self._finish(End(reason="completed"))
        else:
            self._finish(End(reason="engine_died", detail=str(error)))

    # ends that come from this side
    def stop(self, reason: Reason, detail: str = "") -> None:
        """Give the attempt up: the client hung up, the engine stalled, or the gateway is closing."""
        if not self.end.done():
            if self.connection is not None:
                self.connection.release()
            self._finish(End(reason=reason, detail=detail))

    def backlog(self, behind: bool) -> None:
        """The client reads too slowly, or has caught up: hold the engine's stream, or let it flow."""
        if self.connection is None or self.end.done() or self.connection.transport.is_closing():
            return
        self.paused = behind
        if behind:
            self.connection.transport.pause_reading()
        else:
            self.last_data_us = self._now_us()
            self.connection.transport.resume_reading()

    def _finish(self, end: End) -> None:
        if not self.end.done():
            self.paused = False
            self.progress.end(self._now_us())
            self.end.set_result(end)

    def _events(self, events: list[bytes]) -> None:
        """All events of one read: decoded in one call, counted, and handed on in one piece."""
        events = [e for e in events if e.startswith(b"data:")]
        if events and events[-1][5:].strip() == b"[DONE]":
            self._done = True
            events.pop()
        try:
            chunks = _decode(b"[" + b",".join([e[5:] for e in events]) + b"]")
        except msgspec.MsgspecError as e:
            self.stop("engine_error", f"the engine sent an event that is not a chunk: {e}")
            return
        self._count(chunks)
        if not all(c.choices for c in chunks):
            said = [(e, c) for e, c in zip(events, chunks, strict=True) if c.choices]
            events, chunks = [e for e, _ in said], [c for _, c in said]
        if self._rename is not None:
            events = [self._renamed(e[5:]) for e in events]
        if chunks:
            self._deliver(events, chunks)

    def _renamed(self, body: bytes) -> bytes:
        """The same event under the name the client knows the model by."""
        return b"data: " + msgspec.json.encode({**msgspec.json.decode(body), "model": self._rename})

    def _take_whole(self) -> None:
        """An answer that was asked for whole: one event that says it all."""
        try:
            answer = _decode_whole(self._rest)
        except msgspec.MsgspecError as e:
            self.stop("engine_error", f"the engine's answer is not a completion: {e}")
            return
        for choice in answer.choices:
            choice.delta = choice.message
        self._count([answer])
        self.progress.first_token_us = self.progress.first_token_us or self._now_us()
        self._deliver([self._rest], [answer])
        self._finish(End(reason="completed"))

    def _count(self, chunks: list[Chunk]) -> None:
        error = self.progress.count(chunks, speaks_tokens=self._speaks_tokens, at_us=self.last_data_us)
        if error:
            self.stop("engine_error", error)

    def _without_comments(self, event: bytes) -> bytes:
        """Read the comment lines before an event, and take them off."""
        while event[:1] == b":":
            comment, _, event = event.partition(b"\n")
            self.progress.hear(comment[1:].strip(), self.last_data_us)
        return event

    def _deliver(self, out: list[bytes], chunks: list[Chunk]) -> None:
        if self.end.done():
            return
        if self._consumer.deliver(out, chunks):
            self.progress.delivered = self.progress.seen
        else:
            self.stop("client_hangup")
