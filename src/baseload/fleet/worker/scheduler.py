"""Puts jobs on the engine and takes them off it, between two steps, as `policy` decides.

A job's choices are sequences to the engine, each under a key. How far it is with their prompts it does not say; that
is mirrored here.
"""

import logging
from collections.abc import Callable

from baseload.fleet.worker.cores.base import Core, CoreError
from baseload.fleet.worker.job import Choice, Job, State
from baseload.fleet.worker.policy import Limits, decide
from baseload.fleet.worker.schema import Proven
from baseload.store.tally import RowState

log = logging.getLogger(__name__)


class Scheduler:
    """The jobs in order of arrival, and the sequences of those that run."""

    def __init__(self, core: Core, *, limits: Limits, busy_window_s: float) -> None:
        self.core = core
        self.limits = limits
        self.flex_slots = limits.slots
        self.jobs: dict[int, Job] = {}
        self.sequences: dict[int, Choice] = {}
        self.proven = Proven()
        self.parkings = 0
        self.changed = True
        """Whether there is anything to decide anew."""
        self._busy_window_s = busy_window_s
        self._protected_at = -busy_window_s
        self._next_key = 1
        self._queued = False

    def add(self, job: Job, now: float) -> None:
        """A job that waits for its turn."""
        self.jobs[job.number] = job
        if job.protected:
            self._protected_at = now

    def remove(self, job: Job) -> None:
        """A job that is over, whether it ran or not."""
        self.drop(job)
        self.jobs.pop(job.number, None)

    def rearrange(self, now: float, refused: Callable[[Job], None]) -> None:
        """Park and start what should be. `refused` is told of each job that the engine does not take."""
        if not self.changed and not self._queued:
            return
        if any(j.protected for j in self.jobs.values()):
            self._protected_at = now
        busy = now - self._protected_at < self._busy_window_s
        self.changed = False
        decision = decide(self.jobs.values(), flex_slots=self.flex_slots, busy=busy, limits=self.limits)
        for job in decision.park:
            self.park(job)
        for job in decision.start:
            if not self._on_trial(job):
                self._try_start(job, refused)
        self._queued = any(j.state is not State.RUNNING for j in self.jobs.values())

    def unproven(self, job: Job) -> bool:
        """Whether its schema has never run here: an engine that breaks now broke over it."""
        schema = job.choices[0].sampling.schema
        return bool(schema) and schema not in self.proven

    def _on_trial(self, job: Job) -> bool:
        """Whether the job must wait while another's schema is tried: one at a time, to know the culprit."""
        if not self.unproven(job):
            return False
        return any(j is not job and j.state is State.RUNNING and self.unproven(j) for j in self.jobs.values())

    def _try_start(self, job: Job, refused: Callable[[Job], None]) -> None:
        """A request the engine will not take ends alone."""
        try:
            self._start(job)
        except CoreError as e:
            log.warning("the engine did not take a request: %s", e)
            refused(job)

    def _start(self, job: Job) -> None:
        resumed = job.state is State.PARKED
        prefill = 0
        for choice in job.alive:
            choice.key, self._next_key = self._next_key, self._next_key + 1
            ids = [*job.prompt, *choice.ids]
            choice.left = len(ids)
            prefill += len(ids)
            self.sequences[choice.key] = choice
            self.core.add(choice.key, ids, job.max_tokens - len(choice.ids), choice.sampling)
        job.state = State.RUNNING
        job.waits = True
        job.row.attempts += 1
        job.row.state = RowState.RUNNING
        job.row.flush()
        job.sink.note(b"resumed prefilled=%d" % prefill if resumed else b"started")
        job.sink.flush()

    def park(self, job: Job) -> None:
        """Take a job off the engine; its text and counts stay, its stream stays open."""
        if job.waits and job.left < sum(len(job.prompt) + len(c.ids) for c in job.alive):
            job.aborts += 1
        self.drop(job)
        started = job.row.emitted > 0 or job.row.prefilled > 0
        job.state = State.PARKED if started else State.QUEUED
        job.waits = True
        self.parkings += 1
        if started:
            job.row.state = RowState.PARKED
            job.row.flush()
            job.sink.note(b"parked")
            job.sink.flush()

    def drop(self, job: Job) -> None:
        """Its sequences leave the engine."""
        for choice in job.choices:
            if choice.key and self.sequences.pop(choice.key, None) is not None:
                self.core.cancel(choice.key)
            choice.key = choice.left = 0

    def finish(self, choice: Choice) -> None:
        """A sequence has said all; its place is free."""
        self.sequences.pop(choice.key, None)
        self.core.cancel(choice.key)
        self.changed = True

    def prefilled(self) -> int:
        """Mirror what the engine's scheduler did: a token for each decoding sequence, the rest to prompts in order."""
        budget = self.limits.chunk
        filling = []
        for choice in self.sequences.values():
            if choice.left:
                filling.append(choice)
            else:
                budget -= 1
        computed = 0
        for choice in filling:
            part = min(choice.left, budget)
            if part <= 0:
                break
            budget -= part
            choice.left -= part
            choice.job.row.prefilled += part
            computed += part
        return computed

    def rebuild(self) -> None:
        """Start the engine anew, empty."""
        self.sequences.clear()
        self.core.rebuild()
        self.changed = True
