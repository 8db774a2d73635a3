"""NVML: the energy counters of NVIDIA accelerators (Volta and later), millijoules since the driver was loaded.

The only file that imports `pynvml`, from the extra `baseload[nvml]`.
"""

import importlib
from typing import Any

from baseload.energy.sensors.base import Reading
from baseload.energy.sensors.counter import Counter
from baseload.units import Mark, Micros

CEILING_W = 5000.0


class Nvml:
    """The first `chips` accelerators of this machine, together."""

    def __init__(self, chips: int, library: Any = None) -> None:
        """`library` stands in for `pynvml` in tests."""
        self.library = library or _library()
        try:
            self.library.nvmlInit()
            present = self.library.nvmlDeviceGetCount()
            if present < chips:
                raise OSError(f"NVML shows {present} accelerators, the pool has {chips}")
            self.handles = [self.library.nvmlDeviceGetHandleByIndex(i) for i in range(chips)]
        except self.library.NVMLError as error:
            raise OSError(f"NVML does not answer: {error}") from error
        self.counters = [Counter(wraps_at_uj=0, ceiling_w=CEILING_W) for _ in self.handles]

    def read(self, now_us: Micros) -> Reading:
        try:
            raws = [int(self.library.nvmlDeviceGetTotalEnergyConsumption(handle)) for handle in self.handles]
        except self.library.NVMLError as error:
            raise OSError(f"NVML does not answer: {error}") from error
        vouched = [counter.advance(raw * 1000, now_us) for counter, raw in zip(self.counters, raws, strict=True)]
        total_uj = sum(counter.total_uj for counter in self.counters)
        return Reading(total_mj=total_uj // 1000, kind=Mark.MEASURED, at_us=now_us, bridged=all(vouched))

    def close(self) -> None:
        try:
            self.library.nvmlShutdown()
        except self.library.NVMLError:
            pass  # the driver is gone, and its handles with it


def _library() -> Any:
    try:
        return importlib.import_module("pynvml")
    except ImportError as error:
        raise OSError("NVML needs the extra: pip install 'baseload[nvml]'") from error
