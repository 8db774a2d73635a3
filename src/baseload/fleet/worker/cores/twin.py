"""The twin: an engine that keeps time instead of computing. Same interface, same counts, deterministic text.

A step costs its prefill tokens over the prefill rate plus one token time; at rates above 500 tokens a second a step
carries several tokens, so that the clock of an ordinary machine can still keep it.
"""

import asyncio
import os
import re
import signal
import time
import zlib
from collections.abc import Mapping, Sequence

from baseload.fleet.worker.cores.base import CoreError, News, Size
from baseload.fleet.worker.job import Sampling
from baseload.fleet.worker.spec import WorkerSpec

WORDS = (
    *("river", "cloud", "engine", "market", "tensor", "winter", "signal", "copper", "planet", "garden", "bridge"),
    *("window", "silver", "number", "meadow", "harbor", "lantern", "orchard", "compass", "valley", "thunder"),
    *("marble", "canyon", "feather", "island", "mirror", "pepper", "rocket", "saddle", "timber", "velvet"),
)
PIECES = [b"", *(f" {w}".encode() for w in WORDS)]
"""Token 0 ends a text."""
STEPS_PER_S = 500
LATE_S = 0.05
FOREVER_S = 86_400.0
_TOKEN = re.compile(r"\s*\S{1,8}|\s+")


class _Sequence:
    __slots__ = ("left", "made", "prompt", "seed", "target", "want")

    def __init__(self, ids: Sequence[int], max_tokens: int, sampling: Sampling) -> None:
        self.prompt = self.left = len(ids)
        self.made = 0
        self.want = max_tokens
        drawn = b"%d" % sampling.seed if sampling.temperature else b""
        self.seed = zlib.crc32(drawn, zlib.crc32(repr(ids[-8:]).encode()))
        self.target = max_tokens + 1 if sampling.ignore_eos else 20 + self.seed % 200

    @property
    def held(self) -> int:
        """Tokens it keeps in the cache."""
        return self.prompt - self.left + self.made

    def next(self) -> int:
        """The next token, a function of the prompt's end, the seed and the position."""
        self.made += 1
        if self.made >= self.target:
            return 0
        return 1 + zlib.crc32(b"%d" % self.made, self.seed) % len(WORDS)


class TwinCore:
    """See the module."""

    def __init__(self, spec: WorkerSpec) -> None:
        if spec.twin.load_s:
            time.sleep(spec.twin.load_s)
        self.size = Size(
            context_tokens=spec.context_tokens,
            kv_tokens=max(spec.context_tokens, int(spec.kv_cache_gb * 50_000)),
            chunk_tokens=spec.chunk_tokens,
        )
        self._twin = spec.twin
        self._sequences: dict[int, _Sequence] = {}
        self._per_step = max(1, round(spec.twin.decode_tokens_per_s / STEPS_PER_S))
        self._emitted = 0
        self._failed = False
        self._clock = time.monotonic()

    def add(self, key: int, ids: Sequence[int], max_tokens: int, sampling: Sampling) -> None:
        """See `Core`."""
        self._sequences[key] = _Sequence(ids, max_tokens, sampling)

    def cancel(self, key: int) -> None:
        """See `Core`."""
        self._sequences.pop(key, None)

    @property
    def busy(self) -> bool:
        """See `Core`."""
        return bool(self._sequences)

    async def step(self) -> list[News]:
        """See `Core`."""
        if self._twin.hang_after_tokens and self._emitted >= self._twin.hang_after_tokens:
            await asyncio.sleep(FOREVER_S)
        ready = [(k, s) for k, s in self._sequences.items() if not s.left]
        prefilled = self._prefill(self.size.chunk_tokens - len(ready))
        ready += [(k, s) for k, s in self._sequences.items() if not s.left and not s.made and (k, s) not in ready]
        await self._spend(prefilled, bool(ready))
        news = [self._advance(key, sequence) for key, sequence in ready if key in self._sequences]
        self._break_down(sum(len(n.ids) for n in news))
        return news

    def _prefill(self, budget: int) -> int:
        """Prompt tokens computed in this step, first come first served."""
        spent = 0
        for sequence in self._sequences.values():
            part = min(sequence.left, budget - spent)
            if part > 0:
                sequence.left -= part
                spent += part
        return spent

    async def _spend(self, prefilled: int, decodes: bool) -> None:
        cost = prefilled / self._twin.prefill_tokens_per_s
        if decodes:
            cost += self._per_step / self._twin.decode_tokens_per_s
        now = time.monotonic()
        self._clock = max(self._clock, now - LATE_S) + cost
        if self._clock - now > 0.0005:
            await asyncio.sleep(self._clock - now)

    def _advance(self, key: int, sequence: _Sequence) -> News:
        ids: list[int] = []
        ended = None
        while len(ids) < self._per_step and ended is None:
            ids.append(sequence.next())
            if ids[-1] == 0:
                ended = "stop"
            elif sequence.made >= sequence.want:
                ended = "length"
        if ended is not None:
            del self._sequences[key]
        return News(key, ids, "stop" if ended == "stop" else "length" if ended else None)

    def _break_down(self, emitted: int) -> None:
        """The faults a rehearsal asked for."""
        self._emitted += emitted
        faults = self._twin
        if faults.die_after_tokens and self._emitted >= faults.die_after_tokens:
            os.kill(os.getpid(), signal.SIGKILL)
        if faults.fail_after_tokens and self._emitted >= faults.fail_after_tokens and not self._failed:
            self._failed = True
            raise CoreError("the twin was asked to fail here")

    def rebuild(self) -> None:
        """See `Core`."""
        self._sequences.clear()

    def gauges(self) -> dict[str, float]:
        """See `Core`."""
        held = sum(s.held for s in self._sequences.values())
        return {"kv_used": round(min(1.0, held / self.size.kv_tokens), 4)}


class TwinWords:
    """Words of up to eight letters are tokens; what they say matters only for what comes back."""

    pieces: Sequence[bytes] = PIECES
    longest = 4096

    def __init__(self, spec: WorkerSpec) -> None:
        self._context = spec.context_tokens

    def encode_chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """See `Words`: four tokens of frame a message and two for the answer's head, as a template would add."""
        ids: list[int] = []
        for message in messages:
            ids += [0, 1, *self.encode_text(message["content"]), 0, 2]
        return [*ids, 0, 1]

    def encode_text(self, text: str) -> list[int]:
        """See `Words`."""
        return [1 + zlib.crc32(t.encode("utf-8", "replace")) % len(WORDS) for t in _TOKEN.findall(text)]
