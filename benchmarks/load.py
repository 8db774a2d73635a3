"""Load: closed loops and open loops over `wire`, with every failure counted and none retried.

Closed: C connections, each sends its next request when the last is answered. Open: requests are due at fixed
instants and latency counts from the due instant, so that a stalled server cannot hide its queue behind a polite
client (no coordinated omission).
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

from benchmarks.processes import uncollected
from benchmarks.stats import summary_ms
from benchmarks.wire import Answer, Connection, Target


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one loop saw. Seconds throughout."""

    wall_s: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    latency_s: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, answer: Answer, due_at: float) -> None:
        answer.body.clear()
        if answer.ok:
            self.answers.append(answer)
            self.latency_s.append(answer.done_at - due_at)
        else:
            self.faults[f"{answer.status} {answer.error[:120].decode(errors='replace')}"] += 1

    @property
    def requests_per_s(self) -> float:
        return len(self.answers) / self.wall_s if self.wall_s else 0.0

    @property
    def tokens_per_s(self) -> float:
        return sum(a.tokens for a in self.answers) / self.wall_s if self.wall_s else 0.0

    @property
    def events_per_s(self) -> float:
        return sum(a.events for a in self.answers) / self.wall_s if self.wall_s else 0.0

    def ttft_s(self) -> list[float]:
        """Time from sending to the first content event."""
        return [a.first_at - a.sent_at for a in self.answers if a.first_at]

    def tpot_s(self) -> list[float]:
        """Time per output token after the first, counted in tokens and not in events."""
        return [(a.last_at - a.first_at) / (a.tokens - 1) for a in self.answers if a.first_at and a.tokens > 1]

    def timings(self) -> dict[str, dict[str, float]]:
        return {"ttft_ms": summary_ms(self.ttft_s()), "tpot_ms": summary_ms(self.tpot_s())}


def failures(loops: Iterable[Tally]) -> dict[str, int]:
    """How often what went wrong, added up over loops."""
    total: Counter[str] = Counter()
    for loop in loops:
        total += loop.faults
    return dict(total)


Make = Callable[[int], bytes]
"""The bytes of the i-th request: fresh prompts keep an engine's prefix cache from answering."""


async def closed(
    target: Target, make: Make, *, connections: int, requests: int = 0, seconds: float = 0.0, first: int = 0
) -> Tally:
    """Until `requests` were sent or `seconds` are over, whichever is given."""
    tally = Tally()
    numbers = iter(range(first, first + requests)) if requests else count(first)
    with uncollected():
        began = time.perf_counter()
        ends = began + seconds if seconds else float("inf")
        await asyncio.gather(*(_one_after_another(target, make, numbers, ends, tally) for _ in range(connections)))
        tally.wall_s = time.perf_counter() - began
    return tally


async def _one_after_another(target: Target, make: Make, numbers: Iterator[int], ends: float, tally: Tally) -> None:
    line = Connection(target)
    for i in numbers:
        if time.perf_counter() >= ends:
            break
        answer = await line.ask(make(i))
        tally.add(answer, answer.sent_at)
        if not answer.ok:
            await asyncio.sleep(0.01)
    line.close()


async def opened(
    target: Target, make: Make, *, rate_per_s: float, seconds: float, connections: int, first: int = 0
) -> Tally:
    """Requests due every 1/rate seconds over a pool of warm connections; more are opened when all are busy."""
    tally = Tally()
    idle = [Connection(target) for _ in range(connections)]
    with uncollected():
        began = time.perf_counter() + 0.02
        tasks: set[asyncio.Task[None]] = set()
        for i in range(int(rate_per_s * seconds)):
            due = began + i / rate_per_s
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(_due(idle, target, make(first + i), due, tally))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        tally.wall_s = time.perf_counter() - began
    for line in idle:
        line.close()
    return tally


async def _due(idle: list[Connection], target: Target, raw: bytes, due: float, tally: Tally) -> None:
    line = idle.pop() if idle else Connection(target)
    tally.add(await line.ask(raw), due)
    idle.append(line)
