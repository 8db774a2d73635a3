"""How fast this cloud's replicas are: the catalogue's work per token, corrected by what the machine was seen to do.

A pool's work rate is shared by the replicas that are described for it. An external engine is as fast as its requests
were seen to be served, a twin as fast as it is described.
"""

from baseload.config.cloud import Cloud, Model
from baseload.energy import Weights
from baseload.gateway.demand import Load

FADE = 0.05
"""Weight of the newest second in the speed seen."""
SLOWEST = 0.05


class Rates:
    """Rates by model, from weights in nanoseconds of the whole machine per token."""

    def __init__(self, cloud: Cloud, weights: dict[str, Weights]) -> None:
        self.cloud = cloud
        self.weights = weights
        self.speed: dict[str, float] = {}
        """This machine's speed over the catalogue's, by model; 1 until it was seen."""

    def part(self, model: Model) -> float:
        """Nodes of its pool that one replica has; a share of one where several are on a node."""
        pool = next(p for p in self.cloud.pools if p.id == model.pool)
        return pool.nodes / max(sum(m.replicas for m in self.cloud.models if m.pool == model.pool), 1)

    def requests_per_s(self, model: Model, load: Load, part: float) -> float:
        """Requests like these that a replica with so many nodes sustains."""
        if model.engine == "external":
            return model.slots / max(load.service_s, 1e-3)
        if model.engine == "twin":
            decode_per_s = model.twin_decode_tokens_per_s * model.slots
            seconds = load.tok_in / model.twin_prefill_tokens_per_s + load.tok_out / decode_per_s
            return 1.0 / max(seconds, 1e-6)
        work = self.weights[model.id].work(round(load.tok_in), round(load.tok_out))
        return 1e9 / max(work, 1) * self.speed.get(model.id, 1.0) * min(part, 1.0)

    def decode_capacity(self, model: Model, replicas: int) -> float | None:
        """Decoded tokens a second of so many replicas with nothing else to do; None for an engine elsewhere."""
        if not replicas:
            return 0.0
        if model.engine == "external":
            return None
        if model.engine == "twin":
            return model.twin_decode_tokens_per_s * model.slots * replicas
        part = min(self.part(model), 1.0)
        return 1e9 / self.weights[model.id].decode * self.speed.get(model.id, 1.0) * part * replicas

    def decode_equivalents_per_s(self, prefill_per_s: float, decode_per_s: float) -> float:
        """Prefilled tokens counted at what they weigh beside decoded ones."""
        weights = list(self.weights.values())
        ratio = sum(w.prefill / w.decode for w in weights) / len(weights) if weights else 0.0
        return decode_per_s + ratio * prefill_per_s

    def learn(self, model: str, prefill_per_s: float, decode_per_s: float) -> None:
        """What the machine did in a second in which it was well filled: a fading mean."""
        seen = self.weights[model].work(round(prefill_per_s), round(decode_per_s)) / 1e9
        known = self.speed.get(model, 1.0)
        self.speed[model] = max(known + FADE * (seen - known), SLOWEST)
