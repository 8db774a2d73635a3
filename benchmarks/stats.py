"""Percentiles, and medians of paired ratios.

Two things measured on a shared machine are compared in pairs, one right after the other, and the median of the
pairs' ratios is reported: slow drift of the machine then cancels, which it does not in a ratio of two means.
"""

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeVar

T = TypeVar("T")


def percentile(values: Sequence[float], q: float) -> float:
    """Linear interpolation between closest ranks; q in 0..1; nan when there is nothing to rank."""
    if not values:
        return math.nan
    ranked = sorted(values)
    place = (len(ranked) - 1) * q
    low = math.floor(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)


def summary_ms(seconds: Sequence[float]) -> dict[str, float]:
    """What a table shows of a set of times: milliseconds."""
    return {"n": len(seconds)} | {f"p{q}": rounded(percentile(seconds, q / 100) * 1e3) for q in (50, 95, 99)}


def rounded(value: float, digits: int = 4) -> float:
    """Four significant digits are more than any of these measurements holds."""
    return value if not math.isfinite(value) or value == 0 else float(f"{value:.{digits}g}")


def paired_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Median of first ÷ second over pairs whose second is positive; nan without one."""
    ratios = [a / b for a, b in pairs if b > 0]
    return median(ratios) if ratios else math.nan


def median_of(rows: Sequence[T], pick: Callable[[T], float]) -> float:
    """The median of one figure over rounds."""
    return median(pick(row) for row in rows) if rows else math.nan
