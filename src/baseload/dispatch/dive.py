"""A good first answer for a large commitment: dive through the relaxation, rounding a few replicas up at a time.

Solvers look for one late, behind their cuts; when time is short the first answer is the answer. Each step rounds up
the replicas nearest to whole and solves the relaxation again from where it stood, a millisecond or two. A step that
does not fit is retried with fewer, and a single one that does not fit is rounded down for good.
"""

from dataclasses import replace

import numpy as np

from baseload.dispatch.solver import Floats, Ints, Model, Solver

WORTH_IT = 32
"""Below so many whole variables the solver needs no help."""
SHARES = (0.1, 0.2)
"""Part of the variables still split that one step rounds; each is tried and the better dive kept."""
_NEAR = 1e-5


def dive(model: Model) -> Floats | None:
    """A point with every whole variable whole, or None when each dive ends nowhere."""
    found = [x for share in SHARES if (x := _dive(model, share)) is not None]
    return max(found, key=lambda x: float(model.cost @ x), default=None)


def _dive(model: Model, share: float) -> Floats | None:
    whole = np.flatnonzero(model.integer).astype(np.int32)
    solver = Solver()
    solver.load(replace(model, integer=np.zeros(0, np.int32)))
    lower, upper = model.lower, model.upper
    x = solver.run()
    few = 0
    for _ in range(4 * len(whole) + 4):
        if x is None:
            return None
        split = _split(x, whole)
        if not len(split):
            return x
        few = few or max(1, int(share * len(split)))
        up = split[:few]
        raised = lower.copy()
        raised[up] = np.ceil(x[up])
        found = _solve(solver, model, raised, upper)
        if found is not None:
            lower, x, few = raised, found, 0
        elif few > 1:
            few = max(1, few // 4)
        else:
            upper = upper.copy()
            upper[up] = np.floor(x[up])
            x, few = _solve(solver, model, lower, upper), 0
    return None


def _split(x: Floats, whole: Ints) -> Ints:
    """Whole variables that are not, the nearest to the next whole number first."""
    over = x[whole] - np.floor(x[whole] + _NEAR)
    return whole[np.argsort(-over, kind="stable")[: np.count_nonzero(over > _NEAR)]]


def _solve(solver: Solver, model: Model, lower: Floats, upper: Floats) -> Floats | None:
    solver.change(cost=model.cost, lower=lower, upper=upper, row_lower=model.row_lower, row_upper=model.row_upper)
    return solver.run()
