"""The heart of a worker: arrange, step, count, hand out, and again.

Everything happens on the event loop's one thread. Between two steps the loop gets a few turns, so requests, hang-ups
and orders that came during a step are in force before the next: that is what "within one step" means.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from baseload.fleet.worker.cores.base import Core, CoreError, News
from baseload.fleet.worker.job import Choice, Job, State
from baseload.fleet.worker.policy import Limits
from baseload.fleet.worker.scheduler import Scheduler
from baseload.store.tally import RowState, Tally

log = logging.getLogger(__name__)

TURNS = 3
"""Turns of the loop between steps: bytes arrive in the first, are parsed in the second, become a job in the third."""
REBUILDS = 3
REBUILD_WINDOW_S = 120.0


class Batcher:
    """All jobs of one worker: `scheduler` has them run, here they are counted and answered."""

    def __init__(
        self,
        core: Core,
        tally: Tally,
        *,
        limits: Limits,
        busy_window_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.core = core
        self.tally = tally
        self.scheduler = Scheduler(core, limits=limits, busy_window_s=busy_window_s)
        self.jobs = self.scheduler.jobs
        self.steps = self.prefill_tokens = self.decode_tokens = self.emitted_tokens = 0
        self.busy_s = 0.0
        self._clock = clock
        self._wake = asyncio.Event()
        self._rebuilt: list[float] = []
        self._closing = False

    # from the service
    def submit(self, job: Job) -> None:
        """Take a job; it starts when its turn comes."""
        self.scheduler.add(job, self._clock())
        self._stir()

    def cancel(self, job: Job) -> None:
        """Stop a job now: no further token of it is counted."""
        if job.state is not State.ENDED:
            self._end(job, RowState.CANCELLED)

    def order(self, flex_slots: int) -> None:
        """At most so many flex sequences run; the youngest of the rest are parked."""
        self.scheduler.flex_slots = flex_slots
        self._stir()

    def close(self) -> None:
        """End every job and the loop."""
        self._closing = True
        for job in list(self.jobs.values()):
            self._end(job, RowState.FAILED, "the worker is stopping; ask again")
        self._stir()

    def reassure(self) -> None:
        """Tell those who wait their turn that they are not forgotten; an engine that hangs reassures nobody."""
        for job in [j for j in self.jobs.values() if j.state in {State.QUEUED, State.PARKED}]:
            job.sink.note(b"waiting")
            if not job.sink.flush():
                self.cancel(job)

    def count(self, state: State) -> int:
        """Sequences of all jobs in a state."""
        return sum(j.width for j in self.jobs.values() if j.state is state)

    def describe(self) -> dict[str, float]:
        """Counters since the start and sequences as they stand, as JSON."""
        return {
            "steps": self.steps,
            "prefill_tokens": self.prefill_tokens,
            "decode_tokens": self.decode_tokens,
            "emitted_tokens": self.emitted_tokens,
            "parkings": self.scheduler.parkings,
            "running": self.count(State.RUNNING),
            "waiting": self.count(State.QUEUED),
            "parked": self.count(State.PARKED),
            "flex_slots": self.scheduler.flex_slots,
            "busy_s": round(self.busy_s, 3),
        }

    def _stir(self) -> None:
        self.scheduler.changed = True
        self._wake.set()

    # the loop
    async def run(self) -> None:
        """Until `close`. Raises when the engine cannot be kept alive."""
        while not self._closing:
            self.scheduler.rearrange(self._clock(), self._refused)
            if not self.core.busy:
                self._wake.clear()
                await self._wake.wait()
                continue
            began = self._clock()
            try:
                news = await self.core.step()
            except CoreError as e:
                self._recover(e)
                continue
            self.steps += 1
            self.prefill_tokens += self.scheduler.prefilled()
            self._publish(news)
            self.busy_s += self._clock() - began
            for _ in range(TURNS):
                await asyncio.sleep(0)

    def _publish(self, news: list[News]) -> None:
        """Counts first, then bytes; one write a job."""
        jobs: dict[int, Job] = {}
        sequences = self.scheduler.sequences
        for one in news:
            choice = sequences.get(one.key)
            if choice is None:
                continue
            job = choice.job
            jobs[job.number] = job
            if one.ended == "refused":
                job.error = "the engine has no room for this request; ask for fewer tokens"
                continue
            self._take(choice, one)
        for job in jobs.values():
            job.row.flush()
            if job.error:
                self._end(job, RowState.FAILED, job.error)
            elif not job.width:
                self._end(job, RowState.COMPLETED)
            elif not job.sink.flush():
                self._end(job, RowState.CANCELLED)

    def _take(self, choice: Choice, one: News) -> None:
        job, count = choice.job, len(one.ids)
        if choice.left:
            job.row.prefilled += choice.left
            self.prefill_tokens += choice.left
            choice.left = 0
        if job.waits:
            job.waits = False
            self.scheduler.changed = True
            if choice.sampling.schema:
                self.scheduler.proven.add(choice.sampling.schema)
        self.emitted_tokens += count
        self.decode_tokens += count
        job.emitted += count
        job.row.emitted = job.emitted
        text = choice.take(one.ids, one.ended)
        if choice.finish is not None:
            self.scheduler.finish(choice)
        if text or choice.finish is not None:
            job.sink.news(choice, text, choice.finish)

    def _refused(self, job: Job) -> None:
        self._end(job, RowState.FAILED, "the engine does not take this request as it is; change its parameters")

    def _end(self, job: Job, state: RowState, error: str = "") -> None:
        self.scheduler.remove(job)
        job.state = State.ENDED
        job.error = error
        self.tally.end_row(job.row, state)
        if not job.done.done():
            job.done.set_result(None)
        self._stir()

    def _recover(self, error: CoreError) -> None:
        """The engine broke in a step. Fail the likely cause, start the engine anew, and let the others go on."""
        now = self._clock()
        self._rebuilt = [t for t in self._rebuilt if now - t < REBUILD_WINDOW_S] + [now]
        log.error("the engine failed in a step: %s", error)
        if len(self._rebuilt) > REBUILDS:
            raise error
        running = [j for j in self.jobs.values() if j.state is State.RUNNING]
        suspects = [j for j in running if self.scheduler.unproven(j)]
        for job in running:
            if job in suspects:
                self._end(job, RowState.FAILED, "the engine cannot follow this JSON schema; simplify it")
            elif job.resumable or not job.emitted:
                self.scheduler.park(job)
            else:
                self._end(job, RowState.FAILED, "the engine failed; ask again")
        self.scheduler.rebuild()
