"""From a chip's price and watts to dollars a busy second. Sources: docs/method/economics.md.

Capital is an annuity over the chip's life at the cost of capital, installation and upkeep as shares of it, spread over
the hours that it is busy; energy is what it draws when busy, with its server and the site around it.
"""

import numpy as np

from baseload.silicon.coefficients import Array
from baseload.silicon.explore.market import Market

SECONDS_PER_YEAR = 365.25 * 24 * 3600
J_PER_MWH = 3.6e9


def annuity(rate: float, years: float) -> float:
    """The yearly payment on a dollar."""
    return rate / (1 - (1 + rate) ** -years) if rate > 0 else 1 / years


def capital_usd_per_s(price_usd: Array, market: Market) -> Array:
    """Of a busy second of one chip with its share of the server."""
    yearly = annuity(market.of("cost_of_capital"), market.of("life_years")) * (1 + market.of("install_share"))
    busy_s = SECONDS_PER_YEAR * market.of("utilisation")
    return np.asarray(price_usd * (yearly + market.of("opex_share")) / busy_s)


def energy_usd_per_s(typical_w: Array, market: Market) -> Array:
    """Of a busy second of one chip: its server's share and the site's overhead on top."""
    return np.asarray(site_w(typical_w, market) * market.of("power_price") / J_PER_MWH)


def site_w(chip_w: Array, market: Market) -> Array:
    """Watts at the meter for a chip's own."""
    return np.asarray(chip_w * (1 + market.of("server_power_share")) * market.of("pue"))
