"""A good first answer for a large commitment, found before the solver's own search.

Solvers look for one late, behind their cuts; when time is short the first answer is the answer. A *dive* goes down the
relaxation: each step rounds up the replicas nearest to whole and solves again from where it stood, a millisecond or
two; a step that does not fit is retried with fewer, and a single one that does not fit is rounded down for good. Two
neighbourhoods of it are then searched, each some fifty variables of hundreds: the whole numbers between it and the
relaxation, and what both do not agree on (RENS and RINS: Berthold 2014; Danna, Rothberg and Le Pape 2005).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from baseload.dispatch.solver import Floats, Ints, Limits, Model, Solver

WORTH_IT = 32
"""Below so many whole variables the solver needs no help."""
SHARES = (0.1, 0.2)
"""Part of the variables still split that one step rounds; each is tried and the better dive kept."""
_NEAR = 1e-5
_AGREE = 0.05


def first_answer(model: Model, limits: Limits) -> Floats | None:
    """A point with every whole variable whole, or None when each dive ends nowhere; in about half of the time."""
    relaxed = _relaxed(model)
    if relaxed is None:
        return None

    def worth(x: Floats) -> float:
        return float(model.cost @ x)

    found = [x for share in SHARES if (x := _dive(model, share)) is not None]
    if not found:
        return None
    dived = max(found, key=worth)
    part = replace(limits, time_s=limits.time_s / 4, gap=limits.gap / 2)
    near = (_between(model, relaxed, dived), _agreed(model, relaxed, dived))
    return max(dived, *(_search(m, dived, part) for m in near), key=worth)


def _relaxed(model: Model) -> Floats | None:
    solver = Solver()
    solver.load(replace(model, integer=np.zeros(0, np.int32)))
    return solver.run()


def _between(model: Model, relaxed: Floats, best: Floats) -> Model:
    """Whole numbers from the relaxation's to the best answer's, rounded outward."""
    whole = np.flatnonzero(model.integer)
    pair = np.array([relaxed[whole], best[whole]])
    return _boxed(model, whole, np.floor(pair.min(axis=0) + _NEAR), np.ceil(pair.max(axis=0) - _NEAR))


def _agreed(model: Model, relaxed: Floats, best: Floats) -> Model:
    """What relaxation and best answer agree on is fixed, the rest is free."""
    whole = np.flatnonzero(model.integer)
    same = whole[np.abs(relaxed[whole] - best[whole]) < _AGREE]
    return _boxed(model, same, np.rint(best[same]), np.rint(best[same]))


def _boxed(model: Model, at: NDArray[np.intp], low: Floats, high: Floats) -> Model:
    lower, upper = model.lower.copy(), model.upper.copy()
    lower[at], upper[at] = np.maximum(low, lower[at]), np.minimum(high, upper[at])
    return replace(model, lower=lower, upper=upper)


def _search(near: Model, best: Floats, limits: Limits) -> Floats:
    """The best point of a neighbourhood that holds `best`."""
    solver = Solver()
    solver.load(near, limits)
    solver.suggest(np.arange(len(best), dtype=np.int32), best)
    found = solver.run()
    return best if found is None else found


def _dive(model: Model, share: float) -> Floats | None:
    """One dive, rounding this share of what is still split at each step."""
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
