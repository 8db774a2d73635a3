"""From a chip's price and watts to dollars a busy second, by `cost`'s terms, and to watts at the meter."""

from typing import NamedTuple

import numpy as np

from baseload.silicon.coefficients import Array
from baseload.silicon.costing.draw import Middle
from baseload.silicon.costing.per_token import HOURS_PER_YEAR, SECONDS_PER_HOUR, Terms, annuity, terms, yearly_usd
from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.market import Market


class BusySecond(NamedTuple):
    """USD of a second in which a chip works, fully loaded, and the part of it that is capital; (chips,)."""

    full: Array
    capital: Array


def site(market: Market) -> Terms:
    """What a site and its money cost on the market's day."""
    return terms(Middle(market.priced, market.day))


def busy_s_per_year(market: Market) -> float:
    """Seconds a year that a chip works."""
    return HOURS_PER_YEAR * SECONDS_PER_HOUR * market.of("utilisation")


def busy_second(total_usd: Array, nre_usd: Array | float, chips: Chips, market: Market) -> BusySecond:
    """`total_usd` is a chip with its share of the server, `nre_usd` its share of the design's cost.

    The server's watts come on top of the chip's. A design's cost is repaid over the chips' life, but needs no network,
    installation or upkeep.
    """
    terms_here, around = site(market), 1 + market.of("server_power_share")
    year = yearly_usd(total_usd, chips.typical_w * around, terms_here, idle_w=chips.idle_w * around)
    designed = np.asarray(nre_usd) * annuity(terms_here.cost_of_capital, terms_here.life_years)
    busy_s = busy_s_per_year(market)
    return BusySecond(
        full=np.asarray((year.full + designed) / busy_s), capital=np.asarray((year.capital + designed) / busy_s)
    )


def site_w(chip_w: Array, market: Market) -> Array:
    """Watts at the meter for a chip's own: server share and site overhead on top."""
    return np.asarray(chip_w * (1 + market.of("server_power_share")) * market.of("pue"))
