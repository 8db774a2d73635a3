"""Percentiles, use of the cache, watts: the figures of a run agree with each other."""

import json
from dataclasses import replace

import numpy as np
import pytest

from baseload.errors import SetupError
from baseload.silicon.simulator import Engine, Watts, advance, poisson, result_of, simulate, start
from tests.silicon.simulator.cases import BUSY, CHAT, CLOCKWORK, DENSE, MIXED, TIGHT, asked, busy

WATTS = Watts(idle_w=90, compute_w=300, memory_w=200)


def test_percentiles_are_those_of_the_requests_and_classes_add_up() -> None:
    result = simulate(MIXED, TIGHT, busy())
    assert result.latency.e2e.p99_ms == pytest.approx(np.percentile(result.each.e2e_s, 99) * 1e3)
    assert result.latency.ttft.mean_ms == pytest.approx(result.each.ttft_s.mean() * 1e3)
    assert sum(seen.requests for seen in result.by_priority.values()) == result.completed == 1500
    for spread in (result.latency.ttft, result.latency.tpot, result.latency.e2e):
        assert spread.p50_ms is not None
        assert spread.p90_ms is not None
        assert spread.p99_ms is not None
        assert spread.p50_ms <= spread.p90_ms <= spread.p99_ms


def test_a_leaping_run_has_the_figures_of_one_that_takes_every_step() -> None:
    load = busy(400)
    leapt, stepped = (
        result_of(advance(start(MIXED, TIGHT, load, leaps=leaps))[0], WATTS).describe() for leaps in (True, False)
    )
    for name in ("output_tokens_per_s", "kv_used_peak", "sequences_mean", "prefix_hit_fraction"):
        assert leapt[name] == pytest.approx(stepped[name], rel=1e-9), name
    assert leapt["energy_j"] == pytest.approx(stepped["energy_j"], rel=1e-4)  # the root of a leap's mean shares
    assert leapt["kv_used_mean"] == pytest.approx(stepped["kv_used_mean"], rel=5e-3)
    for name in ("preemptions", "recomputed_tokens", "engine_steps", "completed"):
        assert leapt[name] == stepped[name], name
    assert leapt["timeline"]["watts"] == pytest.approx(stepped["timeline"]["watts"], rel=0.02)


def test_cache_use_is_what_requests_hold() -> None:
    """Ten blocks; one request holds three of them for four steps, from its 33rd token on."""
    result = simulate(CLOCKWORK, Engine(kv_tokens=160), asked((0.0, 40, 4)))
    assert result.kv_used_peak == pytest.approx(0.3)
    assert result.kv_used_mean == pytest.approx(0.3)
    assert result.timeline.kv_used == pytest.approx(np.full(len(result.timeline.kv_used), 0.3))


def test_an_idle_replica_draws_its_idle_watts_and_a_busy_one_what_its_shares_say() -> None:
    load = poisson(CHAT, requests=400, rate_per_s=5, seed=1)
    idle = simulate(CLOCKWORK, Engine(), load, WATTS)
    assert idle.watts_mean == pytest.approx(90)
    result = simulate(DENSE, Engine(), load, WATTS)
    assert result.energy_j is not None
    assert result.timeline.watts is not None
    assert 90 < (result.watts_mean or 0) < 590
    assert (result.timeline.watts >= 90 - 1e-9).all()
    assert (result.timeline.watts <= 590 + 1e-9).all()
    assert result.energy_j_per_output_token == pytest.approx(result.energy_j / load.output_tokens.sum())
    assert simulate(DENSE, Engine(), load).energy_j is None


def test_a_batch_of_prompts_draws_more_for_arithmetic_and_decoding_more_for_memory() -> None:
    compute, memory = Watts(idle_w=0, compute_w=1, memory_w=0), Watts(idle_w=0, compute_w=0, memory_w=1)
    reads, writes = asked((0.0, 8000, 1)), asked((0.0, 1, 200))
    shares = {
        w: [simulate(DENSE, Engine(), load, w).watts_mean or 0.0 for load in (reads, writes)] for w in (compute, memory)
    }
    assert shares[compute][0] > 0.95 > shares[memory][1] > 0.9
    assert shares[compute][1] < 0.1
    assert shares[memory][0] < 0.2


def test_watts_bend_with_the_root_of_a_step_s_share_and_idle_time_stays_idle() -> None:
    """A quarter of each step is reading: half of full memory watts while it works, idle watts while nobody asks."""
    quarter = CLOCKWORK._replace(fixed_s=7.5e-3, weights_s=2.5e-3)
    watts = Watts(idle_w=100, compute_w=0, memory_w=200)
    busy_run = simulate(quarter, Engine(), asked((0.0, 1, 101)), watts)
    assert busy_run.watts_mean == pytest.approx(200)
    gap = simulate(quarter, Engine(), asked((0.0, 1, 101), (3.0, 1, 101)), watts)
    assert gap.energy_j == pytest.approx(
        2 * (busy_run.energy_j or 0) + 100 * (gap.duration_s - 2 * busy_run.duration_s)
    )
    assert simulate(quarter, Engine(), asked((0.0, 1, 101)), replace(watts, max_w=150)).watts_mean == pytest.approx(150)


def test_prompts_have_factors_of_their_own() -> None:
    watts = Watts(idle_w=0, compute_w=100, memory_w=0, prompt_compute_w=50)
    same = Watts(idle_w=0, compute_w=100, memory_w=0)
    prompt = asked((0.0, 8000, 1))
    ratio = (simulate(DENSE, Engine(), prompt, watts).energy_j or 0) / (
        simulate(DENSE, Engine(), prompt, same).energy_j or 1
    )
    assert ratio == pytest.approx(0.5)


def test_watts_that_cannot_be_are_refused() -> None:
    with pytest.raises(SetupError, match="idle_w and memory_w"):
        Watts(idle_w=-1, compute_w=1, memory_w=float("nan"))
    with pytest.raises(SetupError, match="max_w must be idle_w"):
        Watts(idle_w=100, compute_w=1, memory_w=1, max_w=90)


def test_the_description_is_plain_json_with_units_in_its_keys() -> None:
    told = json.loads(
        json.dumps(simulate(DENSE, TIGHT, poisson(BUSY, requests=50, rate_per_s=5, seed=1), WATTS).describe())
    )
    assert told["mark"] == "modelled"
    assert set(told["by_priority"]) == {"0", "1", "5"}
    assert set(told["latency"]["ttft"]) == {"mean_ms", "p50_ms", "p90_ms", "p99_ms"}
    assert len(told["timeline"]["watts"]) <= 256


def test_nothing_served_has_no_latency_and_says_why() -> None:
    result = simulate(DENSE, Engine(max_context_tokens=5), asked((0.0, 9, 9)), WATTS)
    assert result.latency.ttft.mean_ms is None
    assert result.refused == {"longer_than_context": 1}
    assert result.energy_j_per_output_token is None
