"""RAPL: the processor's own energy counters, as Linux shows them under /sys/class/powercap (Intel, and AMD since Zen).

Counted are packages and memory (`dram`) that a package does not include. `core` and `uncore` are parts of their
package, and `psys` contains them all, so none of these is added. Board, fans and power supply are outside the counter.
"""

from dataclasses import dataclass
from pathlib import Path

from baseload.energy.sensors.base import Reading
from baseload.energy.sensors.counter import Counter
from baseload.units import Mark, Micros

POWERCAP = Path("/sys/class/powercap")
CEILING_W = 1000.0
"""No processor package or memory zone draws more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One counter of the machine."""

    name: str
    folder: Path
    counter: Counter

    def raw_uj(self) -> int:
        return int((self.folder / "energy_uj").read_text(encoding="ascii"))


class Rapl:
    """All zones together; silent as a whole when one of them is."""

    def __init__(self, powercap: Path = POWERCAP) -> None:
        self.zones = zones(powercap)
        if not self.zones:
            raise OSError(f"no RAPL energy counters under {powercap}")

    def read(self, now_us: Micros) -> Reading:
        raws = self._raws()
        vouched = [zone.counter.advance(raw, now_us) for zone, raw in zip(self.zones, raws, strict=True)]
        total_uj = sum(zone.counter.total_uj for zone in self.zones)
        return Reading(total_mj=total_uj // 1000, kind=Mark.MEASURED, at_us=now_us, bridged=all(vouched))

    def _raws(self) -> list[int]:
        """Every counter before any is taken, so that a failure half-way leaves the totals whole."""
        try:
            return [zone.raw_uj() for zone in self.zones]
        except ValueError as error:
            raise OSError(f"RAPL counter without a number: {error}") from error

    def close(self) -> None:
        """Files are opened for each reading; there is nothing to let go."""


def zones(powercap: Path) -> list[Zone]:
    """The zones to add up, in the order of their names."""
    found = []
    for folder in sorted(powercap.glob("intel-rapl:*")):
        try:
            name = (folder / "name").read_text(encoding="ascii").strip()
            range_uj = int((folder / "max_energy_range_uj").read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        if name.startswith("package") or name == "dram":
            found.append(Zone(name=name, folder=folder, counter=Counter(wraps_at_uj=range_uj, ceiling_w=CEILING_W)))
    return found
