"""Watts of a step from what it does: a constant at idle, and one each for full arithmetic and full memory traffic."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from baseload.errors import SetupError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watts:
    """watts = idle + compute × share of time in arithmetic + memory × share of time in memory traffic.

    For the whole replica. Since both shares may be 1 at once, the most is the sum of the three. Linear, so energy over
    any time is exact from the seconds of either.
    """

    idle_w: float
    compute_w: float
    memory_w: float

    def __post_init__(self) -> None:
        said = [n for n in ("idle_w", "compute_w", "memory_w") if not 0 <= getattr(self, n) < math.inf]
        if said:
            raise SetupError(f"{' and '.join(said)} must be 0 or more and finite")

    def energy_j(self, time_s: Array, compute_s: Array, memory_s: Array) -> Array:
        """Joules of spans of time, each with its seconds of arithmetic and of memory traffic."""
        return self.idle_w * time_s + self.compute_w * compute_s + self.memory_w * memory_s
