"""Dies on a wafer, and what a good one costs. Lengths in mm, areas in mm2, money in USD; arrays broadcast."""

from datetime import date

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.memory import LAST_DAY
from baseload.silicon.costing.node import NODES

RISES_FROM = date(2025, 7, 1)
"""Yearly price rises count from the day of a wafer's price, and not before the first that was announced."""
DAYS_PER_YEAR = 365.25
FIELD_MM = (26.0, 33.0)
"""The largest field that a scanner exposes: the shape of a die whose sides nobody published."""
RISING = frozenset({"n7", "n6", "n5", "n4", "n3", "n2", "a16"})


def gross_dies(
    area_mm2: Number, *, diameter_mm: Number = 300.0, edge_mm: Number = 3.0, scribe_mm: Number = 0.1
) -> Array:
    """Dies per wafer: π(D/2 − e)²/A' − π(D − 2e)/√(2A'), A' = A + 2s√A + s² (Chiplet Actuary, Feng and Ma 2022).

    At least one half, so that a die nearly as large as the wafer has a price.
    """
    area = np.asarray(area_mm2, dtype=float)
    pitch = area + 2.0 * np.asarray(scribe_mm) * np.sqrt(area) + np.square(scribe_mm)
    across = np.asarray(diameter_mm) - 2.0 * np.asarray(edge_mm)
    return np.asarray(np.maximum(np.pi * np.square(across / 2) / pitch - np.pi * across / np.sqrt(2 * pitch), 0.5))


def placed_dies(
    width_mm: float, height_mm: float, *, diameter_mm: float = 300.0, edge_mm: float = 3.0, scribe_mm: float = 0.1
) -> int:
    """Dies of a grid that lie whole within the usable circle, for the best of 32 × 32 places of the grid."""
    x, y, radius = width_mm + scribe_mm, height_mm + scribe_mm, diameter_mm / 2 - edge_mm
    shifts = np.linspace(0.0, 1.0, 32, endpoint=False)
    columns = np.arange(-int(radius / x) - 2, int(radius / x) + 2)
    left = (columns[None, :] + shifts[:, None]) * x
    reach = np.maximum(np.abs(left), np.abs(left + width_mm))
    tall = np.sqrt(np.maximum(radius**2 - np.square(reach), 0.0)) * (reach <= radius)
    rows = np.arange(-int(radius / y) - 2, int(radius / y) + 2)
    below = (rows[None, :] + shifts[:, None]) * y
    height = np.maximum(np.abs(below), np.abs(below + height_mm))
    inside = height[None, :, None, :] <= tall[:, None, :, None]
    return int(np.max(np.sum(inside, axis=(2, 3))))


def wafer_price_usd(node: str, pick: Pick) -> Number:
    """The price of a processed 300 mm wafer on the day: the catalogue's, risen by the announced share a year.

    It rises no further than the last day that any source speaks of.
    """
    name = NODES[node].wafer
    price = pick(name)
    years = (min(pick.day, LAST_DAY) - max(pick.used[name].date, RISES_FROM)).days / DAYS_PER_YEAR
    if node not in RISING or years <= 0:
        return price
    return np.asarray(price * np.power(1.0 + np.asarray(pick("wafer_price_annual_rise_hpc")), years))[()]


def placed_per_wafer(area_mm2: Number, pick: Pick) -> Array:
    """`placed_dies` with the catalogue's wafer, edge and lane at their central values, for dies shaped as a full field.

    Like `gross_dies` at least one half.
    """
    diameter, edge, scribe = (
        pick.inputs.at(name, pick.day).value for name in ("wafer_diameter", "wafer_edge_exclusion", "scribe_lane")
    )

    def count(area: float) -> float:
        width = float(np.sqrt(area * FIELD_MM[0] / FIELD_MM[1]))
        return max(placed_dies(width, area / width, diameter_mm=diameter, edge_mm=edge, scribe_mm=scribe), 0.5)

    return np.asarray(np.vectorize(count, otypes=[float])(area_mm2))


def dies_per_wafer(area_mm2: Number, pick: Pick) -> Array:
    """`gross_dies` with the catalogue's wafer, edge and scribe lane."""
    return gross_dies(
        area_mm2,
        diameter_mm=pick("wafer_diameter"),
        edge_mm=pick("wafer_edge_exclusion"),
        scribe_mm=pick("scribe_lane"),
    )


def known_good_die_usd(
    wafer_usd: Number, dies: Number, good_fraction: Number, *, sort_usd_per_die: Number = 0.0
) -> Array:
    """(wafer / dies + sort) / yield. Every die is probed, so the bad ones' probing is paid by the good.

    Sorting is zero where a test charge per chip is booked, as analysts' lines do.
    """
    return np.asarray((np.asarray(wafer_usd) / dies + sort_usd_per_die) / good_fraction)
