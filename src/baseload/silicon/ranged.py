"""Numbers that are known as ranges: read from a file with their sources, taken at the centre, or drawn all together."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Fact, FactSpec
from baseload.errors import DescriptionError, Fault
from baseload.silicon.coefficients import Array, Number

Facts = Mapping[str, Fact]

FUTURES = 4000


class Band(NamedTuple):
    """`central` has every number at its central value; `low` and `high` are the 5th and the 95th percentile over all
    ranges drawn together, and hold the centre.
    """

    low: float
    central: float
    high: float


def read_facts(text: str, file: str, specs: Sequence[FactSpec]) -> Facts:
    """The numbers that `specs` ask for, by name. `DescriptionError` with every fault of the text."""
    faults: list[Fault] = []
    entry = Entry(file, text, faults)
    facts = {spec.name: entry.needed(spec) for spec in specs}
    entry.finish()
    if faults:
        raise DescriptionError(faults)
    return facts


def central(facts: Facts) -> Mapping[str, float]:
    """Each number alone."""
    return {name: fact.value for name, fact in facts.items()}


def drawn(facts: Facts, rng: np.random.Generator, futures: int = FUTURES) -> Mapping[str, Array]:
    """Independent triangular draws between low, value and high; shape (futures,) each."""
    return {
        name: rng.triangular(f.low, f.value, f.high, futures) if f.low < f.high else np.full(futures, f.value)
        for name, f in facts.items()
    }


def band(draws: Number, centre: Number) -> Band:
    """The 90 % interval of the draws around a central value."""
    low, high = (float(value) for value in np.percentile(draws, (5, 95)))
    return Band(min(low, float(centre)), float(centre), max(high, float(centre)))
