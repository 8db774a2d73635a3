"""Memory in dollars per gigabyte, by generation and date."""

from datetime import date

import numpy as np

from baseload.catalog.cost import along
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.draw import Pick

SERIES = {
    "hbm2": ("hbm2e_price",),
    "hbm2e": ("hbm2e_price",),
    "hbm3": ("hbm3_price",),
    "hbm3e": ("hbm3e_price",),
    "hbm4": ("hbm4_price",),
    "lpddr5": ("lpddr5x_price",),
    "lpddr5x": ("lpddr5x_price",),
    "gddr6": ("gddr6_price",),
    "gddr7": ("gddr7_price",),
    "ddr5": ("ddr5_price", "ddr5_rdimm_spot_price"),
}
"""HBM2 is priced as HBM2e and LPDDR5 as LPDDR5X. DDR5 is contract modules in 2023 and spot modules in 2025."""
LAST_DAY = date(2027, 6, 30)
"""The last day that any source speaks of; prices stay from there on."""
SURGE_FROM, SURGE_TO = date(2026, 6, 27), LAST_DAY
"""HBM quotes rise from the 2026 price to the 2027 multiple of it between these days, by straight line."""
Q1_2026 = (date(2025, 12, 31), date(2026, 3, 31))
"""LPDDR5X: the quarter in which contracts rose by nine tenths."""


def memory_usd_per_gb(kind: str, pick: Pick) -> Number:
    """The price on the day. Beyond the last figure it stays; HBM follows the 2027 multiplier, LPDDR5X the rise of
    the first quarter of 2026 backwards.
    """
    if kind == "none":
        return 0.0
    dated = tuple(fact for name in SERIES[kind] for fact in pick.inputs.dated(name))
    price = pick.of(SERIES[kind][-1], along(dated, pick.day))
    if kind.startswith("hbm"):
        return price * _surge(pick)
    return price / _before_the_rise(pick) if kind.startswith("lpddr") else price


def memory_usd(kind: str, capacity_gb: Number, pick: Pick) -> Array:
    """USD for a capacity."""
    return np.asarray(memory_usd_per_gb(kind, pick) * np.asarray(capacity_gb))


def _surge(pick: Pick) -> Number:
    share = _share(pick.day, SURGE_FROM, SURGE_TO)
    return 1.0 + share * (np.asarray(pick("hbm_price_2027_multiplier")) - 1.0) if share else 1.0


def _before_the_rise(pick: Pick) -> Number:
    share = _share(pick.day, *Q1_2026)
    return 1.0 + (1.0 - share) * np.asarray(pick("lpddr5x_contract_rise_q1_2026")) if share < 1 else 1.0


def _share(day: date, first: date, last: date) -> float:
    return min(max((day - first).days / (last - first).days, 0.0), 1.0)
