"""What a power sensor is: something that can be read again and again and whose total only grows."""

from dataclasses import dataclass
from typing import Protocol

from baseload.units import Mark, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Millijoules since the sensor's first reading, and how those since the previous one came to be.

    `bridged` is False when a counter cannot vouch for the time since the previous reading: it was reset, or may have
    wrapped more than once. `filled_mj` is how much of the total a model has put in for a sensor that was silent.
    """

    total_mj: int
    kind: Mark
    at_us: Micros
    bridged: bool = True
    filled_mj: int = 0


class Sensor(Protocol):
    """A member of the family. `read` raises `OSError` while the hardware does not answer."""

    def read(self, now_us: Micros) -> Reading: ...

    def close(self) -> None: ...
