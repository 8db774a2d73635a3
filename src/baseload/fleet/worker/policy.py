"""Who starts, who is parked: the worker's own rules, applied between two steps.

Protected work starts at once, a higher class first, and takes the place of the youngest flex work when all slots
are taken. Flex work starts only when no protected request waits for its first token, and while protected requests
are about only one flex prompt is computed at a time, on part of the slots: a newcomer then never finds more than
one short prefill in its way, which is what its time to first token depends on.

Prompts are handed to the engine no faster than it computes them (`chunk` tokens ahead), because what lies in the
engine's own queue cannot be overtaken.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from baseload.fleet.worker.job import Job, State

PATIENCE, CACHED_PATIENCE = 2, 16
"""How often a flex prompt is given up half-computed; after that it is let through, or it would never end. With a
prefix cache what was computed is found again, so that giving it up costs little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of the engine: sequences at once, tokens a step, tokens of KV cache; `flex_when_busy` as in the spec."""

    slots: int
    chunk: int
    kv_tokens: int
    flex_when_busy: int
    patience: int = PATIENCE


@dataclass(slots=True)
class Decision:
    """What to do before the next step: park first, then start, in order."""

    park: list[Job] = field(default_factory=list)
    start: list[Job] = field(default_factory=list)


class _Room:
    """What is left while a decision is being made."""

    __slots__ = ("flex", "kv", "left", "width")

    def __init__(self, running: list[Job]) -> None:
        self.width = sum(j.width for j in running)
        self.flex = sum(j.width for j in running if not j.protected)
        self.left = sum(j.left for j in running)
        self.kv = sum(j.need for j in running)

    def take(self, job: Job, sign: int = 1) -> None:
        """Count a job in, or out."""
        width = job.width
        self.width += sign * width
        self.kv += sign * job.need
        self.left += width * (len(job.prompt) + len(job.choices[0].ids)) if sign > 0 else -job.left
        if not job.protected:
            self.flex += sign * width

    def fits(self, job: Job, limits: Limits) -> bool:
        """Whether slots and cache hold it. A job alone always fits: what cannot was refused at the door."""
        if self.width == 0:
            return True
        return self.width + job.width <= limits.slots and self.kv + job.need <= limits.kv_tokens


def decide(jobs: Iterable[Job], *, flex_slots: int, busy: bool, limits: Limits) -> Decision:
    """Jobs in order of arrival; `busy` when protected work is about or was a moment ago."""
    waiting: list[Job] = []
    running: list[Job] = []
    for job in jobs:
        (running if job.state is State.RUNNING else waiting).append(job)
    decision = Decision()
    room = _Room(running)
    flex = [j for j in running if not j.protected and j.resumable]
    protected = sorted((j for j in waiting if j.protected), key=lambda j: (j.rank, j.number))
    waits = bool(protected) or any(j.waits for j in running if j.protected)

    def park(job: Job) -> None:
        flex.remove(job)
        room.take(job, -1)
        decision.park.append(job)

    while room.flex > flex_slots and flex:
        park(flex[-1])
    if waits:
        for job in [j for j in flex if _in_the_way(j, limits)]:
            park(job)
    for job in protected:
        while not room.fits(job, limits) and flex:
            park(flex[-1])
        if not room.fits(job, limits) or room.left >= limits.chunk:
            break
        room.take(job)
        decision.start.append(job)
    if not waits:
        most = min(flex_slots, limits.flex_when_busy) if busy else flex_slots
        window = 1 if busy else limits.chunk
        _start_flex([j for j in waiting if not j.protected], decision, room, most, window, limits)
    return decision


def _in_the_way(job: Job, limits: Limits) -> bool:
    """A flex prompt not begun, or so long that the rest of it would delay the protected one by more than a step."""
    return job.waits and job.left > 0 and job.aborts < limits.patience and job.left > limits.chunk // 4


def _start_flex(waiting: list[Job], decision: Decision, room: _Room, most: int, window: int, limits: Limits) -> None:
    for job in waiting:
        fits_share = room.flex + job.width <= most or (room.flex == 0 and most > 0)
        if not fits_share or room.left >= window or not room.fits(job, limits):
            return
        room.take(job)
        decision.start.append(job)
