"""Whatever the engine and the load: every request ends once, no token and no block is lost, and nothing stalls."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.silicon.simulator import Engine, Events, Kind, Load, State, Status, advance, result_of, start
from tests.silicon.simulator.cases import MIXED


@st.composite
def engines(draw: st.DrawFn) -> Engine:
    sequences = draw(st.integers(1, 10))
    return Engine(
        kv_tokens=draw(st.integers(16, 400)),
        max_sequences=sequences,
        max_batched_tokens=sequences + draw(st.integers(0, 60)),
        block_tokens=draw(st.sampled_from([1, 4, 16])),
        max_context_tokens=draw(st.sampled_from([None, 90])),
        front_end_s=draw(st.sampled_from([0.0, 0.01])),
        after_s=draw(st.sampled_from([0.0, 0.003])),
        per_token_s=draw(st.sampled_from([0.0, 0.001])),
    )


@st.composite
def loads(draw: st.DrawFn) -> Load:
    n, rng = draw(st.integers(1, 40)), np.random.default_rng(draw(st.integers(0, 2**32)))
    asked = rng.integers(1, 100, n)
    prefix = rng.integers(-1, 3, n)
    closed = draw(st.booleans())
    waits = np.where(np.arange(n) < draw(st.integers(1, 8)), 0.0, np.inf)
    return Load(
        arrival_s=waits if closed else np.cumsum(rng.exponential(draw(st.sampled_from([1e-3, 0.05, 0.5])), n)),
        input_tokens=asked,
        output_tokens=rng.integers(1, 60, n),
        prefix=prefix,
        prefix_tokens=np.where(prefix >= 0, rng.integers(0, asked + 1), 0),
        priority=rng.choice([0, 3, 9], n),
    )


def tidy(state: State) -> None:
    """Nothing is held when nobody is there."""
    s = state.tables.clock[0]
    assert s["free"] + s["evictable"] == state.limits.blocks
    assert state.tables.prefixes["blocks"].sum() == s["evictable"]
    assert not state.tables.prefixes["users"].any()
    assert not state.tables.crossing.any()
    assert (s["context"], s["decoding"], s["waiting"], s["partial"], s["due"]) == (0, 0, 0, -1, 0)
    assert (state.tables.ranks.view("i4") == -1).all()


@settings(max_examples=300, deadline=None)
@given(engines(), loads())
def test_every_request_ends_exactly_once_with_all_its_tokens(engine: Engine, load: Load) -> None:
    state, events = advance(start(MIXED, engine, load))
    assert state.done
    tidy(state)
    status = state.tables.requests["status"]
    fits = -(-(load.input_tokens + load.output_tokens - 1) // engine.block_tokens) <= state.limits.blocks
    short = load.input_tokens + load.output_tokens <= (engine.max_context_tokens or 10**9)
    assert ((status == Status.COMPLETED) == (fits & short)).all()
    ends = Counter(i for i, k in zip(events.request, events.kind, strict=True) if k in (Kind.COMPLETED, Kind.REFUSED))
    assert ends == dict.fromkeys(range(len(load)), 1)
    served = status == Status.COMPLETED
    assert (state.emitted()[served] == load.output_tokens[served]).all()
    result = result_of(state)
    assert result.completed + sum(result.refused.values()) == len(load)
    assert result.unfinished == 0


@settings(max_examples=200, deadline=None)
@given(engines(), loads())
def test_a_request_is_admitted_once_more_than_it_is_preempted_and_has_one_first_token(
    engine: Engine, load: Load
) -> None:
    state, events = advance(start(MIXED, engine, load))
    seen = Counter(zip(events.request.tolist(), events.kind.tolist(), strict=True))
    for i in np.flatnonzero(state.tables.requests["status"] == Status.COMPLETED).tolist():
        assert seen[i, Kind.ADMITTED] == seen[i, Kind.PREEMPTED] + 1
        assert seen[i, Kind.FIRST_TOKEN] == 1
    assert (np.diff(events.time_s[events.kind != Kind.REFUSED]) >= 0).all()


def same(events: Events, others: Events) -> None:
    """The same things happened to each request, at the same times. A refusal may be told late, with its own time."""
    one, two = (
        np.array([e.request, e.kind, e.time_s])[:, np.lexsort((e.time_s, e.kind, e.request))] for e in (events, others)
    )
    assert (one[:2] == two[:2]).all()
    assert one[2] == pytest.approx(two[2], rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(engines(), loads())
def test_leaping_comes_to_the_same_as_taking_every_step(engine: Engine, load: Load) -> None:
    leapt, events = advance(start(MIXED, engine, load))
    stepped, each = advance(start(MIXED, engine, load, leaps=False))
    assert leapt.steps == stepped.steps
    same(events, each)


@settings(max_examples=100, deadline=None)
@given(engines(), loads(), st.sampled_from([0.02, 0.2, 1.0]), st.booleans())
def test_slices_come_to_the_same_as_one_run(engine: Engine, load: Load, slice_s: float, by_steps: bool) -> None:
    whole, events = advance(start(MIXED, engine, load))
    state, told = start(MIXED, engine, load), []
    while not state.done:
        ahead = state.now_s + slice_s
        state, more = advance(state, steps=7) if by_steps else advance(state, until_s=ahead)
        told.append(more)
    same(Events(*(np.concatenate(parts) for parts in zip(*told, strict=True))), events)
    assert state.tables.requests["ended_s"] == pytest.approx(whole.tables.requests["ended_s"], rel=1e-9)
    tidy(state)
