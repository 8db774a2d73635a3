"""What the gateway measures once a second: the watts, what was asked and done, how fast, and what an hour costs."""

from collections import Counter

from baseload.billing.cost import hourly
from baseload.gateway.admitted import RequestClass
from baseload.gateway.meters import Second
from baseload.gateway.rates import Rates
from baseload.gateway.runtime import Runtime


class Telemetry:
    """What was last seen. The seconds themselves are kept in `meters.history`."""

    def __init__(self, runtime: Runtime, rates: Rates) -> None:
        self.runtime = runtime
        self.rates = rates
        self.requests_per_s = 0.0
        self.cost_by_pool: dict[str, float] = {}
        """US dollars an hour."""
        self._requests_before = 0

    def sample(self) -> None:
        """One second's row."""
        runtime, now_us = self.runtime, self.runtime.now_us()
        runtime.power.sample(now_us)
        queued = self.queued_by_class()
        self.runtime.demand.tick(runtime.meters.arrived, queued, 1.0)
        rates = runtime.meters.rates(now_us, runtime.live)
        self.requests_per_s = 0.8 * self.requests_per_s + 0.2 * (runtime.meters.requests - self._requests_before)
        self._requests_before = runtime.meters.requests
        self._price_the_hour()
        if rates is None:
            return
        prefill, decode, by_model = rates
        self._learn_speed(prefill, decode)
        watts, billed = runtime.power.watts, runtime.meters.billed
        runtime.meters.history.append(
            Second(
                at_us=now_us,
                prefill_tokens_per_s=prefill,
                decode_tokens_per_s=decode,
                watts=watts,
                in_flight=len(runtime.live),
                queued=sum(queued.values()),
                joules_per_token=watts / decode if watts is not None and decode else None,
                price_usd_per_mtok=runtime.meters.amount_nano / 1e9 / billed * 1e6 if billed else None,
                cost_usd_per_mtok=self.cost_usd_per_h() / 3600 / decode * 1e6 if decode and self.cost_by_pool else None,
                by_model=by_model,
                by_replica_watts=self._watts_by_replica(by_model),
            )
        )

    def _watts_by_replica(self, by_model: dict[str, float]) -> dict[str, float]:
        """A pool's watts by replica, in proportion to what each emits; evenly while nothing is emitted."""
        shares: dict[str, float] = {}
        for pool, watts in self.runtime.power.watts_by_pool.items():
            here = [e for e in self.runtime.router.engines if e.pool_id == pool]
            weights = [by_model.get(e.model, 0.0) + 1e-6 for e in here]
            shares |= {e.replica: watts * w / sum(weights) for e, w in zip(here, weights, strict=True)}
        return shares

    def cost_usd_per_h(self) -> float:
        """All pools together."""
        return sum(self.cost_by_pool.values())

    def _learn_speed(self, prefill_per_s: float, decode_per_s: float) -> None:
        """How fast this machine is beside the catalogue's, seen while it is well filled: a fading mean."""
        for model in self.rates.weights:
            queue = self.runtime.router.queues[model]
            filled = sum(s.load for s in queue.seats) >= sum(s.engine.slots for s in queue.seats) / 2
            alone = len(self.runtime.router.queues) == 1
            if filled and alone and queue.seats[0].engine.kind == "openvino":
                self.rates.learn(model, prefill_per_s, decode_per_s)

    def _price_the_hour(self) -> None:
        """What each pool costs an hour: depreciation or rent, energy at the watts drawn now, space and staff."""
        costs = hourly(self.runtime.cloud, self.runtime.power.watts_by_pool, self.runtime.now_us())
        self.cost_by_pool = {c.pool: c.total_nano / 1e9 for c in costs}

    def capacity_tokens_per_s(self) -> float | None:
        """Decoded tokens a second that the replicas that are up sustain, by the catalogue's work per token.

        None when one of them is an engine elsewhere: what it could do is not known, and so the sum is not.
        """
        ready = self.ready()
        each = [self.rates.decode_capacity(m, ready[m.id]) for m in self.runtime.cloud.models]
        return None if None in each else sum(capacity or 0.0 for capacity in each)

    def ready(self) -> Counter[str]:
        """Replicas that can take work, by model."""
        return Counter(s.engine.model for q in self.runtime.router.queues.values() for s in q.seats if s.up)

    def queued_by_class(self) -> Counter[RequestClass]:
        """Requests that wait for a place, by class."""
        return Counter(r.admitted.request_class for r in self.runtime.live if r.waiting)
