"""The dies of a design: how many come off a wafer good, and what they cost with and without their bad neighbours."""

from typing import NamedTuple

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.design import Design, Die
from baseload.silicon.costing.die import dies_per_wafer, known_good_die_usd, placed_per_wafer, wafer_price_usd
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.node import NODES
from baseload.silicon.costing.yields import harvested, textbook


class DieCost(NamedTuple):
    """USD and dies for all copies of one kind of die in a chip."""

    gross_usd: Array
    """Their share of the wafer."""
    lost_usd: Array
    """What the dies that did not work add to the good ones."""
    good_fraction: Array
    per_wafer: Array
    """Good dies per wafer."""


def die_yield(die: Die, pick: Pick) -> Array:
    """The share of dies that can be sold, spare units used unless the die asks for a textbook model."""
    density, alpha = pick(NODES[die.node].defects), pick("yield_cluster_alpha")
    if die.yield_model != "harvested":
        return textbook(die.yield_model, die.area_mm2, density, alpha)
    return harvested(
        die.area_mm2,
        density,
        repairable_fraction=_repairable(die, pick),
        units=die.units,
        units_needed=die.units_needed,
        alpha=alpha,
    )


def gross_per_wafer(die: Die, pick: Pick) -> Array:
    """Dies on a wafer, good and bad, as the die asks to count them."""
    return placed_per_wafer(die.area_mm2, pick) if die.placed else dies_per_wafer(die.area_mm2, pick)


def die_cost(die: Die, pick: Pick) -> DieCost:
    """All copies of a die in one chip."""
    good, dies, wafer = die_yield(die, pick), gross_per_wafer(die, pick), wafer_price_usd(die.node, pick)
    gross = np.asarray(known_good_die_usd(wafer, dies, 1.0) * die.count)
    paid = np.asarray(known_good_die_usd(wafer, dies, good) * die.count)
    return DieCost(gross_usd=gross, lost_usd=paid - gross, good_fraction=good, per_wafer=dies * good)


def logic_cost(design: Design, pick: Pick) -> tuple[Array, Array]:
    """USD per chip: the dies' share of their wafers, and what lost dies add."""
    costs = [die_cost(die, pick) for die in design.dies]
    return np.asarray(sum(c.gross_usd for c in costs)), np.asarray(sum(c.lost_usd for c in costs))


def _repairable(die: Die, pick: Pick) -> Number:
    if die.repairable_fraction is not None:
        return die.repairable_fraction
    spare = np.asarray(die.units) > die.units_needed
    return np.where(spare, pick("replicated_area_fraction_gpu"), 0.0) if np.any(spare) else 0.0
