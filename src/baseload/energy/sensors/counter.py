"""A hardware energy counter that wraps around, or starts again from zero, made into a total that only grows."""

from dataclasses import dataclass

MICROS_PER_S = 1_000_000


@dataclass(slots=True, kw_only=True)
class Counter:
    """Microjoules. `wraps_at_uj` is the counter's range, 0 for one that never wraps; `ceiling_w` is never exceeded.

    One wrap between two readings is seen and mended. If the ceiling could have filled the range in that time, a wrap
    may have been missed, and the step is not vouched for.
    """

    wraps_at_uj: int
    ceiling_w: float
    total_uj: int = 0
    raw_uj: int | None = None
    at_us: int = 0

    def advance(self, raw_uj: int, now_us: int) -> bool:
        """Take a reading; False when the step since the last one cannot be vouched for, and is left out."""
        before, elapsed_us = self.raw_uj, now_us - self.at_us
        self.raw_uj, self.at_us = raw_uj, now_us
        if before is None:
            return True
        step_uj = raw_uj - before
        if step_uj < 0:
            step_uj += self.wraps_at_uj
        if step_uj < 0 or (self.wraps_at_uj and self.ceiling_w * elapsed_us >= self.wraps_at_uj):
            return False
        self.total_uj += step_uj
        return True
