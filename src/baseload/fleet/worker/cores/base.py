"""The shape of a core: sequences in, tokens out, one step at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from baseload.fleet.worker.job import Sampling


class CoreError(Exception):
    """The engine did not take a sequence, or it failed in a step; then all in it are lost and must be added again."""


class News(NamedTuple):
    """What one step brought for one sequence. `ended` "refused": it did not fit and never will."""

    key: int
    ids: list[int]
    ended: Literal["stop", "length", "refused"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What the core can hold: tokens of context of one sequence, of KV cache in all, and of one step."""

    context_tokens: int
    kv_tokens: int
    chunk_tokens: int


class Core(Protocol):
    """A batch engine. All calls come from one thread, between steps."""

    size: Size

    def add(self, key: int, ids: Sequence[int], max_tokens: int, sampling: Sampling) -> None:
        """Take a sequence. Its prompt is computed from the next step on. `CoreError` when it cannot be taken."""

    def cancel(self, key: int) -> None:
        """Drop a sequence. Nothing more is heard of it."""

    @property
    def busy(self) -> bool:
        """Whether a step has anything to do, clearing up after a cancelled sequence included."""

    async def step(self) -> list[News]:
        """One step of all sequences. `CoreError` when it failed."""

    def rebuild(self) -> None:
        """Start anew after a `CoreError`, empty. Takes seconds."""

    def gauges(self) -> dict[str, float]:
        """`kv_used`: share of the cache that is taken, 0 to 1."""


class Words(Protocol):
    """The tokeniser of a core."""

    pieces: Sequence[bytes]
    """The bytes of each token; empty for control tokens, which never show in text."""
    longest: int
    """Bytes of the longest token: text longer than `longest` × context cannot fit, whatever it says."""

    def encode_chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """A conversation through the model's template. What people typed never becomes a control token."""

    def encode_text(self, text: str) -> list[int]:
        """A raw prompt, whole and uncut: control tokens written in it are its author's own."""
