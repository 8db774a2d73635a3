"""What a population of designs costs: `cost` asked once for each mix of node, memory and package."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baseload.silicon.coefficients import Array
from baseload.silicon.costing.bill import unit_cost_usd
from baseload.silicon.costing.design import Design, Die
from baseload.silicon.costing.draw import Middle
from baseload.silicon.costing.lines import Lines
from baseload.silicon.costing.nre import nre_usd
from baseload.silicon.explorer.design import Designs
from baseload.silicon.explorer.market import Market


class Prices(NamedTuple):
    """USD a chip by line, and what must be paid before the first chip; arrays of shape (designs,)."""

    lines: Lines
    nre_usd: Array

    @property
    def marginal_usd(self) -> Array:
        """One more chip in its server, NRE left out."""
        return np.asarray(self.lines.total - self.lines.nre)


def prices(designs: Designs, market: Market) -> Prices:
    """Bills of a whole population at the market's volume and day."""
    kinds = np.stack([designs.genome.node, designs.genome.memory, designs.genome.chiplets > 1], axis=1)
    found = np.empty((len(Lines._fields) + 1, len(kinds)))
    for kind in np.unique(kinds, axis=0):
        which = np.flatnonzero((kinds == kind).all(axis=1))
        design = parts_list(designs, which, market)
        bill = unit_cost_usd(design, market.volume, market.day, inputs=market.priced)
        nre = nre_usd(design, Middle(market.priced, market.day))
        for row, value in enumerate((*bill, nre)):
            found[row, which] = value
    return Prices(lines=Lines(*found[:-1]), nre_usd=found[-1])


def parts_list(designs: Designs, which: npt.NDArray[np.intp], market: Market) -> Design:
    """Some designs of one node, memory and package as what `cost` is asked about, their numbers as arrays."""
    first, rules = int(which[0]), market.rules
    genome, technology = designs.genome, market.technology
    node = list(technology.nodes)[int(genome.node[first])]
    memory = list(technology.memories.values())[int(genome.memory[first])]
    stacked = memory.on_package_mm2.value > 0
    units = rules.spare_units.value
    die = Die(
        name="compute",
        node=node,
        area_mm2=designs.die_mm2[which],
        count=genome.chiplets[which],
        repairable_fraction=np.minimum(genome.compute_mm2[which] / designs.area.total[which], 1.0),
        units=units,
        units_needed=round(units * (1 - rules.spare_share.value)),
    )
    joined = genome.chiplets[first] > 1
    return Design(
        name="design",
        dies=(die,),
        memory_type=memory.id,
        memory_gb=designs.memory_gb[which],
        memory_sites=genome.stacks[which] if stacked else 0,
        package="cowos_l" if joined else "cowos_s" if stacked else "organic",
        seller="partner",
        server="nvl72",
        replicated=True,
    )
