"""The dive: whole, feasible, and near the best in a problem too large to try everything."""

import numpy as np

from baseload.dispatch import Limits, commit
from baseload.dispatch.dive import first_answer
from baseload.dispatch.program import build_program
from benchmarks.dispatch import fleet


def test_a_first_answer_is_whole_feasible_and_near_the_bound() -> None:
    model = build_program(fleet(3, 12, np.random.default_rng(7))).model
    x = first_answer(model, Limits())
    assert x is not None
    whole = x[model.integer > 0]
    assert np.abs(whole - np.rint(whole)).max() <= 1e-5
    assert np.all(x >= model.lower - 1e-6)
    assert np.all(x <= model.upper + 1e-6)
    m = model.matrix
    rows = np.bincount(m.index, m.value * np.repeat(x, np.diff(m.start)), minlength=len(model.row_lower))
    assert np.all(rows <= model.row_upper + 1e-5)
    assert np.all(rows >= model.row_lower - 1e-5)
    found = commit(fleet(3, 12, np.random.default_rng(7)), limits=Limits(time_s=20.0, gap=1e-2))
    assert found.proof is not None
    scale = 1 / build_program(fleet(3, 12, np.random.default_rng(7))).scale
    assert float(model.cost @ x + model.offset) * scale >= 0.9 * found.proof.bound_usd_per_h


def test_a_search_cut_short_still_has_the_dive_to_stand_on() -> None:
    cut = commit(fleet(3, 12, np.random.default_rng(7)), limits=Limits(time_s=0.0, gap=1e-2))
    assert cut.proof is not None
    assert cut.proof.value_usd_per_h > 0
    assert cut.proof.gap < 0.1
