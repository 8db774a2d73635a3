"""The share of dies that work. x = area × defect density: the mean number of defects on a die.

Sources: Poisson, Murphy (1964), Seeds (1967), negative binomial (Stapper 1983), Bose-Einstein with critical layers (as
in google/chiplets-cost-model). All take area in mm2 and density in defects/cm2, arrays broadcast, results in (0, 1].
"""

from typing import Literal

import numpy as np

from baseload.silicon.coefficients import Array, Number

MM2_PER_CM2 = 100.0
YieldModel = Literal["harvested", "negative_binomial", "poisson", "murphy", "seeds", "bose_einstein"]
"""How a die's yield is reckoned: with its spare units, or by a textbook model that knows of none."""
QUADRATURE = 16
"""Nodes of the integral over defect densities; exact to 1e-9 for x / alpha up to 1."""


def defects(area_mm2: Number, density: Number) -> Array:
    """Mean number of defects on a die."""
    return np.asarray(area_mm2, dtype=float) * density / MM2_PER_CM2


def poisson(area_mm2: Number, density: Number) -> Array:
    """exp(−x)"""
    return np.asarray(np.exp(-defects(area_mm2, density)))


def murphy(area_mm2: Number, density: Number) -> Array:
    """((1 − exp(−x)) / x)²"""
    x = np.maximum(defects(area_mm2, density), 1e-12)
    return np.asarray(np.square(-np.expm1(-x) / x))


def negative_binomial(area_mm2: Number, density: Number, alpha: Number) -> Array:
    """(1 + x/α)^−α; α small: defects come in clusters."""
    return np.asarray(np.power(1.0 + defects(area_mm2, density) / alpha, -np.asarray(alpha)))


def seeds(area_mm2: Number, density: Number) -> Array:
    """1 / (1 + x)"""
    return np.asarray(1.0 / (1.0 + defects(area_mm2, density)))


def bose_einstein(area_mm2: Number, density: Number, layers: Number = 32) -> Array:
    """(1 + x/N)^−N with N critical layers, the density being that of all layers together."""
    return negative_binomial(area_mm2, density, layers)


def textbook(model: YieldModel, area_mm2: Number, density: Number, alpha: Number) -> Array:
    """A model by its name, nothing repaired. `alpha` is the negative binomial's alone."""
    plain = {"poisson": poisson, "murphy": murphy, "seeds": seeds, "bose_einstein": bose_einstein}
    if model in plain:
        return plain[model](area_mm2, density)
    return negative_binomial(area_mm2, density, alpha)


def harvested(
    area_mm2: Number,
    density: Number,
    *,
    repairable_fraction: Number = 0.0,
    units: Number = 1,
    units_needed: Number = 1,
    alpha: Number = np.inf,
) -> Array:
    """The share of dies that can be sold when spare units may fail.

    A fraction f of the die is n identical units of which k must work: Y = exp(−(1−f)x) · Σ_{i=k..n} C(n,i) qⁱ (1−q)ⁿ⁻ⁱ,
    q = exp(−f·x/n). With a finite cluster parameter α the density is gamma-distributed between dies, which makes the
    negative binomial of it when nothing can be repaired, and this is its mean over that distribution.
    """
    rates, weights = _densities(alpha)
    x = defects(area_mm2, density)[..., None] * rates
    f, n = np.asarray(repairable_fraction, dtype=float)[..., None], np.asarray(units, dtype=float)[..., None]
    fixed = np.exp(-(1.0 - f) * x)
    working = _at_least(np.exp(-f * x / n), n, np.asarray(units_needed, dtype=float)[..., None])
    return np.asarray(np.sum(fixed * working * weights, axis=-1))


def _at_least(q: Array, units: Array, needed: Array) -> Array:
    """The probability that `needed` or more of `units` work, each with probability q; a sum over those that fail."""
    term = np.power(q, units)
    total, odds = term, (1.0 - q) / q
    for failed in range(1, int(np.max(units - needed)) + 1):
        term = term * odds * np.maximum(units - failed + 1, 0.0) / failed
        total = total + np.where(failed <= units - needed, term, 0.0)
    return np.asarray(np.minimum(total, 1.0))


def _densities(alpha: Number) -> tuple[Array, Array]:
    """Points and weights (…, m) of a gamma distribution with mean 1 and shape α: its Gauss-Laguerre rule, by the
    eigenvectors of the Jacobi matrix (Golub and Welsch 1969). α infinite: one point.
    """
    shape = np.asarray(alpha, dtype=float)
    if np.all(np.isinf(shape)):
        return np.ones(1), np.ones(1)
    shape = np.minimum(shape, 1e6)[..., None]
    order = np.arange(QUADRATURE)
    between = np.sqrt(order[1:] * (order[1:] + shape - 1.0))
    jacobi = np.zeros((*shape.shape[:-1], QUADRATURE, QUADRATURE))
    jacobi[..., order, order] = 2.0 * order + shape
    jacobi[..., order[1:], order[:-1]] = between
    points, vectors = np.linalg.eigh(jacobi)
    return points / shape, np.square(vectors[..., 0, :])
