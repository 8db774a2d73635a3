"""Chooses a pool's sensor: what the description asks for, else the best that this machine has."""

from pathlib import Path

from baseload.catalog import Chip, chips_of
from baseload.config.cloud import Pool
from baseload.energy.sensors.base import Sensor
from baseload.energy.sensors.gaps import Filled
from baseload.energy.sensors.modelled import Busy, Modelled, ProcStat
from baseload.energy.sensors.nvml import Nvml
from baseload.energy.sensors.rapl import POWERCAP, Rapl
from baseload.errors import SetupError
from baseload.units import Micros


def pick(pool: Pool, chip: Chip, *, busy: Busy | None = None, powercap: Path = POWERCAP) -> Sensor:
    """A sensor for a localised pool.

    `busy` says how busy the pool is when it is not this machine's processor: a twin, an engine elsewhere. Such a pool
    is modelled, and so is an accelerator, which no counter here can read. A sensor asked for by name that is not there
    is an error; "auto" falls back to the model.
    """
    model = Modelled(
        idle_w=chip.need("idle_w").value,
        max_w=chip.need("max_w").value,
        chips=chips_of(pool),
        busy=busy or ProcStat(),
    )
    if pool.sensor == "modelled" or (pool.sensor == "auto" and (busy is not None or chip.kind == "accelerator")):
        return model
    try:
        return Filled(_hardware(pool, chip, powercap), model)
    except OSError as error:
        if pool.sensor == "auto":
            return model
        raise SetupError(
            f'pool {pool.id!r} asks for sensor = "{pool.sensor}", but {error}; set sensor = "auto" or "modelled"'
        ) from error


def _hardware(pool: Pool, chip: Chip, powercap: Path) -> Sensor:
    """The counter itself, read once to see that it may be read (RAPL is for root on most systems)."""
    wanted = pool.sensor if pool.sensor != "auto" else {"cpu": "rapl"}.get(chip.kind, "nvml")
    sensor: Sensor = Rapl(powercap) if wanted == "rapl" else Nvml(chips_of(pool))
    if isinstance(sensor, Rapl):
        for zone in sensor.zones:
            zone.raw_uj()
    else:
        sensor.read(Micros(0))
    return sensor
