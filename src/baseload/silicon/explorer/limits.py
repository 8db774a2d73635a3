"""What a chip cannot be: each limit by name, and by how much a design breaks it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baseload.errors import SetupError
from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.blocks import memory_values
from baseload.silicon.explorer.design import Designs
from baseload.silicon.explorer.market import Market

RETICLE_ASPECT = 33 / 26
IN_THE_STACK = 0.5
"""Of the memory's energy, what is spent in the DRAM itself and not on the die: HBM3E's 3.9 of 8 pJ/bit."""


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
        return (
            f"{self.limit}: {self.what} is {self.value:,.4g} {self.unit}, {over:,.3g} over the {self.most:,.4g} allowed"
        )


class OverTheLimit(SetupError):
    """A design cannot be built; every limit it breaks is named."""

    def __init__(self, broken: Sequence[Broken]) -> None:
        self.broken = tuple(broken)
        super().__init__("the design cannot be built; " + "; ".join(map(str, broken)))


def limits(designs: Designs, market: Market) -> tuple[Limit, ...]:
    """Every limit over a population. Supply counts the whole volume as made in one year."""
    rules, genome = market.rules, designs.genome
    edge_mm = genome.stacks * memory_values(genome, market, "edge_mm")
    allowed = np.ones_like(designs.die_mm2)
    on_interposer = (genome.chiplets > 1) | (memory_values(genome, market, "on_package_mm2") > 0)
    return (
        Limit(
            name="reticle", what="one die", unit="mm²", value=designs.die_mm2, most=allowed * market.of("reticle_limit")
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
            what="rated power of the dies",
            unit="W/mm²",
            value=(designs.chips.max_w - IN_THE_STACK * designs.watts.memory) / designs.area.total,
            most=allowed * rules.power_density_w_per_mm2.value,
        ),
        Limit(
            name="rack power",
            what="a rack of chips",
            unit="W",
            value=designs.chips.max_w * rules.rack_chips.value,
            most=allowed * rules.rack_w.value,
        ),
        Limit(
            name="interposer supply",
            what="the volume's interposers",
            unit="wafers a year",
            value=np.where(
                on_interposer, market.volume * designs.interposer_mm2 / rules.interposer_wafer_mm2.value, 0.0
            ),
            most=allowed * rules.cowos_wafers_per_year.value,
        ),
        Limit(
            name="memory supply",
            what="the volume's memory",
            unit="GB a year",
            value=market.volume * designs.memory_gb,
            most=allowed * rules.memory_gb_per_year.value,
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


def broken(designs: Designs, market: Market, which: int = 0) -> list[Broken]:
    """The limits that one design breaks."""
    return [
        Broken(limit=x.name, what=x.what, value=float(x.value[which]), most=float(x.most[which]), unit=x.unit)
        for x in limits(designs, market)
        if x.excess[which] > 0
    ]


def refuse(designs: Designs, market: Market, which: int = 0) -> None:
    """Raise `OverTheLimit` with every limit that a design breaks."""
    found = broken(designs, market, which)
    if found:
        raise OverTheLimit(found)
