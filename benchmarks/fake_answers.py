"""How the fake upstream answers, and the exact record of what it emitted.

The habits set at start can be overridden by the request itself, which travels through any gateway: a message or
prompt that begins with `@fake` names them, as in `@fake chunks=40 itl_ms=2 die_after=5 die_attempts=1 status=503`.
One chunk holds `tokens_per_chunk` tokens, and each of the `n` choices gets its own chunks.
"""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

MOST_CALLS = 1_000_000
FINAL = ("completed", "cancelled", "failed", "died", "hung_up")
"""The states in which a call has ended and its counts stay; until then it is running or cancelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How every answer goes unless the request says otherwise. `*_every` counts requests; 0 is never."""

    model: str = "fake-model"
    chunks: int = 16
    tokens_per_chunk: int = 1
    ttft_ms: float = 0.0
    itl_ms: float = 0.0
    die_after: int = 4
    die_every: int = 0
    error_every: int = 0
    error_status: int = 503


@dataclass(slots=True, kw_only=True)
class Call:
    """What one request id has had, over all its attempts. Its counts are final in the states of `FINAL`."""

    prompt_tokens: int = 0
    emitted: int = 0
    attempts: int = 0
    state: str = "unknown"

    def as_json(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "prefilled": self.prompt_tokens,
            "emitted": self.emitted,
            "attempts": self.attempts,
            "state": self.state,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one answer will go, settled before its first byte. `die_after` 0 means it lives."""

    status: int
    chunks: int
    tokens_per_chunk: int
    choices: int
    ttft_s: float
    itl_s: float
    die_after: int
    finish: str


def directives(question: dict[str, Any]) -> dict[str, float]:
    """The `@fake` words of the last message or of the prompt."""
    messages = question.get("messages")
    last = messages[-1].get("content") if isinstance(messages, list) and messages else question.get("prompt")
    if not isinstance(last, str) or not last.startswith("@fake"):
        return {}
    words = (word.partition("=") for word in last.split()[1:])
    return {name: float(value) for name, sep, value in words if sep and value.replace(".", "", 1).isdigit()}


def estimate_tokens(question: dict[str, Any]) -> int:
    """The fake's own tokenizer: four characters are a token, and each message costs four more."""
    if "messages" not in question:
        return max(1, len(str(question.get("prompt") or "")) // 4)
    return sum(max(1, len(str(m.get("content") or "")) // 4) + 4 for m in question["messages"])


class Answerer:
    """Plans answers and remembers what each request id was sent."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.calls: dict[str, Call] = {}
        self.counts: Counter[str] = Counter()

    def totals(self) -> dict[str, int]:
        names = ("requests", "completed", "hung_up", "cancelled", "died", "injected_errors")
        sums = {"prompt_tokens": sum(c.prompt_tokens for c in self.calls.values())}
        sums["completion_tokens"] = sum(c.emitted for c in self.calls.values())
        return {name: self.counts[name] for name in names} | sums

    def begin(self, question: dict[str, Any], headers: dict[str, str], *, chat: bool) -> "FakeAnswer":
        self.counts["requests"] += 1
        number = self.counts["requests"]
        key = headers.get("x-request-id") or f"fake-{number}"
        if key not in self.calls and len(self.calls) >= MOST_CALLS:
            self.calls.pop(next(iter(self.calls)))
        call = self.calls.setdefault(key, Call())
        call.attempts += 1
        plan = self._plan(question, number, call.attempts)
        prompt = estimate_tokens(question)
        if plan.status == 200:
            call.prompt_tokens += prompt
            call.state = "running"
        else:
            self.counts["injected_errors"] += 1
            call.state = "failed"
        return FakeAnswer(self.counts, call, plan, question, prompt, number, chat)

    def _plan(self, question: dict[str, Any], number: int, attempt: int) -> Plan:
        say, habits = directives(question), self.habits
        often = habits.die_every and number % habits.die_every == 0
        dies = int(say.get("die_after", habits.die_after if often else 0))
        per_chunk = int(say.get("tokens_per_chunk", habits.tokens_per_chunk))
        chunks = int(say.get("chunks", habits.chunks))
        most = int(question.get("max_completion_tokens") or question.get("max_tokens") or 1 << 30)
        fails = habits.error_every and number % habits.error_every == 0
        spared = attempt > say.get("die_attempts", 1 << 30)
        return Plan(
            status=int(say.get("status", habits.error_status if fails else 200)) if not spared else 200,
            chunks=min(chunks, max(1, most // per_chunk)),
            tokens_per_chunk=min(per_chunk, most),
            choices=int(question.get("n") or 1),
            ttft_s=say.get("ttft_ms", habits.ttft_ms) / 1e3,
            itl_s=say.get("itl_ms", habits.itl_ms) / 1e3,
            die_after=0 if spared else dies,
            finish="length" if chunks * per_chunk >= most else "stop",
        )


@dataclass(slots=True)
class FakeAnswer:
    """One answer on its way out."""

    counts: Counter[str]
    call: Call
    plan: Plan
    question: dict[str, Any]
    prompt: int
    number: int
    chat: bool
    written: int = field(default=0)

    async def whole(self, writer: asyncio.StreamWriter) -> dict[str, Any] | None:
        """The whole answer at once; None when it was cancelled, died or was left on the way."""
        if not await self._lives(writer, self.plan.ttft_s + self.plan.itl_s * (self.plan.chunks - 1)):
            return None
        if self.plan.die_after:
            self._end("died", writer)
            return None
        tokens = self.plan.chunks * self.plan.tokens_per_chunk
        self.call.emitted += tokens * self.plan.choices
        self._end("completed")
        text = "tok " * tokens
        inner: dict[str, Any] = {"message": {"role": "assistant", "content": text}} if self.chat else {"text": text}
        rest = {"finish_reason": self.plan.finish, "logprobs": None}
        choices = [{"index": i} | inner | rest for i in range(self.plan.choices)]
        return self._base("chat.completion") | {"choices": choices, "usage": self._usage()}

    async def stream(self, writer: asyncio.StreamWriter) -> bool:
        """The answer as events; False when the connection is gone. A chunk is counted as it is written."""
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        pieces = [self._event(i, "tok " * self.plan.tokens_per_chunk) for i in range(self.plan.choices)]
        try:
            if not await self._lives(writer, self.plan.ttft_s):
                return False
            if self.chat:
                put(writer, *(self._event(i, "", role="assistant") for i in range(self.plan.choices)))
            for turn in range(self.plan.chunks):
                if not await self._lives(writer, self.plan.itl_s if turn else 0.0):
                    return False
                if self.plan.die_after and turn >= self.plan.die_after:
                    await writer.drain()
                    await asyncio.sleep(0.01)  # what was counted must really leave before the socket goes
                    self._end("died", writer)
                    return False
                put(writer, *pieces)
                self.call.emitted += self.plan.tokens_per_chunk * self.plan.choices
                if self.plan.itl_s or turn % 64 == 63:
                    await writer.drain()
            put(writer, *(self._event(i, "", finish=self.plan.finish) for i in range(self.plan.choices)))
            if (self.question.get("stream_options") or {}).get("include_usage"):
                put(writer, self._data({"choices": [], "usage": self._usage()}))
            put(writer, b"data: [DONE]\n\n")
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        except ConnectionError:
            self._end("hung_up", writer)
            return False
        self._end("completed")
        return True

    async def _lives(self, writer: asyncio.StreamWriter, pause_s: float) -> bool:
        """Wait, then look: False when the call was cancelled or its client has gone."""
        ends = time.monotonic() + pause_s
        while pause_s and (left := ends - time.monotonic()) > 0 and self.call.state != "cancelling":
            await asyncio.sleep(min(left, 0.02))
        if self.call.state == "cancelling":
            self._end("cancelled", writer)
            return False
        if writer.is_closing():
            self._end("hung_up", writer)
            return False
        return True

    def _end(self, state: str, writer: asyncio.StreamWriter | None = None) -> None:
        self.call.state = state
        self.counts[state] += 1
        if writer is not None:
            writer.transport.abort()

    def _usage(self) -> dict[str, int]:
        out = self.plan.chunks * self.plan.tokens_per_chunk * self.plan.choices
        return {"prompt_tokens": self.prompt, "completion_tokens": out, "total_tokens": self.prompt + out}

    def _base(self, kind: str) -> dict[str, Any]:
        name, kind = ("chatcmpl", kind) if self.chat else ("cmpl", "text_completion")
        model = self.question.get("model") or "fake-model"
        return {"id": f"{name}-fake{self.number}", "object": kind, "created": int(time.time()), "model": model}

    def _event(self, index: int, text: str, *, finish: str | None = None, role: str | None = None) -> bytes:
        delta = {} if finish else ({"role": role} if role else {}) | {"content": text}
        inner: dict[str, Any] = {"delta": delta} if self.chat else {"text": text}
        return self._data({"choices": [{"index": index} | inner | {"finish_reason": finish}]})

    def _data(self, rest: dict[str, Any]) -> bytes:
        whole = self._base("chat.completion.chunk") | rest
        return b"data: " + json.dumps(whole, separators=(",", ":")).encode() + b"\n\n"


def put(writer: asyncio.StreamWriter, *events: bytes) -> None:
    """Each event in its own HTTP chunk, as engines send them."""
    for event in events:
        writer.write(b"%x\r\n%s\r\n" % (len(event), event))
