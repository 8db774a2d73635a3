"""The two shapes of an answer: streamed as it comes, or put together and sent whole.

Both take content from the relay and are finished, or failed, by the request's life once the ledger has settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from baseload.errors import Refusal
from baseload.fleet.chunk import Chunk
from baseload.fleet.relay import Consumer
from baseload.http1 import Exchange
from baseload.http1.exchange import error_body
from baseload.units import Mark, Millijoule, Nano

HeaderLines = Sequence[tuple[bytes, bytes]]


class Final(msgspec.Struct, frozen=True, kw_only=True):
    """What closes an answer: the numbers the ledger has settled."""

    tok_in: int
    tok_cached: int
    tok_out: int
    amount_nano: Nano
    energy_mj: Millijoule
    energy_kind: Mark
    service_tier: str

    def usage(self) -> dict[str, Any]:
        """OpenAI's usage object and ours beside it: what it cost and what it burned."""
        return {
            "prompt_tokens": self.tok_in,
            "completion_tokens": self.tok_out,
            "total_tokens": self.tok_in + self.tok_out,
            "prompt_tokens_details": {"cached_tokens": self.tok_cached},
            "cost_usd": usd(self.amount_nano),
            "energy_joules": msgspec.Raw(f"{self.energy_mj / 1000:.3f}".encode()),
            "energy_kind": str(self.energy_kind),
        }


def usd(amount_nano: int) -> msgspec.Raw:
    """Nano-dollars as an exact JSON number of dollars, nine decimals, no exponent."""
    sign, size = ("-", -amount_nano) if amount_nano < 0 else ("", amount_nano)
    return msgspec.Raw(f"{sign}{size // 10**9}.{size % 10**9:09d}".encode())


class Answer(Consumer, Protocol):
    """A consumer that can be closed."""

    @property
    def streamed(self) -> bool:
        """Whether what was delivered has left for the client."""

    def restart(self) -> None:
        """Another attempt begins: forget what the last one said, if none of it has left."""

    def finish(self, final: Final, headers: HeaderLines) -> None:
        """Close with the settled numbers."""

    def fail(self, refusal: Refusal, headers: HeaderLines) -> None:
        """Close with an error."""


def refuse(exchange: Exchange, refusal: Refusal, headers: HeaderLines = ()) -> None:
    """Answer with OpenAI's error object."""
    lines = list(headers)
    if refusal.retry_after_s is not None:
        lines.append((b"retry-after", str(max(1, round(refusal.retry_after_s + 0.5))).encode()))
    body = error_body(str(refusal), refusal.kind, param=refusal.param, code=refusal.code)
    exchange.respond(refusal.status, body, headers=lines)


class StreamAnswer:
    """Server-sent events, passed on as the engine wrote them."""

    streamed = True

    def __init__(
        self, exchange: Exchange, headers: HeaderLines, *, model: str, chat: bool, include_usage: bool
    ) -> None:
        self._exchange = exchange
        self._headers = headers
        self._model = model
        self._object = "chat.completion.chunk" if chat else "text_completion"
        self._include_usage = include_usage
        self._last = Chunk()

    def deliver(self, events: list[bytes], chunks: list[Chunk]) -> bool:
        """See `Consumer`."""
        if not self._exchange.started:
            self._exchange.start(headers=[*self._headers, (b"cache-control", b"no-cache")])
            self._last = chunks[0]
        events.append(b"")
        return self._exchange.write(b"\n\n".join(events))

    def restart(self) -> None:
        """See `Answer`: what left cannot be called back."""

    def finish(self, final: Final, headers: HeaderLines) -> None:
        """See `Answer`."""
        if not self._exchange.started:
            self._exchange.start(headers=[*self._headers, (b"cache-control", b"no-cache")])
        tail = b"data: [DONE]\n\n"
        if self._include_usage:
            chunk = {
                "id": self._last.id,
                "object": self._object,
                "created": self._last.created,
                "model": self._model,
                "service_tier": final.service_tier,
                "choices": [],
                "usage": final.usage(),
            }
            tail = b"data: " + msgspec.json.encode(chunk) + b"\n\n" + tail
        self._exchange.end(tail)

    def fail(self, refusal: Refusal, headers: HeaderLines) -> None:
        """See `Answer`. Once content has left, the error is an event and the stream has no `[DONE]`."""
        if self._exchange.started:
            body = error_body(str(refusal), refusal.kind, param=refusal.param, code=refusal.code)
            self._exchange.end(b"data: " + body + b"\n\n")
        else:
            refuse(self._exchange, refusal, [*self._headers, *headers])


@dataclass(slots=True)
class _Choice:
    text: list[str] = field(default_factory=list)
    finish_reason: str | None = None


class WholeAnswer:
    """One JSON object, put together from the engine's events."""

    streamed = False

    def __init__(self, exchange: Exchange, headers: HeaderLines, *, model: str, chat: bool, n: int) -> None:
        self._exchange = exchange
        self._headers = headers
        self._model = model
        self._chat = chat
        self._n = n
        self.restart()

    def deliver(self, events: list[bytes], chunks: list[Chunk]) -> bool:
        """See `Consumer`."""
        if self._exchange.gone:
            return False
        for chunk in chunks:
            self._last = chunk
            for said in chunk.choices:
                choice = self._choices.get(said.index)
                if choice is None:
                    choice = self._choices[said.index] = _Choice()
                text = said.text if said.delta is None else said.delta.content
                if text:
                    choice.text.append(text)
                if said.finish_reason:
                    choice.finish_reason = said.finish_reason
        return True

    def restart(self) -> None:
        """See `Answer`."""
        self._choices = {i: _Choice() for i in range(self._n)}
        self._last = Chunk()

    def finish(self, final: Final, headers: HeaderLines) -> None:
        """See `Answer`."""
        body = {
            "id": self._last.id,
            "object": "chat.completion" if self._chat else "text_completion",
            "created": self._last.created,
            "model": self._model,
            "choices": [self._choice(i, c) for i, c in sorted(self._choices.items())],
            "usage": final.usage(),
            "service_tier": final.service_tier,
        }
        self._exchange.respond(200, msgspec.json.encode(body), headers=[*self._headers, *headers])

    def _choice(self, index: int, choice: _Choice) -> dict[str, Any]:
        text = "".join(choice.text)
        said: dict[str, Any] = {"index": index, "finish_reason": choice.finish_reason, "logprobs": None}
        if self._chat:
            said["message"] = {"role": "assistant", "content": text, "refusal": None}
        else:
            said["text"] = text
        return said

    def fail(self, refusal: Refusal, headers: HeaderLines) -> None:
        """See `Answer`."""
        refuse(self._exchange, refusal, [*self._headers, *headers])
