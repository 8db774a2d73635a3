"""One figure or a thousand: an input's middle value on a day, or draws from its range, by the same name."""

import zlib
from abc import ABC, abstractmethod
from datetime import date

import numpy as np

from baseload.catalog.cost import CostInputs
from baseload.catalog.fact import Fact
from baseload.silicon.coefficients import Array, Number

Z95 = 1.6448536269514722
"""The 95 % quantile of the normal distribution: `low` to `high` is the 90 % interval."""


class Pick(ABC):
    """Where a formula gets its inputs from. Whatever was picked is remembered in `used`, with its source."""

    def __init__(self, inputs: CostInputs, day: date) -> None:
        self.inputs, self.day = inputs, day
        self.used: dict[str, Fact] = {}
        self._known: dict[str, Number] = {}

    def __call__(self, name: str) -> Number:
        """The input on the day."""
        if name not in self._known:
            self._known[name] = self.of(name, self.inputs.at(name, self.day))
        return self._known[name]

    def of(self, name: str, fact: Fact) -> Number:
        """A fact from elsewhere, under a name of its own."""
        self.used[name] = fact
        return self._value(name, fact)

    @abstractmethod
    def _value(self, name: str, fact: Fact) -> Number: ...


class Middle(Pick):
    """The central value."""

    def _value(self, name: str, fact: Fact) -> Number:
        return fact.value


class Draws(Pick):
    """`n` draws of each input. A name draws the same numbers whatever else is drawn, so designs can be compared."""

    def __init__(self, inputs: CostInputs, day: date, *, seed: int, n: int) -> None:
        super().__init__(inputs, day)
        self.seed, self.n = seed, n

    def _value(self, name: str, fact: Fact) -> Number:
        if fact.low == fact.high:
            return fact.value
        return drawn(fact, np.random.default_rng([self.seed, zlib.crc32(name.encode())]), self.n)


def drawn(fact: Fact, rng: np.random.Generator, n: int) -> Array:
    """Draws of shape (n,) from a fact's range.

    triangular: between low and high with its mode at the value. uniform: between low and high. normal and lognormal:
    median at the value, low and high the 5 % and 95 % quantiles, each side with its own spread (two-piece).
    """
    if fact.shape == "triangular":
        return rng.triangular(fact.low, fact.value, fact.high, n)
    if fact.shape == "uniform":
        return rng.uniform(fact.low, fact.high, n)
    z = rng.standard_normal(n) / Z95
    if fact.shape == "normal":
        return np.where(z < 0, fact.value + z * (fact.value - fact.low), fact.value + z * (fact.high - fact.value))
    down, up = np.log(fact.value / fact.low), np.log(fact.high / fact.value)
    return np.asarray(fact.value * np.exp(np.where(z < 0, z * down, z * up)))
