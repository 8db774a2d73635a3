"""A simulation is a value: moving on leaves the old one as it was, and more can be asked of it on the way."""

import numpy as np
import pytest

from baseload.errors import SetupError
from baseload.silicon.simulator import (
    Engine,
    Kind,
    Load,
    advance,
    closed_loop,
    nothing,
    offer,
    poisson,
    result_of,
    simulate,
    start,
)
from tests.silicon.simulator.cases import CHAT, CLOCKWORK, DENSE, TIGHT, asked, busy


def part(load: Load, which: slice) -> Load:
    return Load(**{name: getattr(load, name)[which] for name in Load.__dataclass_fields__})


def test_moving_on_leaves_the_old_state_as_it_was_and_can_be_done_again() -> None:
    state = start(DENSE, TIGHT, busy(200))
    before = [a.copy() for a in state.tables]
    once, events = advance(state, until_s=2.0)
    again, others = advance(state, until_s=2.0)
    assert all((a == b).all() for a, b in zip(before, state.tables, strict=True) if a.dtype.names is None)
    assert (state.now_s, state.steps) == (0.0, 0)
    assert once.now_s == again.now_s >= 2.0
    assert (events.time_s == others.time_s).all()
    with pytest.raises(ValueError, match="read-only"):
        once.tables.clock["now_s"] = 0.0


def test_requests_offered_on_the_way_are_served_as_if_they_had_been_known() -> None:
    load = busy(300)
    known = simulate(DENSE, TIGHT, load)
    state = start(DENSE, TIGHT, part(load, slice(0, 100)))
    state, _ = advance(state, until_s=float(load.arrival_s[99]) / 2)
    state = offer(state, part(load, slice(100, 300)))
    state, _ = advance(state)
    assert state.done
    assert result_of(state).each.e2e_s == pytest.approx(known.each.e2e_s, rel=1e-9)


def test_time_passes_when_there_is_nothing_to_do() -> None:
    state, events = advance(start(CLOCKWORK, Engine(), asked((0.0, 5, 2))), until_s=9.0)
    assert (state.now_s, state.done) == (9.0, True)
    assert events.kind.tolist() == [Kind.ADMITTED, Kind.FIRST_TOKEN, Kind.COMPLETED]
    assert events.time_s.tolist() == pytest.approx([0.0, 0.01, 0.02])
    state, events = advance(offer(state, asked((9.5, 5, 1))), until_s=20.0)
    assert events.time_s.tolist() == pytest.approx([9.5, 9.51, 9.51])


def test_a_replica_may_begin_with_nothing_and_be_asked_as_it_goes() -> None:
    state, events = advance(start(CLOCKWORK, Engine(), nothing(), priorities=(0, 2)), until_s=1.0)
    assert (state.now_s, state.done, len(events.kind)) == (1.0, True, 0)
    state, _ = advance(offer(state, asked((1.5, 5, 3), priority=[2])), until_s=1.515)
    assert state.emitted().tolist() == [2]
    state, _ = advance(offer(state, asked((1.52, 5, 1), priority=[0])))
    assert state.done
    assert result_of(state).each.e2e_s.tolist() == pytest.approx([0.03, 0.01])


def test_tokens_are_told_as_they_come() -> None:
    state, seen = start(CLOCKWORK, Engine(), asked((0.0, 5, 4), (0.015, 5, 2))), []
    while not state.done:
        state, _ = advance(state, steps=1)
        seen.append(state.emitted().tolist())
    assert seen == [[1, 0], [2, 0], [3, 1], [4, 2]]


def test_a_lone_answer_is_one_leap_and_one_prompt() -> None:
    load = asked((0.0, 50, 5000))
    leapt, _ = advance(start(DENSE, Engine(), load))
    stepped, _ = advance(start(DENSE, Engine(), load, leaps=False))
    assert (leapt.turns, leapt.steps) == (2, 5000)
    assert (stepped.turns, stepped.steps) == (5000, 5000)
    assert leapt.now_s == pytest.approx(stepped.now_s, rel=1e-12)


def test_what_cannot_be_added_is_refused() -> None:
    state, _ = advance(start(DENSE, Engine(), asked((5.0, 5, 5))), until_s=1.0)
    for load in (asked((4.0, 5, 5)), asked((6.0, 5, 5), priority=[3]), asked((np.inf, 5, 5))):
        with pytest.raises(SetupError):
            offer(state, load)
    closed = start(DENSE, Engine(), closed_loop(CHAT, requests=9, clients=2, seed=1))
    with pytest.raises(SetupError, match="open loop only"):
        offer(closed, asked((6.0, 5, 5)))


def test_coefficients_of_a_whole_grid_are_refused_by_name() -> None:
    grid = DENSE._replace(kv_s=np.ones(3), fixed_s=-1.0)
    with pytest.raises(SetupError, match="kv_s, fixed_s"):
        simulate(grid, Engine(), poisson(CHAT, requests=2, rate_per_s=1, seed=1))


def test_an_engine_that_cannot_be_says_all_that_is_wrong_with_it() -> None:
    with pytest.raises(SetupError, match=r"kv_tokens must hold a block \(16\) or more, is 3; .* after_s"):
        Engine(kv_tokens=3, max_context_tokens=0, after_s=-1.0)
    with pytest.raises(SetupError, match="max_batched_tokens"):
        Engine(max_batched_tokens=8, max_sequences=9)
