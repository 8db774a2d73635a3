"""What is paid once: design, masks and respins, spread over the chips and modules that carry them.

Chiplet Actuary (Feng and Ma 2022) splits a node's design cost into what goes with a module and is reused with it
(one half), what goes with the chip by area (three tenths) and what is fixed (two tenths).
"""

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.design import Design, Die
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.node import NODES

USD_PER_MUSD = 1e6


def design_usd(node: str, pick: Pick, *, replicated: bool = False) -> Array:
    """A node's headline design cost; scaled where the chip is mostly copies of one block."""
    discount = pick("design_cost_replicated_array_discount") if replicated else 1.0
    return np.asarray(pick(NODES[node].design)) * discount * USD_PER_MUSD


def masks_usd(node: str, pick: Pick) -> Array:
    """One mask set, and one more for each respin."""
    return np.asarray(pick(NODES[node].masks)) * (1.0 + np.asarray(pick("respins"))) * USD_PER_MUSD


def nre_usd(design: Design, pick: Pick) -> Array:
    """All that must be paid for a first chip, modules that an earlier chip paid for left out."""
    return np.asarray(sum(_module(d, w, design, pick) + _chip(d, w, design, pick) for d, w in _parts(design)))


def nre_per_unit_usd(design: Design, volume: Number, pick: Pick) -> Array:
    """NRE per chip: modules over all chips that carry them, the rest over this chip's volume.

    A merchant's NRE is in his margin, so it is zero here.
    """
    if design.seller == "merchant":
        return np.asarray(0.0)
    sold = np.asarray(volume, dtype=float)
    shares = [
        _module(d, w, design, pick) / (sold + d.elsewhere) + _chip(d, w, design, pick) / sold for d, w in _parts(design)
    ]
    return np.asarray(sum(shares))


def _module(die: Die, weight: Array, design: Design, pick: Pick) -> Array:
    if die.reused:
        return np.asarray(0.0)
    own = design_usd(die.node, pick, replicated=design.replicated) * pick("nre_share_module") * weight
    return np.asarray(own + masks_usd(die.node, pick))


def _chip(die: Die, weight: Array, design: Design, pick: Pick) -> Array:
    """The chip's own part is paid again whatever is reused."""
    rest = 1.0 - np.asarray(pick("nre_share_module"))
    return np.asarray(design_usd(die.node, pick, replicated=design.replicated) * rest * weight)


def _parts(design: Design) -> list[tuple[Die, Array]]:
    """Each module once, with its share of the area that had to be designed; copies cost nothing to design."""
    once = list({die.module or die.name: die for die in design.dies}.values())
    areas = [np.asarray(die.area_mm2, dtype=float) for die in once]
    total = sum(areas)
    return [(die, np.asarray(area / total)) for die, area in zip(once, areas, strict=True)]
