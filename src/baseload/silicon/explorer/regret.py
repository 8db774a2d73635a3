"""Regret: how much dearer a chip is than the best that could be had, in the workload that suits it least."""

import numpy as np

from baseload.silicon.coefficients import Array


def best_costs(*costs: Array) -> Array:
    """The least cost in each workload over any number of sets of chips, (shifts + 1,)."""
    return np.asarray(np.concatenate(costs, axis=1).min(axis=1))


def losses(costs: Array, best: Array) -> Array:
    """How much dearer than the best, as a share, in each workload: (shifts + 1, chips)."""
    return np.asarray(costs / best[:, None] - 1)


def regret(costs: Array, best: Array) -> Array:
    """The largest loss over the workloads (minimax regret, Savage 1951), (chips,)."""
    return np.asarray(losses(costs, best).max(axis=0))
