"""The step formula: what it adds up to, what it grows with, and what one call can price."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.silicon.coefficients import Coefficients, experts_hit, parts, step_s

NOTHING = Coefficients(*([0.0] * len(Coefficients._fields)))
WORKS = NOTHING._replace(
    weights_s=6e-3, compute_s=2e-5, kv_s=1e-8, attention_s=1e-10, network_s=2e-4, network_token_s=1e-7, fixed_s=1e-3
)


def test_a_step_worked_out_by_hand():
    # √(6² + (30·0.02)²) ms + 30,000 · 10 ns + 0.2 ms + 30 · 0.1 µs + 1 ms
    by_hand = np.hypot(6e-3, 6e-4) + 3e-4 + 2e-4 + 3e-6 + 1e-3
    assert step_s(WORKS, decoding=30, context_tokens=30_000) == pytest.approx(by_hand, rel=1e-12)


def test_reading_and_arithmetic_overlap():
    both = WORKS._replace(compute_s=6e-3)
    alone = step_s(WORKS._replace(compute_s=0.0), decoding=1, context_tokens=0)
    assert step_s(both, decoding=1, context_tokens=0) < alone + 6e-3


@pytest.mark.parametrize(("tokens", "hit"), [(1, 8 / 256), (1e9, 1.0)])
def test_one_token_hits_its_own_experts_and_many_hit_all(tokens: float, hit: float):
    experts = NOTHING._replace(experts=256.0, experts_per_token=8.0)
    assert experts_hit(experts, tokens) == pytest.approx(hit)


def test_a_dense_model_hits_none():
    assert experts_hit(NOTHING, 100.0) == 0.0


def test_a_window_is_read_no_further_than_it_reaches():
    c = NOTHING._replace(window_kv_s=1e-6, window_tokens=128.0)
    assert step_s(c, decoding=4, context_tokens=4 * 10_000) == pytest.approx(4 * 128e-6)
    assert step_s(c, decoding=4, context_tokens=4 * 100) == pytest.approx(4 * 100e-6)


def test_launching_beside_the_chip_counts_when_it_is_the_longer():
    c = WORKS._replace(launch_s=30e-3)
    assert step_s(c, decoding=1, context_tokens=0) == pytest.approx(30e-3, rel=1e-3)


@given(st.floats(1, 500), st.floats(1, 500), st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_sequences_and_more_context_never_make_a_step_shorter(b1: float, b2: float, c1: float, c2: float):
    few, many = sorted((b1, b2))
    near, far = sorted((c1, c2))
    assert step_s(WORKS, decoding=few, context_tokens=near) <= step_s(WORKS, decoding=many, context_tokens=far) * (
        1 + 1e-12
    )


def test_one_call_prices_a_grid_and_names_what_binds():
    grid = parts(WORKS, decoding=np.array([[1.0], [1000.0]]), context_tokens=np.array([0.0, 5e6]))
    assert grid.step_s.shape == (2, 2)
    assert grid.binds().tolist() == [["weights", "attention"], ["compute", "attention"]]
