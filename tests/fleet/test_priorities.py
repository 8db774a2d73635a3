"""The policy in virtual time: a core whose steps cost what OpenVINO's were measured to cost on two cores."""

import asyncio
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest

from baseload.fleet.worker.batcher import Batcher
from baseload.fleet.worker.cores.base import News, Size
from baseload.fleet.worker.job import RANKS, Choice, Finish, Job, Sampling, State
from baseload.fleet.worker.policy import Limits, decide
from baseload.fleet.worker.text import TextStream
from baseload.store.tally import Tally

BASE_S, DECODE_S, PREFILL_S = 0.0122, 0.00079, 0.00072
"""One step: 13.0 ms with one sequence and 24.9 ms with 16, prefill at 1,400 tokens a second (2026-11-24)."""
SLOTS, CHUNK = 16, 256
LIMITS = Limits(slots=SLOTS, chunk=CHUNK, kv_tokens=78_000, flex_when_busy=6)
GREEDY = Sampling(temperature=0.0, ignore_eos=True)


class ModelCore:
    """First come, first served inside; decoding sequences first, the rest of the chunk to prompts."""

    size = Size(context_tokens=8192, kv_tokens=78_000, chunk_tokens=CHUNK)

    def __init__(self) -> None:
        self.now = 0.0
        self.rows: dict[int, list[int]] = {}

    def add(self, key: int, ids: Sequence[int], max_tokens: int, sampling: Sampling) -> None:
        self.rows[key] = [len(ids), max_tokens]

    def cancel(self, key: int) -> None:
        self.rows.pop(key, None)

    @property
    def busy(self) -> bool:
        return bool(self.rows)

    async def step(self) -> list[News]:
        decoding = [k for k, row in self.rows.items() if not row[0]]
        budget = CHUNK - len(decoding)
        self.now += BASE_S + DECODE_S * len(decoding)
        for key, row in self.rows.items():
            part = min(row[0], budget)
            if part > 0:
                row[0] -= part
                budget -= part
                self.now += PREFILL_S * part
                if not row[0]:
                    decoding.append(key)
        return [self._token(key) for key in decoding]

    def _token(self, key: int) -> News:
        self.rows[key][1] -= 1
        if self.rows[key][1]:
            return News(key, [1], None)
        del self.rows[key]
        return News(key, [1], "length")

    def rebuild(self) -> None:
        self.rows.clear()

    def gauges(self) -> dict[str, float]:
        return {}


class Ear:
    """Notes when the first token came."""

    def __init__(self, core: ModelCore) -> None:
        self.core = core
        self.first = 0.0
        self.tokens = 0
        self.parked = 0
        self.reassured = 0

    def news(self, choice: Choice, text: str, finish: Finish | None) -> None:
        self.first = self.first or self.core.now
        self.tokens += 1

    def note(self, comment: bytes) -> None:
        self.parked += comment == b"parked"
        self.reassured += comment == b"waiting"

    def flush(self) -> bool:
        return True


class Scene:
    """Sixteen flex streams that never end, and one protected request a second, or either alone."""

    def __init__(self, folder: Path, *, flex: int, flex_prompt: int = 110) -> None:
        self.core = ModelCore()
        self.tally = Tally(folder / f"{random.random()}.tally", 4096)
        self.batcher = Batcher(self.core, self.tally, limits=LIMITS, busy_window_s=10.0, clock=lambda: self.core.now)
        self.flex, self.flex_prompt = flex, flex_prompt
        self.numbers = 0
        self.waits: list[float] = []
        self.flex_tokens = 0
        self.parked = 0
        self.live: list[tuple[Job, Ear, float]] = []

    def submit(self, tier: str, prompt: int, tokens: int) -> tuple[Job, Ear]:
        self.numbers += 1
        row = self.tally.open_row(self.numbers.to_bytes(16, "big"))
        ear = Ear(self.core)
        job = Job(number=self.numbers, rank=RANKS[tier], prompt=[1] * prompt, max_tokens=tokens, row=row, sink=ear)
        job.choices = [Choice(job, 0, GREEDY, TextStream([b"", b"x"]))]
        self.batcher.submit(job)
        self.live.append((job, ear, self.core.now))
        return job, ear

    async def play(self, seconds: float, *, protected: bool) -> None:
        """Run virtual time; the batcher's own loop does the work, arrivals are let in between its steps."""
        running = asyncio.ensure_future(self.batcher.run())
        rng = random.Random(7)
        due = 3.0
        while self.core.now < seconds:
            self._harvest()
            flexing = sum(not j.protected for j, _, _ in self.live)
            for _ in range(self.flex - flexing):
                self.submit("flex", self.flex_prompt, 128)
            if protected and self.core.now >= due:
                job, ear = self.submit("default", rng.choice([40, 110]), 32)
                self.live[-1] = (job, ear, due)
                due += rng.uniform(0.8, 1.2)
            if not self.live:
                self.core.now = max(self.core.now + 0.001, min(due, seconds))
            await asyncio.sleep(0)
        self._harvest()
        self.flex_tokens += sum(ear.tokens for job, ear, _ in self.live if not job.protected)
        self.batcher.close()
        await running
        self.tally.close()

    def _harvest(self) -> None:
        for job, ear, asked in self.live:
            if job.state is State.ENDED:
                self.parked += ear.parked
                if job.protected:
                    self.waits.append(ear.first - asked)
                else:
                    self.flex_tokens += ear.tokens
        self.live = [row for row in self.live if row[0].state is not State.ENDED]

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.waits, n=20)[-1]


async def play(folder: Path, *, flex: int, protected: bool, flex_prompt: int = 110, seconds: float = 200.0) -> Scene:
    scene = Scene(folder, flex=flex, flex_prompt=flex_prompt)
    await scene.play(seconds, protected=protected)
    return scene


async def test_protected_requests_wait_at_most_twice_as_long_as_on_an_idle_box(tmp_path: Path) -> None:
    idle = await play(tmp_path, flex=0, protected=True)
    solo = await play(tmp_path, flex=16, protected=False)
    both = await play(tmp_path, flex=16, protected=True)
    assert len(both.waits) > 150
    assert both.p95 <= 2 * idle.p95, f"p95 {both.p95:.3f} s against {idle.p95:.3f} s idle"
    share = both.flex_tokens / solo.flex_tokens
    assert share >= 0.4, f"flex keeps {share:.2f} of its solo rate"


async def test_a_long_flex_prompt_neither_blocks_nor_starves(tmp_path: Path) -> None:
    both = await play(tmp_path, flex=16, protected=True, flex_prompt=1500)
    whole_prompt_s = 1500 * PREFILL_S + 6 * BASE_S
    assert both.p95 < 0.7 * whole_prompt_s, f"p95 {both.p95:.3f} s, one such prompt takes {whole_prompt_s:.3f} s"
    assert both.flex_tokens / 200 > 10


async def test_flex_alone_fills_every_slot(tmp_path: Path) -> None:
    scene = Scene(tmp_path, flex=16)
    running = asyncio.ensure_future(scene.batcher.run())
    for _ in range(16):
        scene.submit("flex", 110, 128)
    while scene.core.now < 2.5:
        await asyncio.sleep(0)
    assert scene.batcher.count(State.RUNNING) == 16
    scene.batcher.close()
    await running
    scene.tally.close()


async def test_who_waits_is_told_so_and_who_runs_is_not(tmp_path: Path) -> None:
    scene = Scene(tmp_path, flex=0)
    scene.batcher.order(0)
    _, waiting = scene.submit("flex", 110, 8)
    _, running = scene.submit("default", 110, 8)
    loop = asyncio.ensure_future(scene.batcher.run())
    while not running.tokens:
        await asyncio.sleep(0)
    scene.batcher.reassure()
    assert (waiting.reassured, running.reassured) == (1, 0)
    scene.batcher.close()
    await loop
    scene.tally.close()


def a_job(number: int, tier: str, state: State, *, left: int = 0, waits: bool = False, schema: str = "") -> Job:
    class Row:
        prompt = prefilled = emitted = attempts = cached = 0

    job = Job(number=number, rank=RANKS[tier], prompt=[1] * 100, max_tokens=50, row=Row(), sink=Ear(ModelCore()))  # type: ignore[arg-type]
    job.choices = [Choice(job, 0, Sampling(schema=schema), TextStream([]))]
    job.choices[0].left = left
    job.state, job.waits = state, waits or state is not State.RUNNING
    return job


def names(jobs: list[Job]) -> list[int]:
    return [j.number for j in jobs]


@pytest.fixture
async def loop() -> None:
    """Jobs hold a future, and a future wants a loop."""


@pytest.mark.usefixtures("loop")
class TestDecisions:
    """What is decided between two steps."""

    async def test_orders_park_the_youngest_flex(self) -> None:
        jobs = [a_job(i, "flex", State.RUNNING) for i in range(4)]
        assert names(decide(jobs, flex_slots=2, busy=False, limits=LIMITS).park) == [3, 2]

    async def test_a_job_that_cannot_resume_is_not_parked(self) -> None:
        jobs = [a_job(0, "flex", State.RUNNING), a_job(1, "flex", State.RUNNING, schema="{}")]
        assert names(decide(jobs, flex_slots=0, busy=False, limits=LIMITS).park) == [0]

    async def test_protected_work_takes_the_place_of_the_youngest_flex(self) -> None:
        jobs = [a_job(i, "flex", State.RUNNING) for i in range(16)] + [a_job(16, "default", State.QUEUED)]
        decision = decide(jobs, flex_slots=16, busy=True, limits=LIMITS)
        assert names(decision.park) == [15]
        assert names(decision.start) == [16]

    async def test_internal_work_goes_before_older_paying_work(self) -> None:
        jobs = [
            a_job(0, "default", State.QUEUED),
            a_job(1, "priority", State.QUEUED),
            a_job(2, "internal", State.QUEUED),
        ]
        assert names(decide(jobs, flex_slots=16, busy=True, limits=LIMITS).start) == [2, 1, 0]

    async def test_no_flex_prompt_starts_while_protected_work_waits(self) -> None:
        jobs = [a_job(0, "default", State.RUNNING, left=50, waits=True), a_job(1, "flex", State.QUEUED)]
        assert not decide(jobs, flex_slots=16, busy=True, limits=LIMITS).start

    async def test_one_flex_prompt_at_a_time_while_protected_work_is_about(self) -> None:
        jobs = [a_job(i, "flex", State.QUEUED) for i in range(3)]
        assert names(decide(jobs, flex_slots=16, busy=True, limits=LIMITS).start) == [0]
        assert names(decide(jobs, flex_slots=16, busy=False, limits=LIMITS).start) == [0, 1, 2]

    async def test_a_flex_prompt_in_the_way_steps_aside_but_not_for_ever(self) -> None:
        flex = a_job(0, "flex", State.RUNNING, left=1000, waits=True)
        jobs = [flex, a_job(1, "default", State.QUEUED)]
        assert names(decide(jobs, flex_slots=16, busy=True, limits=LIMITS).park) == [0]
        flex.aborts = 2
        assert not decide(jobs, flex_slots=16, busy=True, limits=LIMITS).park

    async def test_flex_left_out_by_orders_waits(self) -> None:
        assert not decide([a_job(0, "flex", State.QUEUED)], flex_slots=0, busy=False, limits=LIMITS).start
