"""One request inside a worker: its choices, its counts, and where they stand."""

import asyncio
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, Protocol

from baseload.fleet.worker.text import TextStream
from baseload.store.tally import Row

Finish = Literal["stop", "length"]

PROTECTED = 3
"""Ranks below this one are protected: internal, priority, default."""
AHEAD = 512
"""Tokens of a running answer that cache is kept for."""
RANKS = {"internal": 0, "priority": 1, "default": 2, "flex": 3}


class State(IntEnum):
    """Where a job stands. PARKED has run before and waits to go on."""

    QUEUED = 0
    RUNNING = 1
    PARKED = 2
    ENDED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are drawn. `temperature` 0 is greedy; `schema` is JSON text that the answer must follow."""

    temperature: float = 1.0
    top_p: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int = 0
    ignore_eos: bool = False
    schema: str = ""

    @property
    def resumable(self) -> bool:
        """Whether it can go on from its text alone: a grammar's and a penalty's memory would be lost."""
        return not self.schema and not self.presence_penalty and not self.frequency_penalty


class Sink(Protocol):
    """Who takes what a job brings forth. Nothing may block."""

    def news(self, choice: "Choice", text: str, finish: Finish | None) -> None:
        """Text of one step for one choice."""

    def note(self, comment: bytes) -> None:
        """A comment line for whoever reads the stream."""

    def flush(self) -> bool:
        """Hand everything of this step over. False when nobody is there any more."""


class Choice:
    """One sequence: `left` prompt tokens still to be computed, then `ids` one by one."""

    __slots__ = ("finish", "ids", "index", "job", "key", "left", "sampling", "text")

    def __init__(self, job: "Job", index: int, sampling: Sampling, text: TextStream) -> None:
        self.job = job
        self.index = index
        self.sampling = sampling
        self.text = text
        self.ids: list[int] = []
        self.key = 0
        self.left = 0
        self.finish: Finish | None = None

    def take(self, ids: list[int], ended: str | None) -> str:
        """Tokens of one step; the text that can be shown because of them. The last ones set `finish`."""
        self.ids += ids
        text, stopped = self.text.feed(ids) if ids else ("", False)
        if stopped or ended is not None:
            self.finish = "stop" if stopped or ended == "stop" else "length"
            text += "" if stopped else self.text.finish()
        return text


class Job:
    """A request: n choices that start, park and resume together."""

    __slots__ = (
        "aborts",
        "choices",
        "done",
        "emitted",
        "error",
        "max_tokens",
        "number",
        "prompt",
        "rank",
        "row",
        "sink",
        "state",
        "waits",
    )

    def __init__(self, *, number: int, rank: int, prompt: list[int], max_tokens: int, row: Row, sink: Sink) -> None:
        self.number = number
        self.rank = rank
        self.prompt = prompt
        self.max_tokens = max_tokens
        self.row = row
        self.sink = sink
        self.choices: list[Choice] = []
        self.state = State.QUEUED
        self.waits = True
        self.aborts = 0
        self.emitted = 0
        self.error = ""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def protected(self) -> bool:
        """Whether flex work makes room for it."""
        return self.rank < PROTECTED

    @property
    def alive(self) -> list[Choice]:
        """Choices that are not finished."""
        return [c for c in self.choices if c.finish is None]

    @property
    def width(self) -> int:
        """Sequences it needs to run."""
        return sum(c.finish is None for c in self.choices)

    @property
    def left(self) -> int:
        """Prompt tokens the engine has still to compute for it, while it runs."""
        return sum(c.left for c in self.choices)

    @property
    def resumable(self) -> bool:
        """Whether it may be parked."""
        return all(c.sampling.resumable for c in self.choices)

    @property
    def need(self) -> int:
        """Tokens of KV cache it holds and will soon. Most answers end long before `max_tokens`; the engine itself
        makes room (by computing again) when they do not.
        """
        return sum(len(self.prompt) + len(c.ids) + min(AHEAD, self.max_tokens - len(c.ids)) for c in self.alive)
