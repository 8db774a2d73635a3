"""A simulation as a value: begun, asked for more, moved on, each giving a new state and leaving the old as it was."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baseload.errors import SetupError
from baseload.silicon.coefficients import Coefficients
from baseload.silicon.simulator.engine import Engine, Limits
from baseload.silicon.simulator.load import Load
from baseload.silicon.simulator.loop import FULL, proceed
from baseload.silicon.simulator.records import (
    CLOCK,
    EVENT,
    FIRST_SLOT_S,
    HEAP,
    PREFIX,
    RANK,
    REQUEST,
    SLOT,
    SLOTS,
    Records,
    Status,
    Tables,
)

NEVER = 1 << 62
"""A number of steps that is not reached."""


class Events(NamedTuple):
    """What happened, in order; only a refusal may be told late, with its own time.

    Arrays of one length; `kind` is a `Kind`.
    """

    time_s: npt.NDArray[np.float64]
    request: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """One replica at a moment, with all its requests; they are numbered in the order they were offered.

    Its arrays cannot be written to. `engine` says what `limits` were made of.
    """

    coefficients: Coefficients
    prefill: Coefficients
    engine: Engine
    limits: Limits
    priorities: tuple[int, ...]
    tables: Tables

    def __post_init__(self) -> None:
        for array in self.tables:
            array.flags.writeable = False

    @property
    def now_s(self) -> float:
        """Where its time has come to; a step that began before a stop may have carried it beyond."""
        return float(self.tables.clock["now_s"][0])

    @property
    def done(self) -> bool:
        """Whether every request has ended."""
        return bool(self.tables.clock["ended"][0] == self.tables.clock["offered"][0])

    @property
    def steps(self) -> int:
        """Engine steps taken."""
        return int(self.tables.clock["step"][0])

    @property
    def turns(self) -> int:
        """Turns of the loop they took: a leap over many is one."""
        return int(self.tables.clock["turns"][0])

    def emitted(self) -> npt.NDArray[np.int64]:
        """Tokens each request has given out so far."""
        r = self.tables.requests
        decodes = (r["status"] == Status.RUNNING) & (r["done"] == r["tokens"]) & (r["emitted"] > 0)
        return np.where(decodes, r["emitted"] + self.steps - r["joined"], r["emitted"]).astype(np.int64)


def start(
    coefficients: Coefficients,
    engine: Engine,
    load: Load,
    *,
    prefill: Coefficients | None = None,
    priorities: Iterable[int] = (),
    leaps: bool = True,
) -> State:
    """A replica at time 0 with nothing in it, and what will be asked of it.

    `priorities` are classes that may be offered later, besides the load's. `prefill` are the coefficients of steps with
    more prompt tokens than decoding sequences, if they have their own. Without `leaps` it takes every step by itself.
    Raises `SetupError` when coefficients are not single numbers of 0 or more.
    """
    limits = engine.limits(leaps=leaps)
    classes = tuple(sorted({int(p) for p in np.unique(load.priority)} | set(priorities)))
    return State(
        coefficients=_single(coefficients),
        prefill=_single(coefficients if prefill is None else prefill),
        engine=engine,
        limits=limits,
        priorities=classes,
        tables=_tables(limits, _requests(engine, classes, load), load, len(classes)),
    )


def offer(state: State, load: Load) -> State:
    """More requests, none earlier than those before; only for an open loop, and of classes the state began with."""
    t = state.tables
    last_s = t.requests["arrival_s"].max(initial=0.0)
    if not (
        np.isfinite(load.arrival_s).all() and math.isfinite(last_s) and load.arrival_s.min(initial=last_s) >= last_s
    ):
        raise SetupError(f"requests can be added to an open loop only, and none before {last_s:g} s")
    if strange := sorted({int(p) for p in load.priority} - set(state.priorities)):
        raise SetupError(f"the state was begun with priorities {state.priorities}, not {strange}")
    requests = np.concatenate([t.requests, _requests(state.engine, state.priorities, load)])
    more = max(int(load.prefix.max(initial=-1)) + 1 - len(t.prefixes), 0)
    clock = t.clock.copy()
    for name in ("alone", "sent", "offered"):
        clock[name] += len(load)
    tables = t.copy()._replace(clock=clock, requests=requests, prefixes=np.concatenate([t.prefixes, _prefixes(more)]))
    return replace(state, tables=tables)


def advance(state: State, *, until_s: float = math.inf, steps: int | None = None) -> tuple[State, Events]:
    """Move on until a time, a number of steps or the end, whichever is first, and tell what happened.

    A step that has begun is finished, so the last events may lie beyond `until_s` by less than a step. Going on in
    slices comes to the same as going on at once.
    """
    end = NEVER if steps is None else state.steps + steps
    tables = state.tables.copy()
    tables.clock["events"] = 0
    tables = tables._replace(events=np.zeros(8 * state.limits.max_sequences, EVENT))
    while _proceed(state, tables, until_s, end) == FULL:
        tables = tables._replace(events=np.concatenate([tables.events, np.zeros_like(tables.events)]))
    told = tables.events[: int(tables.clock["events"][0])]
    events = Events(told["time_s"], told["request"].astype(np.int64), told["kind"].astype(np.int64))
    return replace(state, tables=tables._replace(events=np.zeros(0, EVENT))), events


def finish(state: State) -> State:
    """Move on to the end of a load, without telling what happens on the way."""
    tables = state.tables.copy()
    _proceed(state, tables, math.inf, NEVER)
    return replace(state, tables=tables)


def _proceed(state: State, tables: Tables, until_s: float, until_step: int) -> int:
    return proceed(state.coefficients, state.prefill, state.limits, tables, float(until_s), until_step)


def _single(coefficients: Coefficients) -> Coefficients:
    """As plain floats, which is what the loop was compiled for."""
    c = Coefficients(*(float(np.asarray(v)) if np.ndim(v) == 0 else math.nan for v in coefficients))
    wrong = [n for n, v in zip(c._fields, c, strict=True) if not 0 <= v < math.inf]
    if wrong:
        raise SetupError(f"a simulation needs coefficients that are single numbers, 0 or more: {', '.join(wrong)}")
    return c


def _requests(engine: Engine, priorities: tuple[int, ...], load: Load) -> Records:
    """Records of a load; those that can never be served are marked so from the beginning."""
    r = np.zeros(len(load), REQUEST)
    r["arrival_s"] = load.arrival_s
    r["input"], r["output"] = load.input_tokens, load.output_tokens
    r["tokens"] = load.input_tokens
    r["prefix"], r["prefix_tokens"] = load.prefix, load.prefix_tokens
    r["rank"] = np.searchsorted(priorities, load.priority)
    for name in ("admitted_s", "first_s", "ended_s"):
        r[name] = math.nan
    for name in ("next", "previous", "at"):
        r[name] = -1
    # The last token of an answer is never read again, so the cache need not hold it.
    blocks = -(-(load.input_tokens + load.output_tokens - 1) // engine.block_tokens)
    r["status"] = np.where(blocks > engine.kv_tokens // engine.block_tokens, Status.OVER_KV, Status.COMING)
    if engine.max_context_tokens is not None:
        r["status"][load.input_tokens + load.output_tokens > engine.max_context_tokens] = Status.OVER_CONTEXT
    return r


def _prefixes(n: int) -> Records:
    found = np.zeros(n, PREFIX)
    found["next"] = found["previous"] = -1
    return found


def _tables(limits: Limits, requests: Records, load: Load, classes: int) -> Tables:
    clock = np.zeros(1, CLOCK)
    alone = int(np.isfinite(load.arrival_s).sum())
    clock["slot_s"], clock["free"] = FIRST_SLOT_S, limits.blocks
    clock["alone"] = clock["sent"] = alone
    clock["offered"] = len(requests)
    for name in ("partial", "oldest", "newest"):
        clock[name] = -1
    ranks = np.zeros(classes, RANK)
    for name in RANK.names or ():
        ranks[name] = -1
    return Tables(
        clock=clock,
        requests=requests,
        ranks=ranks,
        prefixes=_prefixes(int(load.prefix.max(initial=-1)) + 1),
        crossing=np.zeros(limits.block_tokens, np.int64),
        ends=np.zeros(limits.max_sequences, HEAP),
        due=np.zeros(max(load.clients, 1), HEAP),
        fresh=np.zeros(limits.max_sequences, np.int32),
        slots=np.zeros(SLOTS, SLOT),
        events=np.zeros(0, EVENT),
    )
