"""The heart of a worker: decide, step, count, hand out, and again.

Everything happens on the event loop's one thread. Between two steps the loop gets a few turns, so requests, hang-ups
and orders that came during a step are in force before the next: that is what "within one step" means.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from baseload.fleet.worker.cores.base import Core, CoreError, News
from baseload.fleet.worker.job import Choice, Finish, Job, State
from baseload.fleet.worker.policy import Limits, decide
from baseload.fleet.worker.schema import Proven
from baseload.store.tally import RowState, Tally

log = logging.getLogger(__name__)

TURNS = 3
"""Turns of the loop between steps: bytes arrive in the first, are parsed in the second, become a job in the third."""
REBUILDS = 3
REBUILD_WINDOW_S = 120.0


class Batcher:
    """All jobs of one worker, in order of arrival."""

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
        self.limits = limits
        self.flex_slots = limits.slots
        self.jobs: dict[int, Job] = {}
        self.steps = self.prefill_tokens = self.decode_tokens = self.emitted_tokens = self.parkings = 0
        self.busy_s = 0.0
        self._clock = clock
        self._busy_window_s = busy_window_s
        self._protected_at = -busy_window_s
        self._choices: dict[int, Choice] = {}
        self._next_key = 1
        self._wake = asyncio.Event()
        self._changed = True
        self._queued = False
        self._proven = Proven()
        self._rebuilt: list[float] = []
        self._closing = False

    # from the service
    def submit(self, job: Job) -> None:
        """Take a job; it starts when its turn comes."""
        self.jobs[job.number] = job
        if job.protected:
            self._protected_at = self._clock()
        self._stir()

    def cancel(self, job: Job) -> None:
        """Stop a job now: no further token of it is counted."""
        if job.state is not State.ENDED:
            self._end(job, RowState.CANCELLED)

    def order(self, flex_slots: int) -> None:
        """At most so many flex sequences run; the youngest of the rest are parked."""
        self.flex_slots = flex_slots
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

    def _stir(self) -> None:
        self._changed = True
        self._wake.set()

    # the loop
    async def run(self) -> None:
        """Until `close`. Raises when the engine cannot be kept alive."""
        while not self._closing:
            if self._changed or self._queued:
                self._rearrange()
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
            self._prefilled()
            self._publish(news)
            self.busy_s += self._clock() - began
            for _ in range(TURNS):
                await asyncio.sleep(0)

    def _rearrange(self) -> None:
        now = self._clock()
        if any(j.protected for j in self.jobs.values()):
            self._protected_at = now
        busy = now - self._protected_at < self._busy_window_s
        self._changed = False
        decision = decide(self.jobs.values(), flex_slots=self.flex_slots, busy=busy, limits=self.limits)
        for job in decision.park:
            self._park(job)
        for job in decision.start:
            if not self._on_trial(job):
                self._try_start(job)
        self._queued = any(j.state is not State.RUNNING for j in self.jobs.values())

    def _on_trial(self, job: Job) -> bool:
        """Whether the job must wait while another's schema is tried: one at a time, to know the culprit."""
        schema = job.choices[0].sampling.schema
        if not schema or schema in self._proven:
            return False
        return any(j is not job and j.state is State.RUNNING and self._unproven(j) for j in self.jobs.values())

    def _unproven(self, job: Job) -> bool:
        schema = job.choices[0].sampling.schema
        return bool(schema) and schema not in self._proven

    def _try_start(self, job: Job) -> None:
        """A request the engine will not take ends alone."""
        try:
            self._start(job)
        except CoreError as e:
            log.warning("the engine did not take a request: %s", e)
            self._end(job, RowState.FAILED, "the engine does not take this request as it is; change its parameters")

    def _start(self, job: Job) -> None:
        resumed = job.state is State.PARKED
        prefill = 0
        for choice in job.alive:
            choice.key, self._next_key = self._next_key, self._next_key + 1
            ids = [*job.prompt, *choice.ids]
            choice.left = len(ids)
            prefill += len(ids)
            self._choices[choice.key] = choice
            self.core.add(choice.key, ids, job.max_tokens - len(choice.ids), choice.sampling)
        job.state = State.RUNNING
        job.waits = True
        job.row.attempts += 1
        job.row.state = RowState.RUNNING
        job.row.flush()
        job.sink.note(b"resumed prefilled=%d" % prefill if resumed else b"started")
        job.sink.flush()

    def _park(self, job: Job) -> None:
        """Take a job off the engine; its text and counts stay, its stream stays open."""
        if job.waits and job.left < sum(len(job.prompt) + len(c.ids) for c in job.alive):
            job.aborts += 1
        self._drop(job)
        started = job.row.emitted > 0 or job.row.prefilled > 0
        job.state = State.PARKED if started else State.QUEUED
        job.waits = True
        self.parkings += 1
        if started:
            job.row.state = RowState.PARKED
            job.row.flush()
            job.sink.note(b"parked")
            job.sink.flush()

    def _drop(self, job: Job) -> None:
        for choice in job.choices:
            if choice.key and self._choices.pop(choice.key, None) is not None:
                self.core.cancel(choice.key)
            choice.key = choice.left = 0

    def _prefilled(self) -> None:
        """Mirror what the engine's scheduler did: a token for each decoding sequence, the rest to prompts in order."""
        budget = self.limits.chunk
        filling = []
        for choice in self._choices.values():
            if choice.left:
                filling.append(choice)
            else:
                budget -= 1
        for choice in filling:
            part = min(choice.left, budget)
            if part <= 0:
                break
            budget -= part
            choice.left -= part
            choice.job.row.prefilled += part
            self.prefill_tokens += part

    def _publish(self, news: list[News]) -> None:
        """Counts first, then bytes; one write a job."""
        jobs: dict[int, Job] = {}
        for one in news:
            choice = self._choices.get(one.key)
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
            self._changed = True
            if choice.sampling.schema:
                self._proven.add(choice.sampling.schema)
        self.emitted_tokens += count
        self.decode_tokens += count
        job.emitted += count
        job.row.emitted = job.emitted
        choice.ids += one.ids
        text, stopped = choice.text.feed(one.ids) if count else ("", False)
        finish: Finish | None = "stop" if stopped or one.ended == "stop" else "length" if one.ended else None
        if finish is not None:
            text += "" if stopped else choice.text.finish()
            self._finish(choice, finish)
        if text or finish is not None:
            job.sink.news(choice, text, finish)

    def _finish(self, choice: Choice, finish: Finish) -> None:
        choice.finish = finish
        self._choices.pop(choice.key, None)
        self.core.cancel(choice.key)
        self._changed = True

    def _end(self, job: Job, state: RowState, error: str = "") -> None:
        self._drop(job)
        self.jobs.pop(job.number, None)
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
        suspects = [j for j in running if self._unproven(j)]
        for job in running:
            if job in suspects:
                self._end(job, RowState.FAILED, "the engine cannot follow this JSON schema; simplify it")
            elif job.resumable or not job.emitted:
                self._park(job)
            else:
                self._end(job, RowState.FAILED, "the engine failed; ask again")
        self._choices.clear()
        self.core.rebuild()
        self._changed = True
