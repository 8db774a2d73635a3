"""pymoo, in one place: NSGA-II over the unit cube, a whole population evaluated in one call."""

from collections.abc import Callable

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.callback import Callback
from pymoo.core.problem import Problem
from pymoo.optimize import minimize

from baseload.silicon.coefficients import Array

Evaluate = Callable[[Array], tuple[Array, Array]]


class _Problem(Problem):  # type: ignore[misc]
    """Objectives and constraints of a population, shapes (designs, objectives) and (designs, limits)."""

    def __init__(self, evaluate: Evaluate, genes: int, objectives: int, limits: int) -> None:
        super().__init__(n_var=genes, n_obj=objectives, n_ieq_constr=limits, xl=np.zeros(genes), xu=np.ones(genes))
        self.evaluate_points = evaluate

    def _evaluate(self, x: Array, out: dict[str, Array], *args: object, **kwargs: object) -> None:
        out["F"], out["G"] = self.evaluate_points(x)


class _Tell(Callback):  # type: ignore[misc]
    """Passes on the number of each generation."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        super().__init__()
        self.tell = tell

    def notify(self, algorithm: NSGA2) -> None:
        self.tell(algorithm.n_gen)


def minimise(evaluate: Evaluate, start: Array, *, seed: int, generations: int, tell: Callable[[int], None]) -> None:
    """Run NSGA-II from a population of points (designs, genes); the caller's `evaluate` remembers what it saw."""
    objectives, limits = evaluate(start[:1])
    problem = _Problem(evaluate, start.shape[1], objectives.shape[1], limits.shape[1])
    algorithm = NSGA2(pop_size=len(start), sampling=start)
    minimize(problem, algorithm, ("n_gen", generations), seed=seed, callback=_Tell(tell), verbose=False)
