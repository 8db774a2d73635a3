"""Power sensors, one file each: RAPL, NVML, and the model that stands in where no counter exists."""

from baseload.energy.sensors.base import Reading, Sensor
from baseload.energy.sensors.modelled import Busy, Modelled, ProcStat
from baseload.energy.sensors.pick import pick

__all__ = ["Busy", "Modelled", "ProcStat", "Reading", "Sensor", "pick"]
