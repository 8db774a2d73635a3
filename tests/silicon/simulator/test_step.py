"""The compiled step time is the one of `coefficients`, and a leap is the sum of its steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.silicon import coefficients as said
from baseload.silicon.coefficients import Coefficients
from baseload.silicon.simulator import step
from tests.silicon.simulator.cases import DENSE, MIXED

seconds = st.one_of(st.just(0.0), st.floats(1e-9, 1e-1))


@st.composite
def coefficients(draw: st.DrawFn) -> Coefficients:
    c = Coefficients(*(draw(seconds) for _ in Coefficients._fields))
    experts = draw(st.sampled_from([0.0, 8.0, 256.0]))
    each = draw(st.floats(0.0, experts)) if experts else 0.0
    return c._replace(experts=experts, experts_per_token=each, window_tokens=float(draw(st.integers(0, 5000))))


@settings(max_examples=300, deadline=None)
@given(coefficients(), st.integers(0, 300), st.floats(1, 9000), st.integers(0, 8192), st.floats(0, 1e8))
def test_a_compiled_step_takes_what_the_formula_says(
    c: Coefficients, decoding: int, context: float, tokens: int, pairs: float
) -> None:
    total, queries = context * decoding, pairs if tokens else 0.0
    arguments = {
        "decoding": float(decoding), "context_tokens": total, "prefill_tokens": float(tokens), "prefill_pairs": queries,
    }  # fmt: skip
    time_s, compute_s, memory_s = step.step(c, decoding, total, tokens, queries)
    parts = said.parts(c, **arguments)
    assert time_s == pytest.approx(float(said.step_s(c, **arguments)), rel=1e-12, abs=1e-15)
    assert compute_s + memory_s == pytest.approx(float(parts.weights + parts.compute + parts.attention), rel=1e-12)


@settings(max_examples=300, deadline=None)
@given(coefficients(), st.integers(1, 300), st.integers(0, 3_000_000), st.integers(1, 400))
def test_many_steps_take_the_sum_of_their_times_across_the_windows_kink(
    c: Coefficients, decoding: int, context: int, steps: int
) -> None:
    at = context + decoding * np.arange(steps, dtype=float)
    each = said.step_s(c, decoding=float(decoding), context_tokens=at)
    time_s, compute_s, memory_s = step.run(c, decoding, float(context), steps)
    assert time_s == pytest.approx(each.sum(), rel=1e-9)
    by_step = np.array([step.step(c, decoding, x, 0, 0.0) for x in at])
    assert compute_s == pytest.approx(by_step[:, 1].sum(), rel=1e-9)
    assert memory_s == pytest.approx(by_step[:, 2].sum(), rel=1e-9)


@pytest.mark.parametrize("c", [DENSE, MIXED])
def test_the_steps_until_a_moment_are_the_fewest_that_reach_it(c: Coefficients) -> None:
    for gap_s in (1e-9, 0.02, 0.5, 3.0):
        n = step.steps_until(c, 32, 4000.0, gap_s, 100_000)
        assert step.run(c, 32, 4000.0, n)[0] >= gap_s
        assert n == 1 or step.run(c, 32, 4000.0, n - 1)[0] < gap_s
    assert step.steps_until(c, 32, 4000.0, 1e9, 7) == 7
