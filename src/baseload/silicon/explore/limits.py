"""What a chip cannot be: each limit by name, and by how much a design breaks it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baseload.catalog.technology import Technology
from baseload.errors import SetupError
from baseload.silicon.coefficients import Array
from baseload.silicon.explore.blocks import memory_values
from baseload.silicon.explore.design import Designs

RETICLE_ASPECT = 33 / 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit: what designs come to (shape (designs,)) against what is allowed."""

    name: str
    what: str
    unit: str
    value: Array
    most: Array

    @property
    def excess(self) -> Array:
        """The part over the limit, as a share of it; at or below 0 where it is kept."""
        return np.asarray(self.value / np.maximum(self.most, 1e-9) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A limit that one design breaks."""

    limit: str
    what: str
    value: float
    most: float
    unit: str

    def __str__(self) -> str:
        over = self.value - self.most
        return f"{self.limit}: {self.what} is {self.value:,.4g} {self.unit}, {over:,.3g} over the {self.most:,.4g} allowed"


class OverTheLimit(SetupError):
    """A design cannot be built; every limit it breaks is named."""

    def __init__(self, broken: Sequence[Broken]) -> None:
        self.broken = tuple(broken)
        super().__init__("the design cannot be built; " + "; ".join(map(str, broken)))


def limits(designs: Designs, technology: Technology) -> tuple[Limit, ...]:
    """Every limit over a population."""
    rules, genome = technology.rules, designs.genome
    edge_mm = genome.stacks * memory_values(genome, technology, "edge_mm")
    allowed = np.ones_like(designs.die_mm2)
    return (
        Limit(
            name="reticle", what="one die", unit="mm²", value=designs.die_mm2, most=allowed * rules.reticle_mm2.value
        ),
        Limit(
            name="package",
            what="the interposer",
            unit="mm²",
            value=designs.interposer_mm2,
            most=allowed * rules.package_mm2.value,
        ),
        Limit(
            name="beachfront", what="memory along the die edges", unit="mm", value=edge_mm, most=beachfront_mm(designs)
        ),
        Limit(
            name="power density",
            what="rated power over the dies",
            unit="W/mm²",
            value=designs.chips.max_w / designs.area.total,
            most=allowed * rules.power_density_w_per_mm2.value,
        ),
        Limit(
            name="rack power",
            what="a rack of chips",
            unit="W",
            value=designs.chips.max_w * rules.rack_chips.value,
            most=allowed * rules.rack_w.value,
        ),
    )


def beachfront_mm(designs: Designs) -> Array:
    """Edge that memory can use: the two long sides of a die, or of a row of dies; the short ones carry the links.

    A die has the reticle's proportions of 33 to 26. One reticle-size die then takes six HBM stacks and two take
    eight, as H100's and B200's packages do.
    """
    long_side = np.sqrt(designs.die_mm2 * RETICLE_ASPECT)
    chiplets = designs.genome.chiplets
    return np.asarray(np.where(chiplets > 1, 2 * chiplets * long_side / RETICLE_ASPECT, 2 * long_side))


def broken(designs: Designs, technology: Technology, which: int = 0) -> list[Broken]:
    """The limits that one design breaks."""
    return [
        Broken(limit=x.name, what=x.what, value=float(x.value[which]), most=float(x.most[which]), unit=x.unit)
        for x in limits(designs, technology)
        if x.excess[which] > 0
    ]


def refuse(designs: Designs, technology: Technology, which: int = 0) -> None:
    """Raise `OverTheLimit` with every limit that a design breaks."""
    found = broken(designs, technology, which)
    if found:
        raise OverTheLimit(found)
