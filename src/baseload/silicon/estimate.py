"""A predicted figure with its 80 % band and what stands behind it."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["calibrated", "pooled", "datasheet"]
"""calibrated: measured on this chip, engine family and precision; pooled: on relatives; datasheet: on strangers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`low` to `high` should hold four of five measurements. Units are those of what was asked for."""

    value: float
    low: float
    high: float
    mode: Mode
    assumption: str = ""
    """What was not given and had to be assumed, in words; empty when nothing was."""

    def times(self, factor: float) -> "Estimate":
        """In another unit."""
        return Estimate(
            value=self.value * factor,
            low=self.low * factor,
            high=self.high * factor,
            mode=self.mode,
            assumption=self.assumption,
        )
