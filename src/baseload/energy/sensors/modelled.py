"""Watts from utilisation: idle watts plus the part of the way to maximum that the machine is busy.

For machines without an energy counter, which most virtual machines are. Linear in utilisation, as SPECpower-based
estimates are (Cloud Carbon Footprint, methodology); real curves bend, so this is marked modelled.
"""

from collections.abc import Callable
from pathlib import Path

from baseload.energy import procstat
from baseload.energy.sensors.base import Reading
from baseload.units import Mark, Micros

Busy = Callable[[], float]
"""The mean utilisation, 0 to 1, since it was last asked."""


class Modelled:
    """`chips` × (idle + (max − idle) × busy) watts, added up from reading to reading."""

    def __init__(self, *, idle_w: float, max_w: float, chips: int, busy: Busy) -> None:
        self.idle_w = idle_w * chips
        self.span_w = (max_w - idle_w) * chips
        self.busy = busy
        self.total_uj = 0
        self.at_us: int | None = None

    def read(self, now_us: Micros) -> Reading:
        busy = min(1.0, max(0.0, self.busy()))
        if self.at_us is not None:
            elapsed_us = max(0, now_us - self.at_us)
            self.total_uj += round((self.idle_w + self.span_w * busy) * elapsed_us)  # watts × microseconds
        self.at_us = now_us
        return Reading(total_mj=self.total_uj // 1000, kind=Mark.MODELLED, at_us=now_us)

    def close(self) -> None:
        """Holds nothing open."""


class ProcStat:
    """Utilisation of this machine from the first line of /proc/stat."""

    def __init__(self, path: Path = procstat.MACHINE) -> None:
        self.path = path
        self.before = procstat.machine_ticks(path)
        self.last = 0.0

    def __call__(self) -> float:
        busy, total = procstat.machine_ticks(self.path)
        step_busy, step_total = busy - self.before[0], total - self.before[1]
        if step_total > 0:
            self.last = min(1.0, max(0.0, step_busy / step_total))
            self.before = (busy, total)
        return self.last
