"""Many constants from few rows: each is a common value times small effects of engine, chip, precision, model, version.

On a logarithmic scale a constant of row i is  c_i = mean + Σ_e effect[e, level_e(i)],  every effect Gaussian around 0
with a spread stated beforehand; the rows are  log y_i = f(c_i) + Σ_e residual[e, level_e(i)] + noise.  f is linearised
around the current constants and the linear Gaussian model solved exactly (Gaussian-process form, the covariance of c
being Σ_e spread² · [same level]), until nothing moves: the posterior mode, as in a Gauss-Newton fit of a multilevel
model (Gelman & Hill 2007; Rasmussen & Williams 2006, 2.2). Outliers are weighed down (Huber's weight, smoothed).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from baseload.silicon.coefficients import Array

Model = Callable[[Mapping[str, Array]], Array]
"""From constants (each an array over rows) to the logarithm of what was measured."""

UNSEEN = 1e9
"""Variance of a row that is left out: it then says nothing."""
OUTLIER = 3.0
CORNER = 8.0
"""How sharply a constant bends below its ceiling."""
MOST_STEP = 0.6
FIRST_STEP = 0.7
ENOUGH = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is believed of a constant before any row: its common value, how sure, and how far each effect may move it.

    `sd` and `spread` are of the logarithm; `ceiling`, above the mean, is what physics allows.
    """

    mean: float
    sd: float
    spread: Mapping[str, float]
    ceiling: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """All priors of a fit. `residual` is the spread of effects on the whole prediction, `noise` that of a row."""

    priors: Mapping[str, Prior]
    residual: Mapping[str, float]
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Posterior: (value, sd) on the logarithmic scale, by constant, effect and level.

    `common` holds each constant's common value; `residual` the effects on the whole.
    """

    common: Mapping[str, tuple[float, float]]
    effects: Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]]
    residual: Mapping[str, Mapping[str, tuple[float, float]]]

    def constants(self, belief: Belief, labels: Mapping[str, Sequence[str]]) -> dict[str, Array]:
        """Constants of rows with these labels; a level never seen moves nothing."""
        made = {}
        for name, prior in belief.priors.items():
            log = self.common[name][0] + sum(
                _looked_up(self.effects[name].get(effect, {}), labels[effect]) for effect in prior.spread
            )
            made[name] = bounded(np.asarray(log), prior.ceiling)
        return made

    def offset(self, labels: Mapping[str, Sequence[str]]) -> Array:
        """The residual effects of rows with these labels, on the logarithm of the prediction."""
        rows = np.zeros(len(next(iter(labels.values()))))
        return rows + sum(_looked_up(table, labels[effect]) for effect, table in self.residual.items())


def bounded(log: Array, ceiling: float) -> Array:
    """exp(log), bent softly below the ceiling, so that its slope never vanishes."""
    return np.asarray(np.exp(-np.logaddexp(-CORNER * log, -CORNER * np.log(ceiling)) / CORNER))


def free(prior: Prior) -> float:
    """The unbounded logarithm whose bounded value is the prior's mean."""
    return float(-np.log(prior.mean**-CORNER - prior.ceiling**-CORNER) / CORNER)


def _looked_up(table: Mapping[str, tuple[float, float]], levels: Sequence[str]) -> Array:
    return np.array([table.get(level, (0.0, 0.0))[0] for level in levels])


class Fit:
    """One fit. `labels` by effect, one per row; `log_y` the logarithm of what was measured."""

    def __init__(self, model: Model, belief: Belief, labels: Mapping[str, Sequence[str]], log_y: Array) -> None:
        self.model, self.belief, self.labels, self.log_y = model, belief, labels, log_y
        self.names = tuple(belief.priors)
        self._level = {effect: np.unique(np.asarray(given), return_inverse=True) for effect, given in labels.items()}
        self._blocks = {
            effect: [np.flatnonzero(index == i) for i in range(len(levels))]
            for effect, (levels, index) in self._level.items()
        }
        self._mean = np.array([free(belief.priors[name]) for name in self.names])
        self.log_constants = np.repeat(self._mean[:, None], len(log_y), axis=1)
        self.residual = np.zeros(len(log_y))
        self.unseen = np.zeros(len(log_y), dtype=bool)

    def run(self, rounds: int = 12) -> "Fit":
        """Iterate to the mode, from where the last run ended. Rows marked `unseen` are predicted, not learned from."""
        for round_ in range(rounds):
            self._linearise()
            alpha = np.linalg.solve(self._total, self._target)
            moved = np.stack([self._moved(i, self._slope[i] * alpha) for i in range(len(self.names))])
            step = np.clip(moved - self.log_constants, -MOST_STEP, MOST_STEP)
            self.log_constants = self.log_constants + step * (1.0 if round_ else FIRST_STEP)
            self.residual = np.zeros(len(alpha))
            for effect, spread in self.belief.residual.items():
                self.residual += spread**2 * self._by_level(effect.removeprefix("_"), alpha)
            if np.abs(step).max() < ENOUGH:
                break
        self._linearise()
        return self

    def learned(self, *, spreads: bool = True) -> Learned:
        """The posterior of every constant and level; without `spreads` the values alone, which is quick."""
        inverse = np.linalg.inv(self._total) if spreads else None
        alpha = np.linalg.solve(self._total, self._target)
        common, effects = {}, {}
        for i, name in enumerate(self.names):
            prior = self.belief.priors[name]
            value, sd = _posterior(self._slope[i][:, None], prior.sd, inverse, alpha)
            common[name] = (float(self._mean[i] + value[0]), float(sd[0]))
            effects[name] = {
                effect: self._levels_of(effect, self._slope[i], spread, inverse, alpha)
                for effect, spread in prior.spread.items()
            }
        ones = np.ones(len(self.log_y))
        residual = {
            effect: self._levels_of(effect, ones, spread, inverse, alpha)
            for effect, spread in self.belief.residual.items()
            if not effect.startswith("_")
        }
        return Learned(common=common, effects=effects, residual=residual)

    def _levels_of(
        self, effect: str, slope: Array, spread: float, inverse: Array | None, alpha: Array
    ) -> dict[str, tuple[float, float]]:
        levels, index = self._level[effect]
        columns = np.where(index[:, None] == np.arange(len(levels))[None, :], slope[:, None], 0.0)
        value, sd = _posterior(columns, spread, inverse, alpha)
        return {str(level): (float(v), float(s)) for level, v, s in zip(levels, value, sd, strict=True)}

    def _moved(self, i: int, pull: Array) -> Array:
        """A constant's logarithm at every row: its mean, moved by what pulls at it and at its levels."""
        prior = self.belief.priors[self.names[i]]
        moved = np.full(len(pull), self._mean[i] + prior.sd**2 * pull.sum())
        for effect, spread in prior.spread.items():
            moved += spread**2 * self._by_level(effect, pull)
        return moved

    def _by_level(self, effect: str, pull: Array) -> Array:
        """At every row, the sum over the rows of its level."""
        index = self._level[effect][1]
        return np.asarray(np.bincount(index, weights=pull), dtype=float)[index]

    def _add(self, total: Array, effect: str, columns: Array) -> None:
        """Add the covariance that rows of one level share; `columns` is one row per independent effect."""
        for rows in self._blocks[effect]:
            part = columns[:, rows]
            total[np.ix_(rows, rows)] += part.T @ part

    def _evaluate(self, log_constants: Array) -> Array:
        priors = self.belief.priors
        return self.model({n: bounded(log_constants[i], priors[n].ceiling) for i, n in enumerate(self.names)})

    def _linearise(self) -> None:
        """Slopes, weights and covariances at the current constants."""
        at, small = self._evaluate(self.log_constants), 1e-4
        self._slope = np.zeros_like(self.log_constants)
        for i in range(len(self.names)):
            shifted = self.log_constants.copy()
            shifted[i] -= small
            self._slope[i] = (at - self._evaluate(shifted)) / small
        noise = self.belief.noise
        error = (self.log_y - at - self.residual) / noise / OUTLIER
        self._weight = np.where(self.unseen, UNSEEN, noise**2 * np.sqrt(1.0 + error**2))
        priors = [self.belief.priors[name] for name in self.names]
        common = np.array([[prior.sd] for prior in priors]) * self._slope
        total = common.T @ common + np.diag(self._weight)
        for effect in {effect for prior in priors for effect in prior.spread}:
            spreads = np.array([[prior.spread.get(effect, 0.0)] for prior in priors])
            self._add(total, effect, spreads * self._slope)
        for effect, spread in self.belief.residual.items():
            self._add(total, effect.removeprefix("_"), np.full((1, len(error)), spread))
        self._total = total
        self._target = self.log_y - at + (self._slope * (self.log_constants - self._mean[:, None])).sum(axis=0)


def _posterior(columns: Array, spread: float, inverse: Array | None, alpha: Array) -> tuple[Array, Array]:
    """Of independent effects with this spread that enter the rows through these columns: mean and sd."""
    value = spread**2 * (columns.T @ alpha)
    if inverse is None:
        return value, np.full_like(value, np.nan)
    explained = spread**4 * np.einsum("ij,ij->j", columns, inverse @ columns)
    return value, np.sqrt(np.maximum(spread**2 - explained, 0.0))
