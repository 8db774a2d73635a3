"""The search: NSGA-II (Deb 2002, by pymoo) over genomes, for dollars a token, tokens per megawatt, time and regret.

Regret is measured from the best of a first sample and of what can be bought, so that it means the same in every
generation; the answer measures it again from everything that the search has seen.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from baseload.errors import SetupError
from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.genome import Genome, decode, genes, together
from baseload.silicon.explorer.regret import best_costs, regret
from baseload.silicon.explorer.scene import Candidates, Scene, judge

OBJECTIVES = ("usd_per_mtok", "tokens_per_s_per_mw", "volume_months", "regret")
SAMPLE = 512
POPULATION, GENERATIONS = 96, 60
SHOWN = 20
Progress = Callable[[int, int, float], None]
"""Told after every generation: its number, how many there are, the least USD per million tokens so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The Pareto set, cheapest first, and what regret was measured from."""

    genome: Genome
    """At most `SHOWN` of the set, spread over it."""
    front: int
    """How many designs no other beats."""
    best: Array
    """USD per million tokens, the least seen in each workload: (shifts + 1,)."""
    judged: int
    feasible: int
    seed: int


def objectives(found: Candidates, best: Array) -> Array:
    """Shape (designs, 4), each to be made small."""
    return np.stack(
        [found.costs[0], -found.priced.tokens_per_s_per_mw, found.months, regret(found.costs, best)], axis=1
    )


def search(
    scene: Scene,
    *,
    seed: int = 1,
    population: int = POPULATION,
    generations: int = GENERATIONS,
    progress: Progress | None = None,
) -> Found:
    """The Pareto set of feasible designs. Raises `SetupError` where no design keeps every limit."""
    rng = np.random.default_rng(seed)
    count = len(genes(scene.market.technology))
    points = rng.random((max(SAMPLE, population), count))
    sample = judge(decode(points, scene.market.technology), scene)
    if not sample.feasible.any():
        raise SetupError("no design of the first sample keeps every limit; a volume this large may have no supply")
    best = best_costs(sample.costs[:, sample.feasible], scene.bought_cost)
    start = points[np.lexsort((sample.costs[0], np.maximum(sample.excess, 0).sum(axis=1)))[:population]]
    task = _Task(scene, best, generations, progress)
    task.run(start, seed, generations)
    return _answer(scene, task, sample, seed)


class _Task:
    """What pymoo is given: objectives and constraints of a population, everything seen remembered."""

    def __init__(self, scene: Scene, best: Array, generations: int, progress: Progress | None) -> None:
        self.scene, self.best, self.generations, self.progress = scene, best, generations, progress
        self.seen: list[Genome] = []
        self.least = np.full_like(best, np.inf)
        self.judged = self.feasible = 0

    def evaluate(self, points: Array) -> tuple[Array, Array]:
        """Objectives (designs, 4) and constraint values (designs, limits), at or below 0 where kept."""
        genome = decode(points, self.scene.market.technology)
        found = judge(genome, self.scene)
        ok = found.feasible
        self.judged, self.feasible = self.judged + len(ok), self.feasible + int(ok.sum())
        if ok.any():
            self.least = np.minimum(self.least, found.costs[:, ok].min(axis=1))
            self.seen.append(genome.take(np.flatnonzero(ok)))
        return objectives(found, self.best), found.excess

    def run(self, start: Array, seed: int, generations: int) -> None:
        """Minimise; pymoo is imported here, for it takes a second and comes with an extra."""
        try:
            from baseload.silicon.explorer.nsga import minimise
        except ModuleNotFoundError as error:
            raise SetupError(
                f"the search needs {error.name}; install it with: pip install 'baseload[silicon]'"
            ) from error
        minimise(self.evaluate, start, seed=seed, generations=generations, tell=self._tell)

    def _tell(self, generation: int) -> None:
        if self.progress:
            self.progress(generation, self.generations, float(self.least[0]))


def _answer(scene: Scene, task: _Task, sample: Candidates, seed: int) -> Found:
    """The non-dominated of everything feasible that was seen, by objectives measured from the best of it all."""
    seen = together(*task.seen, sample.designs.genome.take(np.flatnonzero(sample.feasible)))
    seen = seen.take(np.unique(np.stack(seen, axis=1), axis=0, return_index=True)[1])
    found = judge(seen, scene)
    best = best_costs(found.costs, scene.bought_cost)
    values = objectives(found, best)
    front = np.flatnonzero(non_dominated(values))
    kept = front[spread_out(values[front], SHOWN)]
    return Found(
        genome=seen.take(kept[np.argsort(values[kept, 0], kind="stable")]),
        best=best,
        front=len(front),
        judged=task.judged + len(sample.months),
        feasible=task.feasible + int(sample.feasible.sum()),
        seed=seed,
    )


def spread_out(values: Array, most: int) -> Array:
    """Rows that stand for all: the best of each column, then whichever is farthest from those taken (Gonzalez 1985)."""
    span = np.ptp(values, axis=0)
    unit = (values - values.min(axis=0)) / np.where(span > 0, span, 1.0)
    taken = list(dict.fromkeys(int(i) for i in values.argmin(axis=0)))
    near = np.min([np.linalg.norm(unit - unit[i], axis=1) for i in taken], axis=0)
    while len(taken) < min(most, len(values)):
        taken.append(int(near.argmax()))
        near = np.minimum(near, np.linalg.norm(unit - unit[taken[-1]], axis=1))
    return np.array(taken)


def non_dominated(values: Array) -> Array:
    """Which rows no other row is at least as good as in every column and better in one."""
    kept = np.ones(len(values), dtype=bool)
    for i in np.argsort(values[:, 0], kind="stable"):
        if kept[i]:
            worse = (values >= values[i]).all(axis=1) & (values > values[i]).any(axis=1)
            kept &= ~worse
    return kept
