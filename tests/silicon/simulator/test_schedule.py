"""Classes, preemption and the prefix cache, in cases small enough to follow by hand. Every step takes 10 ms."""

import numpy as np
import pytest

from baseload.silicon.simulator import (
    Engine,
    Fixed,
    Kind,
    Mix,
    Prefixes,
    advance,
    closed_loop,
    poisson,
    simulate,
    start,
)
from tests.silicon.simulator.cases import BUSY, CLOCKWORK, DENSE, TIGHT, asked, busy


def test_the_lower_number_goes_first_and_within_a_class_who_came_first() -> None:
    load = asked((0.0, 10, 9), (0.001, 10, 2), (0.002, 10, 2), (0.003, 10, 2), priority=[1, 2, 1, 1])
    each = simulate(CLOCKWORK, Engine(max_sequences=1), load).each
    assert np.argsort(each.admitted_s).tolist() == [0, 2, 3, 1]


def test_under_load_each_class_waits_less_than_the_next() -> None:
    seen = simulate(DENSE, TIGHT, busy()).by_priority
    means = [seen[p].ttft.mean_ms or 0.0 for p in (0, 1, 5)]
    assert means == sorted(means)
    assert means[0] < means[2] / 10


def test_when_the_cache_is_full_the_latest_admitted_of_the_lowest_class_goes() -> None:
    """Three of 4 blocks in 10; the block that each wants at its 17th token is not there for all."""
    engine = Engine(kv_tokens=160, max_sequences=4, max_batched_tokens=200)
    load = asked((0.0, 48, 16), (0.0, 48, 16), (0.0, 48, 16), priority=[1, 0, 1])
    state, events = advance(start(CLOCKWORK, engine, load))
    gone = events.request[events.kind == Kind.PREEMPTED]
    assert gone.tolist() == [2]
    assert state.tables.requests["preempted"].tolist() == [0, 0, 1]
    assert state.emitted().tolist() == [16, 16, 16]


def test_a_preempted_request_reads_its_prompt_and_its_answer_again_and_loses_no_token() -> None:
    engine = Engine(kv_tokens=128, max_sequences=2, max_batched_tokens=200, block_tokens=16)
    load = asked((0.0, 48, 40), (0.0, 48, 40))
    result = simulate(CLOCKWORK, engine, load)
    assert result.completed == 2
    assert result.preemptions == 1
    # It goes at the step that would write token 65 of each: 48 of the prompt, 17 of its 40 given out.
    assert result.recomputed_tokens == 48 + 17
    # The other one ends at step 40; then it reads again and gives the 23 that are left, one of them at that step.
    assert result.each.e2e_s.tolist() == pytest.approx([0.40, 0.63])
    assert result.each.ttft_s.tolist() == pytest.approx([0.01, 0.01])


def test_a_higher_class_takes_the_cache_of_a_lower_one_and_of_no_equal() -> None:
    engine = Engine(kv_tokens=160, max_sequences=4, max_batched_tokens=200)
    running = ((0.0, 60, 20), (0.0, 60, 20), (0.055, 60, 20))
    higher, events = advance(start(CLOCKWORK, engine, asked(*running, priority=[1, 1, 0])))
    assert higher.tables.requests["preempted"].tolist() == [0, 1, 0]
    assert higher.tables.requests["admitted_s"][2] == pytest.approx(0.06)
    assert events.request[events.kind == Kind.COMPLETED].tolist() == [0, 2, 1]
    equal, _ = advance(start(CLOCKWORK, engine, asked(*running, priority=[1, 1, 1])))
    assert not equal.tables.requests["preempted"].any()
    assert equal.tables.requests["admitted_s"][2] == pytest.approx(0.20)


def test_nobody_is_preempted_for_a_request_that_would_not_fit_all_the_same() -> None:
    engine = Engine(kv_tokens=160, max_sequences=4, max_batched_tokens=400)
    load = asked((0.0, 100, 4), (0.0, 20, 8), (0.02, 120, 2), priority=[0, 1, 0])
    state, _ = advance(start(CLOCKWORK, engine, load))
    assert not state.tables.requests["preempted"].any()


def test_a_common_prefix_is_read_once_and_shortens_every_later_prefill() -> None:
    mix = Mix(input=Fixed(80), output=Fixed(4), prefixes=Prefixes(count=1, tokens=70))
    result = simulate(DENSE, Engine(), closed_loop(mix, requests=10, clients=1, seed=1))
    assert result.each.hit_tokens.tolist() == [0] + [64] * 9  # whole blocks
    assert result.prefix_hit_fraction == pytest.approx(9 * 64 / (10 * 80))
    alone = simulate(
        DENSE, Engine(), closed_loop(Mix(input=Fixed(80), output=Fixed(4)), requests=10, clients=1, seed=1)
    )
    assert (result.each.ttft_s[1:] < alone.each.ttft_s[1:]).all()
    assert result.each.ttft_s[0] == pytest.approx(alone.each.ttft_s[0])


def test_the_last_token_of_a_prompt_is_computed_even_when_all_of_it_is_cached() -> None:
    load = asked((0.0, 64, 2), (1.0, 64, 2), prefix=[0, 0], common=64)
    assert simulate(CLOCKWORK, Engine(), load).each.hit_tokens.tolist() == [0, 48]


@pytest.mark.parametrize(
    ("order", "hits"), [([0, 1, 0], [0, 0, 64]), ([0, 1, 2, 1], [0, 0, 0, 64]), ([0, 1, 2, 0], [0, 0, 0, 0])]
)
def test_the_prefix_used_longest_ago_makes_room(order: list[int], hits: list[int]) -> None:
    """Ten blocks hold two prefixes of four and the two more that a request has of its own."""
    load = asked(*((float(k), 80, 10) for k in range(len(order))), prefix=order, common=64)
    assert simulate(CLOCKWORK, Engine(kv_tokens=160), load).each.hit_tokens.tolist() == hits


def test_a_longer_prefix_of_the_same_text_lengthens_what_is_cached() -> None:
    load = asked((0.0, 40, 2), (1.0, 80, 2), (2.0, 120, 2), prefix=[0, 0, 0])
    load.prefix_tokens[:] = (32, 64, 96)
    assert simulate(CLOCKWORK, Engine(), load).each.hit_tokens.tolist() == [0, 32, 64]


def test_requests_that_can_never_fit_are_refused_by_reason_and_hold_nobody_up() -> None:
    engine = Engine(kv_tokens=160, max_context_tokens=400)
    load = asked((0.0, 100, 61), (0.0, 100, 62), (0.0, 380, 21), (0.0, 10, 5))
    result = simulate(CLOCKWORK, engine, load)
    assert result.completed == 2
    assert result.refused == {"longer_than_context": 1, "larger_than_kv_cache": 1}
    closed = asked((0.0, 500, 2), (np.inf, 500, 2), (np.inf, 10, 3))
    assert simulate(CLOCKWORK, engine, closed).completed == 1


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    one, two, other = (
        simulate(DENSE, TIGHT, poisson(BUSY, requests=400, rate_per_s=60, seed=seed)).describe() for seed in (1, 1, 2)
    )
    assert one == two
    assert one["latency"] != other["latency"]
