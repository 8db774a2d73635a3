"""What may be chosen of a chip, as numbers between bounds; a search knows it as a point of the unit cube."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baseload.catalog.technology import Technology
from baseload.errors import SetupError
from baseload.silicon.coefficients import Array


class Genome(NamedTuple):
    """A population of designs: every field has shape (designs,). Areas and memory are of the whole package."""

    compute_mm2: Array
    programmable: Array
    """Share of the compute area that is vector and scalar cores; the rest is matrix units."""
    sram_mb: Array
    memory: Array
    """Place in `Technology.memories`."""
    stacks: Array
    link_gb_per_s: Array
    """Scale-up, one direction."""
    node: Array
    """Place in `Technology.nodes`."""
    chiplets: Array
    frequency_ghz: Array
    fp4: Array
    """1 where the matrix units also do four-bit arithmetic."""

    def take(self, which: npt.ArrayLike) -> "Genome":
        """Some of the designs, in the order asked for."""
        return Genome(*(field[np.atleast_1d(which)] for field in self))

    @property
    def size(self) -> int:
        return len(self.compute_mm2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gene:
    """One choice: from `low` to `high` in steps, or one of some `choices`."""

    name: str
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    choices: tuple[float, ...] = ()

    def at(self, unit: Array) -> Array:
        """The value for a number in [0, 1]; each has an equal share of it."""
        count = len(self.choices) or round((self.high - self.low) / self.step) + 1
        place = np.minimum((np.asarray(unit) * count).astype(int), count - 1)
        return (
            np.asarray(self.choices, dtype=float)[place] if self.choices else np.asarray(self.low + self.step * place)
        )


def genes(technology: Technology) -> tuple[Gene, ...]:
    """The choices in the order of `Genome`'s fields."""
    return (
        Gene(name="compute_mm2", low=40, high=1600, step=20),
        Gene(name="programmable", low=0.05, high=0.6, step=0.05),
        Gene(name="sram_mb", low=16, high=512, step=16),
        Gene(name="memory", choices=tuple(range(len(technology.memories)))),
        Gene(name="stacks", low=1, high=16),
        Gene(name="link_gb_per_s", low=50, high=1800, step=50),
        Gene(name="node", choices=tuple(range(len(technology.nodes)))),
        Gene(name="chiplets", choices=(1, 2, 4)),
        Gene(name="frequency_ghz", low=0.8, high=2.4, step=0.1),
        Gene(name="fp4", choices=(0, 1)),
    )


def decode(points: Array, technology: Technology) -> Genome:
    """Designs from points of the unit cube, shape (designs, genes)."""
    values = [gene.at(points[:, i]) for i, gene in enumerate(genes(technology))]
    return Genome(*values)


def design(
    technology: Technology,
    *,
    compute_mm2: float,
    sram_mb: float,
    memory: str,
    stacks: int,
    node: str,
    link_gb_per_s: float = 450.0,
    chiplets: int = 1,
    frequency_ghz: float = 1.8,
    programmable: float = 0.3,
    fp4: bool = False,
) -> Genome:
    """One design by name. Raises `SetupError` for a node or a memory that the catalogue does not have, or a size
    below zero.
    """
    numbers = (compute_mm2, sram_mb, stacks, link_gb_per_s, chiplets, frequency_ghz, programmable)
    if min(numbers) < 0 or programmable > 1 or chiplets < 1 or frequency_ghz <= 0:
        raise SetupError(
            "a design has no sizes below zero, at least one chiplet, and a programmable share of at most 1"
        )
    return Genome(
        compute_mm2=_one(compute_mm2),
        programmable=_one(programmable),
        sram_mb=_one(sram_mb),
        memory=_one(_place(memory, "memory", list(technology.memories))),
        stacks=_one(stacks),
        link_gb_per_s=_one(link_gb_per_s),
        node=_one(_place(node, "node", list(technology.nodes))),
        chiplets=_one(chiplets),
        frequency_ghz=_one(frequency_ghz),
        fp4=_one(fp4),
    )


def together(*genomes: Genome) -> Genome:
    """One population of several."""
    return Genome(*(np.concatenate(fields) for fields in zip(*genomes, strict=True)))


def _one(value: float) -> Array:
    return np.array([float(value)])


def _place(name: str, kind: str, known: list[str]) -> int:
    if name not in known:
        raise SetupError(f"the catalogue has no {kind} {name!r}; it has: {', '.join(known)}")
    return known.index(name)
