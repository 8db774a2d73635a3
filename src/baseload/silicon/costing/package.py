"""The package: what the market charges, and never less than what it is made of."""

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.design import Design
from baseload.silicon.costing.die import dies_per_wafer, known_good_die_usd
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.yields import negative_binomial

RATES = {
    "cowos_s": ("cowos_s_package_cost_1die", "cowos_s_reference_interposer"),
    "cowos_l": ("cowos_s_package_cost_1die", "cowos_s_reference_interposer"),
    "cowos_soic": ("cowos_soic_package_cost_chiplet", "cowos_soic_reference_interposer"),
}
"""A published price and the interposer of the package that it was quoted for. CoWoS-L has no price of its own."""


def interposer_mm2(design: Design, pick: Pick) -> Array:
    """1.1 × the area that stands on it: dies that are not stacked on others, and memory sites (Chiplet Actuary)."""
    standing = sum(np.asarray(d.area_mm2 * np.asarray(d.count)) for d in design.dies if not d.stacked)
    sites = np.asarray(design.memory_sites) * pick("hbm_stack_footprint")
    return np.asarray(pick("interposer_margin") * (standing + sites))


def market_usd(design: Design, pick: Pick) -> Array:
    """The published charge, by interposer area.

    The two published charges agree on a price by area: 750 / 1,621 mm2 (H100) and 1,200 / 2,596 mm2 (MI300X) are both
    0.46 USD/mm2.
    """
    if design.package == "organic":
        return np.asarray(pick("organic_package_cost_reference"))
    price, area = RATES[design.package]
    by_area = pick(price) / np.asarray(pick(area)) * interposer_mm2(design, pick)
    return np.asarray(by_area * (1.0 + np.asarray(pick("cowos_capacity_premium")) + design.packaging_premium))


def bottom_up_usd(design: Design, logic_usd: Number, pick: Pick) -> Array:
    """What a chip-last 2.5D package is made of (Chiplet Actuary, Feng and Ma 2022), or a flip-chip one.

    Interposer at its own node and yield, bumps, organic substrate, and good dies lost in bonding:
    logic × (1/y_bond^n − 1) over the n dies on the interposer. The source speaks of no others: memory stacks and the
    bonding of dies onto dies are left to the market price.
    """
    dies = sum(np.asarray(d.area_mm2 * np.asarray(d.count)) for d in design.dies)
    placed = np.asarray(sum(np.asarray(d.count) for d in design.dies if not d.stacked))
    c4, substrate = pick("bump_cost_per_mm2_c4"), pick("substrate_cost_per_mm2")
    if design.package == "organic":
        bond = np.asarray(pick("bonding_yield_per_die_flipchip"))
        wide = np.asarray(pick("substrate_area_factor") * dies)
        return np.asarray(wide * substrate + dies * c4 + logic_usd * (np.power(bond, -1.0 * placed) - 1.0))
    area = interposer_mm2(design, pick)
    bond = np.asarray(pick("bonding_yield_per_die_si_interposer"))
    good = negative_binomial(area, pick("defect_density_si_interposer"), pick("interposer_cluster_alpha"))
    silicon = known_good_die_usd(pick("wafer_price_si_interposer_65nm"), dies_per_wafer(area, pick), good)
    bumps = area * c4 + dies * pick("bump_cost_per_mm2_ubump")
    board = area * pick("substrate_area_factor") * substrate
    return np.asarray(silicon + bumps + board + logic_usd * (np.power(bond, -1.0 * placed) - 1.0))


def package_usd(design: Design, logic_usd: Number, pick: Pick) -> Array:
    """The dearer of market and bottom-up: capacity is rationed, and nobody sells below cost."""
    return np.maximum(market_usd(design, pick), bottom_up_usd(design, logic_usd, pick))
