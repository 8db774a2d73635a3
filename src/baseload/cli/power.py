"""Watts while something happens, from a sensor that may not be there."""

import time
from collections.abc import Callable
from typing import TypeVar

from baseload.cli.show import say
from baseload.energy.sensors.base import Sensor
from baseload.units import Micros

R = TypeVar("R")

IDLE_S = 2.0


class Power:
    """A sensor, or the reason why there is none."""

    def __init__(self, make: Callable[[], Sensor]) -> None:
        self.sensor: Sensor | None = None
        self.note = ""
        try:
            sensor = make()
            sensor.read(_now_us())
            self.sensor = sensor
        except OSError as error:
            self.note = f"no watts were measured ({error}); those of the catalogue's entry stand in"

    def idle_w(self) -> float | None:
        """The mean over `IDLE_S` in which this command does nothing; what else runs on the machine is in it."""
        if self.sensor is None:
            return None
        say("idle watts")
        return self.during(lambda: time.sleep(IDLE_S))[1]

    def during(self, work: Callable[[], R]) -> tuple[R, float | None]:
        """The work's result, and the mean watts while it ran."""
        if self.sensor is None:
            return work(), None
        before = self.sensor.read(_now_us())
        result = work()
        after = self.sensor.read(_now_us())
        elapsed_us = after.at_us - before.at_us
        return result, (after.total_mj - before.total_mj) * 1e3 / elapsed_us if elapsed_us else None


def _now_us() -> Micros:
    return Micros(time.time_ns() // 1000)
