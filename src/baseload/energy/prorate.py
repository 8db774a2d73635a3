"""A running figure of joules per unit of work, for the energy that an answer states before its window closes.

The record is the share-out of the closed window; this is its best forecast: a ratio of sums that fade with a half-life,
so that it follows the machine when its load changes and converges when it does not.
"""

from baseload.energy.share import Weights

HALF_LIFE_S = 60.0


class Prorate:
    """Millijoules of active energy per unit of work (a nanosecond of the reference machine)."""

    def __init__(self, *, active_w: float, half_life_s: float = HALF_LIFE_S) -> None:
        """Starts from what the catalogue says: all of the pool's watts above idle, at the reference machine's speed.

        The start weighs as much as one second of full work, so a few windows outweigh it.
        """
        self.half_life_s = half_life_s
        self.work = 1e9
        self.energy_mj = max(0.0, active_w) * 1000.0

    @property
    def mj_per_work(self) -> float:
        return self.energy_mj / self.work

    def learn(self, active_mj: int, work: int, dt_us: int) -> None:
        """Take in a closed window. One without work says nothing about the price of work."""
        if work <= 0 or active_mj < 0:
            return
        fade = 0.5 ** (max(0, dt_us) / 1e6 / self.half_life_s)
        self.work = self.work * fade + work
        self.energy_mj = self.energy_mj * fade + active_mj

    def energy_of(self, weights: Weights, prefilled: int, decoded: int) -> int:
        """Millijoules of an attempt's tokens; never negative."""
        return max(0, round(self.mj_per_work * weights.work(prefilled, decoded)))
