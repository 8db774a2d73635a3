"""What is asked, measured: arrivals, queues and the size of a request, by business, tier and model."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from baseload.gateway.admitted import RequestClass

HALF_LIFE_S = 10.0
SIZE_HALF_LIFE = 50.0
BACKLOG_S = 10.0
"""A queue is asked to be worked off within this time."""


@dataclass(slots=True)
class Load:
    """One class's load. `tok_in`, `tok_out` and `service_s` are fading means over requests that ended."""

    arrivals_per_s: float = 0.0
    tok_in: float = 100.0
    tok_out: float = 100.0
    service_s: float = 2.0
    queued: int = 0
    seen: float = 0.0

    @property
    def asked_per_s(self) -> float:
        """Arrivals, and what waits, spread over the time it may take."""
        return self.arrivals_per_s + self.queued / BACKLOG_S

    def learn(self, tok_in: int, tok_out: int, service_s: float) -> None:
        """Take in a request that ended. The first counts for all, later ones less and less."""
        self.seen = min(self.seen + 1.0, SIZE_HALF_LIFE)
        part = 1.0 / self.seen
        self.tok_in += part * (tok_in - self.tok_in)
        self.tok_out += part * (tok_out - self.tok_out)
        self.service_s += part * (service_s - self.service_s)


@dataclass(slots=True)
class Demand:
    """All classes that have ever asked, and those that may."""

    loads: dict[RequestClass, Load] = field(default_factory=dict)
    _counted: Counter[RequestClass] = field(default_factory=Counter)

    def load(self, cls: RequestClass) -> Load:
        """A class's load, made when first asked for."""
        load = self.loads.get(cls)
        if load is None:
            load = self.loads[cls] = Load()
        return load

    def tick(self, arrived: Mapping[RequestClass, int], queued: Mapping[RequestClass, int], dt_s: float) -> None:
        """Take in the arrival counters and the queues as they stand."""
        keep = 0.5 ** (dt_s / HALF_LIFE_S)
        for cls in {*self.loads, *arrived}:
            load = self.load(cls)
            new = arrived.get(cls, 0) - self._counted[cls]
            self._counted[cls] += new
            load.arrivals_per_s = keep * load.arrivals_per_s + (1 - keep) * new / max(dt_s, 1e-9)
            if load.arrivals_per_s < 1e-4:
                load.arrivals_per_s = 0.0
            load.queued = queued.get(cls, 0)
