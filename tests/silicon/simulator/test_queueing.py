"""What queueing theory says in closed form, where the engine is simple enough for it."""

import numpy as np
import pytest

from baseload.silicon.coefficients import step_s
from baseload.silicon.simulator import Engine, Fixed, LogNormal, Mix, closed_loop, poisson, simulate
from tests.silicon.simulator.cases import CHAT, CLOCKWORK, DENSE, ROOMY, TIGHT, asked, busy

ONE = Engine(max_sequences=1)


@pytest.mark.parametrize("load_share", [0.3, 0.6, 0.8])
def test_one_server_of_fixed_time_waits_as_pollaczek_and_khinchine_say(load_share: float) -> None:
    """M/D/1: mean wait = ρ S ÷ (2 (1 − ρ)). Kleinrock, Queueing Systems I, 5.6."""
    service_s = 0.05  # five steps of 10 ms
    mix = Mix(input=Fixed(10), output=Fixed(5))
    load = poisson(mix, requests=200_000, rate_per_s=load_share / service_s, seed=1)
    each = simulate(CLOCKWORK, ONE, load).each
    expected = load_share * service_s / (2 * (1 - load_share))
    assert (each.admitted_s - each.arrival_s).mean() == pytest.approx(expected, rel=0.04)


def test_one_server_is_never_idle_while_somebody_waits() -> None:
    """Lindley's recursion gives each wait from the one before, to the rounding error."""
    mix = Mix(input=Fixed(10), output=LogNormal(mean=20, p90=40))
    load = poisson(mix, requests=3000, rate_per_s=4.5, seed=3)
    each = simulate(CLOCKWORK, ONE, load).each
    service_s, free_s = load.output_tokens * 1e-2, 0.0
    for arrival, served, took in zip(load.arrival_s, each.admitted_s, service_s, strict=True):
        assert served == pytest.approx(max(arrival, free_s), rel=1e-9)
        free_s = served + took


def test_requests_running_are_their_rate_times_their_stay() -> None:
    """Little's law, L = λ W, of the batch; the clock of the timeline against the requests' own."""
    result = simulate(DENSE, ROOMY, poisson(CHAT, requests=5000, rate_per_s=40, seed=5))
    stay_s = (result.each.e2e_s - (result.each.admitted_s - result.each.arrival_s)).mean()
    assert result.preemptions == 0
    assert result.sequences_mean == pytest.approx(result.requests_per_s * stay_s, rel=1e-9)
    line = result.timeline
    assert line.sequences[:-1].mean() == pytest.approx(result.sequences_mean, rel=0.02)


@pytest.mark.parametrize("clients", [8, 64])
def test_a_closed_loop_settles_at_the_step_time_plus_its_share_of_prefill(clients: int) -> None:
    """TPOT = step(b, isl + osl ÷ 2) + (b ÷ osl) × what a prompt adds to a step; all prompts enter one by one."""
    asks, answers = 512, 256
    mix = Mix(input=Fixed(asks), output=Fixed(answers))
    engine = Engine(max_sequences=clients, max_batched_tokens=asks + clients)
    result = simulate(DENSE, engine, closed_loop(mix, requests=clients * 20, clients=clients, seed=1))
    context = clients * (asks + answers / 2)
    decode_s = step_s(DENSE, decoding=clients, context_tokens=context)
    pairs = asks * (asks + 1) / 2
    both_s = step_s(DENSE, decoding=clients, context_tokens=context, prefill_tokens=asks, prefill_pairs=pairs)
    expected_ms = 1e3 * (decode_s + clients / answers * (both_s - decode_s))
    assert result.latency.tpot.mean_ms == pytest.approx(float(expected_ms), rel=0.03)
    assert result.output_tokens_per_s == pytest.approx(1e3 * clients / float(expected_ms), rel=0.05)


def test_more_requests_a_second_never_make_the_first_token_come_sooner() -> None:
    means = [
        simulate(DENSE, TIGHT, busy(rate_per_s=rate)).latency.ttft.mean_ms
        for rate in (2.0, 5.0, 10.0, 20.0, 40.0, 80.0)
    ]
    assert None not in means
    assert (np.diff(np.array(means, dtype=float)) > -0.01 * np.array(means[:-1], dtype=float)).all(), means


def test_no_first_token_comes_before_its_prompt_is_read() -> None:
    load = poisson(CHAT, requests=2000, rate_per_s=30, seed=2)
    result = simulate(DENSE, Engine(front_end_s=0.01, per_token_s=0.001), load)
    n = load.input_tokens.astype(float)
    alone_s = step_s(DENSE, decoding=0.0, context_tokens=0.0, prefill_tokens=n, prefill_pairs=n * (n + 1) / 2)
    assert (result.each.ttft_s >= alone_s + 0.011 - 1e-9).all()


def test_a_lone_request_takes_its_front_end_its_prefill_and_its_steps() -> None:
    engine = Engine(front_end_s=0.5, after_s=0.25, per_token_s=0.125)
    each = simulate(CLOCKWORK, engine, asked((3.0, 10, 4))).each
    assert each.ttft_s[0] == pytest.approx(0.5 + 0.01 + 0.125)
    assert each.e2e_s[0] == pytest.approx(0.5 + 4 * 0.01 + 4 * 0.125 + 0.25)
    assert each.tpot_s[0] == pytest.approx((each.e2e_s[0] - each.ttft_s[0]) / 3)


def test_a_long_prompt_is_read_in_chunks_beside_those_who_decode() -> None:
    engine = Engine(max_sequences=4, max_batched_tokens=101)
    each = simulate(CLOCKWORK, engine, asked((0.0, 1, 50), (0.0, 1000, 2))).each
    # The first takes a token of each budget, so ten chunks of a hundred are left for the second after its first.
    assert each.ttft_s[0] == pytest.approx(0.01)
    assert each.ttft_s[1] == pytest.approx(0.10)
    assert each.e2e_s[0] == pytest.approx(0.50)


def test_steps_that_are_mostly_prompt_have_coefficients_of_their_own() -> None:
    slow = CLOCKWORK._replace(fixed_s=5e-2)
    each = simulate(CLOCKWORK, Engine(), asked((0.0, 100, 4)), prefill=slow).each
    assert each.ttft_s[0] == pytest.approx(0.05)
    assert each.e2e_s[0] == pytest.approx(0.05 + 3 * 0.01)
