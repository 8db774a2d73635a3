"""The control loop: once a second it measures, decides and gives orders; windows and commitments come more seldom.

Nothing here is on a request's way. A step that fails is logged and tried again the next second.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from baseload.background import one_aside
from baseload.dispatch import Commitment, Snapshot, commit
from baseload.errors import BaseloadError
from baseload.fleet.engines.base import Engine
from baseload.fleet.replicas import Replicas
from baseload.gateway.reconcile import Reconciler
from baseload.gateway.runtime import Runtime
from baseload.gateway.steer import Steering
from baseload.gateway.telemetry import Telemetry

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
        self.telemetry = Telemetry(runtime, steering.rates)
        self.metrics: dict[str, dict[str, float]] = {}
        self._stalled_at_us = 0
        self._silences: Counter[str] = Counter()
        self.reconciler = Reconciler(runtime)
        self._ticks = 0
        self._wanted: dict[str, bool] = {}
        self._decided: tuple[Snapshot, Commitment] | None = None
        self._aside = one_aside("dispatch")

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
        steps: list[Callable[[], object]] = [self.telemetry.sample, self._steer, self._stalled]
        for step in steps:
            try:
                step()
            except Exception:
                log.exception("control step %s failed; it is tried again in a second", step.__name__)
        for slow in (self._explain, self._look_after_engines, self.runtime.settle_waiting, self._commit):
            try:
                await slow()
            except BaseloadError as e:
                log.warning("%s: %s", slow.__name__, e)
            except Exception:
                log.exception("control step %s failed; it is tried again in a second", slow.__name__)

    def _steer(self) -> None:
        now_us = self.runtime.now_us()
        snapshot = self.steering.snapshot(self.runtime.demand, dict(self.telemetry.ready()), now_us)
        commitment, orders = self.steering.plan(snapshot, now_us)
        before = self.runtime.orders
        orders.merit, orders.worth, orders.worth_steps = before.merit, before.worth, before.worth_steps
        self.runtime.orders = orders
        self._decided = snapshot, commitment

    async def _explain(self) -> None:
        """Every ten seconds: the merit order and what things are worth, which takes a dozen solves."""
        if self._ticks % EXPLAIN_EVERY != 1 or self._decided is None:
            return
        loop = asyncio.get_running_loop()
        told = await loop.run_in_executor(
            self._aside, self.steering.explain, *self._decided, replace(self.runtime.orders)
        )
        orders = self.runtime.orders
        orders.merit, orders.worth, orders.worth_steps = told.merit, told.worth, told.worth_steps

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
        snapshot = self.steering.snapshot(self.runtime.demand, dict(self.telemetry.ready()), self.runtime.now_us())
        commitment = await asyncio.get_running_loop().run_in_executor(self._aside, commit, snapshot)
        wanted = self._wanted_replicas(commitment)
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
