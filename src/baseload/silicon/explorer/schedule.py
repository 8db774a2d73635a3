"""When a design stands in racks, and how far its software has come since."""

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.explorer.blocks import memory_values, node_values
from baseload.silicon.explorer.design import Designs
from baseload.silicon.explorer.market import Market

WEEKS_PER_MONTH = 365.25 / 12 / 7
SETTLED = 3.0
"""Time constants after which a port counts as done: 95 % of the way."""


def design_months(designs: Designs, market: Market) -> Array:
    """From the start to tape-out; each doubling of chiplets takes its own verification."""
    joints = np.log2(designs.genome.chiplets) * market.rules.chiplet_months.value
    return np.asarray(node_values(designs.genome, market, "design_months") + joints)


def respin_months(market: Market) -> float:
    """What one more tape-out costs in time."""
    return market.rules.respin_months.value


def after_tape_out_months(designs: Designs, market: Market, respins: float | None = None) -> Array:
    """From tape-out to volume: fab, packaging and test, bring-up, a new memory's qualification, and respins."""
    latency = (node_values(designs.genome, market, "fab_weeks") + market.of("osat_latency")) / WEEKS_PER_MONTH
    again = (market.of("respins") if respins is None else respins) * respin_months(market)
    waiting = memory_values(designs.genome, market, "qualification_months") + market.rules.bring_up_months.value
    return np.asarray(latency + waiting + again)


def volume_months(designs: Designs, market: Market, respins: float | None = None) -> Array:
    """From the start to volume, with the respins that the catalogue expects unless told otherwise."""
    return design_months(designs, market) + after_tape_out_months(designs, market, respins)


def maturity(months: Number, market: Market) -> Array:
    """The share of its settled speed that a port runs at, so many months after first silicon in production.

    1 − (1 − first) · e^(−3t/T): MTIA 2i went from 0.5× to 1.8× in eight months (ISCA'25).
    """
    first, settles = market.rules.first_port_share.value, market.rules.port_months.value
    return np.asarray(1 - (1 - first) * np.exp(-SETTLED * np.asarray(months) / settles))


def mean_maturity(market: Market) -> float:
    """The mean of `maturity` over a chip's life."""
    first, tau = market.rules.first_port_share.value, market.rules.port_months.value / SETTLED
    life = 12 * market.of("life_years")
    return float(1 - (1 - first) * tau / life * (1 - np.exp(-life / tau)))
