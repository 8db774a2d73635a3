"""What one request breaks, it breaks for itself alone."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from baseload.fleet.worker.batcher import Batcher
from baseload.fleet.worker.cores.base import CoreError, News, Size
from baseload.fleet.worker.job import RANKS, Choice, Finish, Job, Sampling
from baseload.fleet.worker.policy import Limits
from baseload.fleet.worker.schema import Proven
from baseload.fleet.worker.text import TextStream
from baseload.store.tally import RowState, Tally

LIMITS = Limits(slots=8, chunk=256, kv_tokens=10_000, flex_when_busy=3)
REFUSED = Sampling(temperature=0.5)


class FussyCore:
    """One token a sequence and step; it does not take what is drawn at temperature 0.5."""

    size = Size(context_tokens=100, kv_tokens=10_000, chunk_tokens=256)

    def __init__(self) -> None:
        self.rows: dict[int, int] = {}

    def add(self, key: int, ids: Sequence[int], max_tokens: int, sampling: Sampling) -> None:
        if sampling is REFUSED:
            raise CoreError("temperature must be positive")
        self.rows[key] = max_tokens

    def cancel(self, key: int) -> None:
        self.rows.pop(key, None)

    @property
    def busy(self) -> bool:
        return bool(self.rows)

    async def step(self) -> list[News]:
        news = []
        for key in list(self.rows):
            self.rows[key] -= 1
            news.append(News(key, [1], None if self.rows[key] else "length"))
        return news

    def rebuild(self) -> None:
        self.rows.clear()

    def gauges(self) -> dict[str, float]:
        return {}


class Deaf:
    """Takes everything and keeps nothing."""

    def news(self, choice: Choice, text: str, finish: Finish | None) -> None:
        pass

    def note(self, comment: bytes) -> None:
        pass

    def flush(self) -> bool:
        return True


def job(tally: Tally, number: int, *samplings: Sampling) -> Job:
    row = tally.open_row(number.to_bytes(16, "big"))
    made = Job(number=number, rank=RANKS["default"], prompt=[1] * 5, max_tokens=3, row=row, sink=Deaf())
    made.choices = [Choice(made, i, s, TextStream([b"", b"x"])) for i, s in enumerate(samplings)]
    return made


async def test_a_request_the_engine_does_not_take_ends_alone(tmp_path: Path) -> None:
    tally = Tally(tmp_path / "t", 16)
    core = FussyCore()
    batcher = Batcher(core, tally, limits=LIMITS, busy_window_s=1.0)
    running = asyncio.ensure_future(batcher.run())
    good, bad = Sampling(temperature=0.0), REFUSED
    jobs = [job(tally, 1, good), job(tally, 2, good, bad), job(tally, 3, good)]
    for one in jobs:
        batcher.submit(one)
    async with asyncio.timeout(5):
        await asyncio.gather(*(one.done for one in jobs))
    states = [one.row.state for one in jobs]
    assert states == [RowState.COMPLETED, RowState.FAILED, RowState.COMPLETED]
    assert jobs[1].error == "the engine does not take this request as it is; change its parameters"
    assert core.rows == {}
    batcher.close()
    await running


def test_only_so_many_schemas_are_remembered() -> None:
    proven = Proven(2)
    for schema in ("a", "b", "a", "c"):
        proven.add(schema)
    assert [s in proven for s in "abc"] == [True, False, True]
