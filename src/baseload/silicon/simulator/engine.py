"""What the engine may do: how much at once, how much KV cache, and what its front end costs."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from baseload.errors import SetupError

UNBOUNDED = 1 << 48
"""Tokens. What a model whose state does not grow with its context has for KV cache."""


class Limits(NamedTuple):
    """An engine as the compiled loop takes it: KV cache in whole blocks, yes and no as 1 and 0."""

    max_sequences: int
    max_batched_tokens: int
    blocks: int
    block_tokens: int
    front_end_s: float
    after_s: float
    per_token_s: float
    leaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One replica's scheduler. The defaults of the first two are those of vLLM's server on large GPUs.

    `kv_tokens` is what its KV cache holds, `max_context_tokens` the longest prompt and answer together (None: as much
    as the cache holds). A request spends `front_end_s` before it queues; each of its tokens takes `per_token_s` and its
    end `after_s` on their way to the client. Raises `SetupError` with every field that makes no sense.
    """

    kv_tokens: int = UNBOUNDED
    max_sequences: int = 256
    max_batched_tokens: int = 8192
    block_tokens: int = 16
    max_context_tokens: int | None = None
    front_end_s: float = 0.0
    after_s: float = 0.0
    per_token_s: float = 0.0

    def __post_init__(self) -> None:
        counts = ("max_sequences", "max_batched_tokens", "block_tokens")
        said = [f"{name} must be 1 or more, is {getattr(self, name)}" for name in counts if getattr(self, name) < 1]
        if not said and self.max_batched_tokens < self.max_sequences:
            # A sequence that decodes takes a token of the budget; the last prompt would wait for ever.
            said.append(f"max_batched_tokens ({self.max_batched_tokens}) must be max_sequences or more")
        if not said and not self.block_tokens <= self.kv_tokens <= UNBOUNDED:
            said.append(f"kv_tokens must hold a block ({self.block_tokens}) or more, is {self.kv_tokens}")
        if self.max_context_tokens is not None and self.max_context_tokens < 1:
            said.append(f"max_context_tokens must be 1 or more, is {self.max_context_tokens}")
        times = ("front_end_s", "after_s", "per_token_s")
        wrong = [name for name in times if not 0 <= getattr(self, name) < math.inf]
        said += [f"{name} must be 0 or more and finite, is {getattr(self, name)}" for name in wrong]
        if said:
            raise SetupError("the engine cannot be simulated: " + "; ".join(said))

    def limits(self, *, leaps: bool = True) -> Limits:
        """For the compiled loop. Without `leaps` each step is taken by itself: slower, the same result."""
        return Limits(
            max_sequences=int(self.max_sequences),
            max_batched_tokens=int(self.max_batched_tokens),
            blocks=int(self.kv_tokens // self.block_tokens),
            block_tokens=int(self.block_tokens),
            front_end_s=float(self.front_end_s),
            after_s=float(self.after_s),
            per_token_s=float(self.per_token_s),
            leaps=int(leaps),
        )
