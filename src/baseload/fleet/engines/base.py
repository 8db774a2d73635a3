"""The shape of an engine as the gateway sees it: where to send a request, and how to learn what it really emitted."""

from dataclasses import dataclass
from typing import Literal, Protocol

from baseload.http1 import Pool

CountMark = Literal["counted", "estimated"]
Health = Literal["up", "down", "silent"]
GROWING = ("queued", "running", "parked", "cancelling")
"""States in which an engine may still emit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCount:
    """What an engine says it did for one request. `final` when the number will not change any more."""

    prompt: int
    prefilled: int
    emitted: int
    state: str

    @property
    def final(self) -> bool:
        """Engines name their ends as they like; what they have in common is that nothing goes on."""
        return self.state not in GROWING


class Engine(Protocol):
    """One replica.

    `speaks_tokens`: its events say how many tokens. `answers_whole`: it may be
    asked for an unstreamed answer, since it can be told to stop one; others are always streamed from, because closing
    the connection is then the only way to stop them.
    """

    replica: str
    model: str
    pool_id: str
    kind: str
    slots: int
    connections: Pool
    speaks_tokens: bool
    answers_whole: bool

    def request(self, route: str, body: bytes, request_id: str, tier: str) -> bytes:
        """The bytes of a generation request. `route` is `/v1/chat/completions` or `/v1/completions`."""

    def upstream_model(self) -> str:
        """The name the engine knows the model by."""

    async def count(self, request_id: str) -> EngineCount | None:
        """What it did for a request so far. None when it cannot say. EngineDown when it cannot be reached."""

    async def cancel(self, request_id: str) -> EngineCount | None:
        """Stop a request and say what it did. None when it cannot say."""

    def post_mortem(self, request_id: str) -> EngineCount | None:
        """What a dead engine had done for a request, from what outlived it. None when nothing did."""

    async def order(self, flex_slots: int) -> None:
        """Tell it how many flex sequences may run. An engine of someone else's is not told."""

    async def health(self) -> Health:
        """Whether it can take work now; `silent` when it listens but did not answer in time, as a busy one may."""

    async def metrics(self) -> dict[str, float]:
        """Monotone counters and gauges; empty when it has none."""
