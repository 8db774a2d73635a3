"""Embodied carbon of a chip, its board and its share of the server, in kgCO2e.

Logic by ACT (Gupta et al., ISCA 2022): (grid × fab energy + gases + materials) × area / yield. ACT has nothing for
stacked memory, advanced packages or boards: those come from ranges of the catalogue and from two published modules.
"""

from typing import NamedTuple

import numpy as np

from baseload.silicon.coefficients import Array
from baseload.silicon.costing.design import Design, Die
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.logic import die_yield
from baseload.silicon.costing.node import NODES
from baseload.silicon.costing.package import interposer_mm2
from baseload.silicon.costing.yields import MM2_PER_CM2


class Carbon(NamedTuple):
    """kgCO2e per chip."""

    logic: Array
    memory: Array
    package: Array
    board: Array
    host: Array

    @property
    def module(self) -> Array:
        """The accelerator as it is sold, without its server."""
        return np.asarray(self.logic + self.memory + self.package + self.board)

    @property
    def total(self) -> Array:
        return np.asarray(self.module + self.host)


def carbon_kg(design: Design, pick: Pick, *, grid: str = "grid_ci_taiwan") -> Carbon:
    """Cradle to gate, with dies made on the grid named."""
    stacked = design.memory_type.startswith("hbm")
    per_gb = pick("hbm_embodied") if stacked else pick("dram_embodied_ddr4_10nm")
    return Carbon(
        logic=np.asarray(sum(logic_kg(die, pick, grid=grid) for die in design.dies)),
        memory=np.asarray(per_gb * np.asarray(design.memory_gb)),
        package=_package_kg(design, pick),
        board=np.asarray(pick("accelerator_board_embodied")),
        host=np.asarray(pick("host_share_embodied")),
    )


def per_cm2_kg(node: str, pick: Pick, *, grid: str = "grid_ci_taiwan") -> Array:
    """ACT's carbon per area before yield; nodes past 3 nm are taken as 3 nm, where ACT ends."""
    size = NODES[node].carbon
    energy = np.asarray(pick(grid)) * pick(f"fab_energy_{size}")
    return np.asarray(energy + pick(f"fab_gas_{size}") + pick("fab_materials"))


def logic_kg(die: Die, pick: Pick, *, grid: str = "grid_ci_taiwan") -> Array:
    """All copies of one kind of die."""
    area_cm2 = np.asarray(die.area_mm2) * np.asarray(die.count) / MM2_PER_CM2
    return np.asarray(per_cm2_kg(die.node, pick, grid=grid) * area_cm2 / die_yield(die, pick))


def _package_kg(design: Design, pick: Pick) -> Array:
    plain = np.asarray(pick("carbon_per_ic_package"))
    if design.package == "organic":
        return plain
    return np.asarray(plain + pick("cowos_package_embodied") * interposer_mm2(design, pick) / MM2_PER_CM2)
