"""Tokens that must agree: the engines' own counters against what was metered, billed, lost and is still open."""

from collections import Counter
from dataclasses import dataclass

from baseload.gateway.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Engine = metered = billed + lost + open: tokens since the gateway started; open ones are not settled yet."""

    engine_tokens: int = 0
    metered_tokens: int = 0
    billed_tokens: int = 0
    lost_tokens: int = 0
    open_tokens: int = 0


class Reconciler:
    """Adds up the engines' counters and compares them with ours, read in the same instant."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.trust = Trust()
        self._engine_tokens: Counter[str] = Counter()
        self._before: dict[str, int] = {}

    def count(self, replica: str, emitted: int) -> None:
        """A worker's counter runs since its start, ours since the gateway's: take the differences."""
        before = self._before.get(replica)
        if before is not None:
            self._engine_tokens[replica] += emitted - before if emitted >= before else emitted
        self._before[replica] = emitted

    def compare(self) -> None:
        """Engines that keep no count are taken at what was metered."""
        meters, router = self.runtime.meters, self.runtime.router
        open_tokens = sum(r.so_far()[1] for r in self.runtime.live)
        counting = {e.model for e in router.engines if e.speaks_tokens}
        uncounted = sum(n for model, n in meters.emitted_by_model.items() if model not in counting)
        self.trust = Trust(
            engine_tokens=sum(self._engine_tokens.values()) + uncounted,
            metered_tokens=meters.emitted + open_tokens,
            billed_tokens=meters.billed,
            lost_tokens=meters.lost,
            open_tokens=open_tokens,
        )
