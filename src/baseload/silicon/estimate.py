"""A predicted figure with how sure it is: the central value, an 80 % band, and what it rests on."""

from dataclasses import dataclass, replace
from math import exp
from typing import Literal

Mode = Literal["calibrated", "pooled", "datasheet", "cost model", "catalogue"]

ENOUGH_ROWS = 8
"""Measured rows of a chip × engine family × precision, for a prediction to be called calibrated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`low` to `high` holds the truth for 80 % of unseen rows.

    calibrated: at least eight measured rows of this chip, engine family and precision; pooled: the engine family was
    measured on other chips or precisions; datasheet: nothing but what the chip's maker says and common constants.
    cost model: added up from parts; catalogue: an input that came from such a figure itself, so no test of anything.
    """

    value: float
    low: float
    high: float
    mode: Mode
    assumption: str = ""
    """What was not given and had to be assumed, in words."""

    def times(self, factor: float) -> "Estimate":
        """In another unit; `factor` is positive."""
        return replace(self, value=self.value * factor, low=self.low * factor, high=self.high * factor)


def around(value: float, half_width: float, mode: Mode, assumption: str = "") -> Estimate:
    """With a band as wide up as down on the logarithm."""
    factor = exp(half_width)
    return Estimate(value=value, low=value / factor, high=value * factor, mode=mode, assumption=assumption)
