"""A mixed day in small: every way a request can go, drawn from one seed, and what its client saw."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.wire import Answer, Connection, HangUp, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request, and when its client leaves."""

    body: dict[str, Any]
    route: str
    hang_up: HangUp | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """How often what happens."""

    stream: float = 0.6
    hang_up: float = 0.25
    death: float = 0.08
    error: float = 0.05
    several: float = 0.15
    limit: float = 0.3
    slow: float = 0.5
    thick: float = 0.15
    completion: float = 0.1
    refused: float = 0.04


def draw(rng: random.Random, odds: Odds, model: str) -> Case:
    """One request. What the upstream is to do travels in the prompt (see `fake_answers`)."""
    stream = rng.random() < odds.stream
    words = {"chunks": rng.randint(1, 48)}
    if rng.random() < odds.slow:
        words["itl_ms"] = rng.randint(1, 5)
        words["ttft_ms"] = rng.randint(0, 30)
    if rng.random() < odds.death:
        words |= {"die_after": rng.randint(1, 24), "die_attempts": rng.choice((1, 1, 9))}
    elif rng.random() < odds.error:
        words |= {"status": rng.choice((500, 503, 429)), "die_attempts": rng.choice((1, 9))}
    thick = rng.randint(2, 4) if rng.random() < odds.thick else 1
    if thick > 1:
        words["tokens_per_chunk"] = thick
    text = "@fake " + " ".join(f"{name}={value}" for name, value in words.items()) + " " + "x" * rng.randint(0, 400)
    body: dict[str, Any] = {"model": model, "stream": stream, "max_tokens": 256}
    if rng.random() < odds.limit:
        body["max_tokens"] = rng.randint(1, 40)
    if rng.random() < odds.several:
        body["n"] = rng.randint(2, 3)
    if stream and rng.random() < 0.5:
        body["stream_options"] = {"include_usage": True}
    if rng.random() < odds.refused:
        body |= rng.choice(({"model": "no-such-model"}, {"max_tokens": 0}, {"n": 99}, {"stop": 7}))
    completion = rng.random() < odds.completion
    body |= {"prompt": text} if completion else {"messages": [{"role": "user", "content": text}]}
    leaves = leaving(rng, stream=stream) if rng.random() < odds.hang_up else None
    route = "/v1/completions" if completion else "/v1/chat/completions"
    return Case(body=body, route=route, hang_up=leaves)


def leaving(rng: random.Random, *, stream: bool) -> HangUp:
    reset = rng.random() < 0.5
    if stream and rng.random() < 0.7:
        return HangUp(after_events=rng.randint(1, 30), reset=reset)
    return HangUp(after_s=rng.uniform(0.0005, 0.15), reset=reset)


@dataclass(slots=True)
class Seen:
    """What the clients saw, by request id: usage they were told, and tokens they read at least."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)

    def note(self, case: Case, answer: Answer) -> None:
        request_id = answer.header("x-request-id")
        if request_id and answer.usage is not None:
            self.told[request_id] = answer.usage
        if request_id and answer.status == 200 and case.body["stream"]:
            self.read[request_id] = answer.events  # a chunk holds at least one token
        self.outcomes[_outcome(answer)] += 1


def _outcome(answer: Answer) -> str:
    if answer.hung_up:
        return "hung_up"
    if answer.status == 0:
        return "no_answer"
    if answer.status != 200:
        return f"status_{answer.status}"
    return "completed" if answer.ok else "broken_stream"


async def drive(target: Target, cases: Iterator[Case], connections: int, seen: Seen) -> None:
    """Every case once over so many connections. A client that got no answer waits a moment and goes on."""

    async def client() -> None:
        line = Connection(target)
        for case in cases:
            answer = await asyncio.wait_for(line.ask(target.request("POST", case.route, case.body), case.hang_up), 120)
            seen.note(case, answer)
            if answer.status == 0 and not answer.hung_up:
                await asyncio.sleep(0.1)
        line.close()

    await asyncio.gather(*(client() for _ in range(connections)))
