"""The control loop: once a second it measures, decides and gives orders; windows and commitments come more seldom.

Nothing here is on a request's way. A step that fails is logged and tried again the next second.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable

from baseload.billing.cost import hourly
from baseload.dispatch import Commitment, commit
from baseload.errors import BaseloadError
from baseload.fleet.engines.base import Engine
from baseload.fleet.replicas import Replicas
from baseload.gateway.admitted import RequestClass
from baseload.gateway.meters import Second
from baseload.gateway.reconcile import Reconciler
from baseload.gateway.runtime import Runtime
from baseload.gateway.steer import Steering

log = logging.getLogger(__name__)

EXPLAIN_EVERY = 10
COMMIT_EVERY = 60
STALL_US = 120_000_000
WHOLE_STALL_US = 600_000_000
JUMP_US = 30_000_000
SILENCES = 5
"""A replica that listens is given up after so many probes without an answer, not after one."""


class Control:
    """The loop and what it last saw."""

    def __init__(self, runtime: Runtime, steering: Steering, replicas: Replicas) -> None:
        self.runtime = runtime
        self.steering = steering
        self.replicas = replicas
        self.metrics: dict[str, dict[str, float]] = {}
        self.requests_per_s = 0.0
        self._stalled_at_us = 0
        self._silences: Counter[str] = Counter()
        self.cost_by_pool: dict[str, float] = {}
        self.reconciler = Reconciler(runtime)
        self._ticks = 0
        self._requests_before = 0
        self._wanted: dict[str, bool] = {}

    async def run(self) -> None:
        """Until cancelled."""
        at = time.monotonic()
        while True:
            at = max(at + 1.0, time.monotonic())
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            await self.tick()

    async def tick(self) -> None:
        """One second's round; each step stands alone."""
        self._ticks += 1
        steps: list[Callable[[], object]] = [self._sample, self._steer, self._stalled]
        for step in steps:
            try:
                step()
            except Exception:
                log.exception("control step %s failed; it is tried again in a second", step.__name__)
        for slow in (self._look_after_engines, self.runtime.settle_waiting, self._commit):
            try:
                await slow()
            except BaseloadError as e:
                log.warning("%s: %s", slow.__name__, e)
            except Exception:
                log.exception("control step %s failed; it is tried again in a second", slow.__name__)

    # measuring
    def queued_by_class(self) -> Counter[RequestClass]:
        """Requests that wait for a place, by class."""
        return Counter(r.admitted.request_class for r in self.runtime.live if r.waiting)

    def _sample(self) -> None:
        runtime, now_us = self.runtime, self.runtime.now_us()
        runtime.power.sample(now_us)
        queued = self.queued_by_class()
        self.runtime.demand.tick(runtime.meters.arrived, queued, 1.0)
        prefill, decode, by_model = runtime.meters.rates(now_us, runtime.live)
        self.requests_per_s = 0.8 * self.requests_per_s + 0.2 * (runtime.meters.requests - self._requests_before)
        self._requests_before = runtime.meters.requests
        self._price_the_hour()
        self._learn_speed(prefill, decode)
        watts = runtime.power.watts
        billed = runtime.meters.billed or 1
        runtime.meters.history.append(
            Second(
                at_us=now_us,
                prefill_tokens_per_s=prefill,
                decode_tokens_per_s=decode,
                watts=watts,
                in_flight=len(runtime.live),
                queued=sum(queued.values()),
                joules_per_token=watts / decode if decode else 0.0,
                price_usd_per_mtok=runtime.meters.amount_nano / 1e9 / billed * 1e6 if runtime.meters.billed else 0.0,
                cost_usd_per_mtok=self.cost_usd_per_h() / 3600 / decode * 1e6 if decode else 0.0,
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
        for model in self.steering.rates.weights:
            queue = self.runtime.router.queues[model]
            filled = sum(s.load for s in queue.seats) >= sum(s.engine.slots for s in queue.seats) / 2
            alone = len(self.runtime.router.queues) == 1
            if filled and alone and queue.seats[0].engine.kind == "openvino":
                self.steering.rates.learn(model, prefill_per_s, decode_per_s)

    def _price_the_hour(self) -> None:
        """What each pool costs an hour: depreciation or rent, energy at the watts drawn now, space and staff."""
        costs = hourly(self.runtime.cloud, self.runtime.power.watts_by_pool, self.runtime.now_us())
        self.cost_by_pool = {c.pool: c.total_nano / 1e9 for c in costs}

    def capacity_tokens_per_s(self) -> float:
        """Decoded tokens a second that the replicas that are up sustain, by the catalogue's work per token."""
        ready = self.ready()
        return sum(self.steering.rates.decode_capacity(m, ready[m.id]) for m in self.runtime.cloud.models)

    # deciding
    def ready(self) -> Counter[str]:
        """Replicas that can take work, by model."""
        return Counter(s.engine.model for q in self.runtime.router.queues.values() for s in q.seats if s.up)

    def _steer(self) -> None:
        now_us = self.runtime.now_us()
        snapshot = self.steering.snapshot(self.runtime.demand, dict(self.ready()), now_us)
        commitment, orders = self.steering.plan(snapshot, now_us)
        before = self.runtime.orders
        if self._ticks % EXPLAIN_EVERY == 1:
            orders = self.steering.explain(snapshot, commitment, orders)
        else:
            orders.merit, orders.worth, orders.worth_steps = before.merit, before.worth, before.worth_steps
        self.runtime.orders = orders

    async def _look_after_engines(self) -> None:
        """Health, orders and counters of every replica, side by side."""
        await asyncio.gather(*(self._look_after(e) for e in self.runtime.router.engines))
        self.reconciler.compare()

    async def _look_after(self, engine: Engine) -> None:
        health = await engine.health()
        self._silences[engine.replica] = self._silences[engine.replica] + 1 if health == "silent" else 0
        if health == "silent" and self._silences[engine.replica] < SILENCES:
            return
        self.runtime.router.mark(engine, health == "up")
        if health != "up":
            self.metrics.pop(engine.replica, None)
            return
        queue = self.runtime.router.queues[engine.model]
        orders = self.runtime.orders
        queue.order(orders.flex_slots.get(engine.model, 0), orders.protected_slots.get(engine.model, engine.slots))
        await engine.order(queue.flex_share(engine))
        said = await engine.metrics()
        self.metrics[engine.replica] = said
        if engine.speaks_tokens and said:
            self.reconciler.count(engine.replica, int(said["emitted_tokens"]))

    def _stalled(self) -> None:
        """Give up on an engine that says nothing for two minutes while it should; ten for an answer asked for whole.

        When the clock itself has jumped, everybody starts anew.
        """
        now_us, before_us = self.runtime.now_us(), self._stalled_at_us
        self._stalled_at_us = now_us
        jumped = not 0 <= now_us - before_us < JUMP_US
        for request in list(self.runtime.live):
            relay = request.relay
            if relay is None or relay.progress.parked_since_us or relay.paused:
                continue
            if jumped:
                relay.last_data_us = now_us
            elif now_us - relay.last_data_us > (WHOLE_STALL_US if relay.whole else STALL_US):
                relay.stop("engine_died", f"it said nothing for {(now_us - relay.last_data_us) / 1e6:.0f} s")

    async def _commit(self) -> None:
        """Once a minute: which whole replicas are on. The supervisor starts and stops them."""
        if self._ticks % COMMIT_EVERY != 0:
            return
        snapshot = self.steering.snapshot(self.runtime.demand, dict(self.ready()), self.runtime.now_us())
        wanted = self._wanted_replicas(await asyncio.to_thread(commit, snapshot))
        if wanted != self._wanted:
            self._wanted = wanted
            await self.replicas.want(wanted)

    def _wanted_replicas(self, commitment: Commitment) -> dict[str, bool]:
        """By replica: the first n of each model are on."""
        wanted: dict[str, bool] = {}
        for model, n in commitment.replicas.items():
            mine = [e for e in self.runtime.router.engines if e.model == model and e.kind != "external"]
            wanted |= {e.replica: i < n for i, e in enumerate(mine)}
        return wanted
