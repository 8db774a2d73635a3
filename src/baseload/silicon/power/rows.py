"""Rows of energy.csv, predicted in their unit.

Rows do not say how long their steps took, so the step model does. Engines of 2023 launch kernels one by one, 0.56 ms a
layer, which is why in the source of energy.csv a token takes 45 ms on four chips and on eight alike (splitwise-sim
@3780880, data/perf_model.csv, token_time: 80 layers). Engines named otherwise launch captured graphs.
"""

from collections.abc import Mapping, Sequence
from math import exp

from baseload.catalog import Chip, chip, model
from baseload.errors import BaseloadError
from baseload.silicon.calibrate.observation import LOAD, LeftOut, family_of
from baseload.silicon.calibrate.parallelism import Unclear, layout_of
from baseload.silicon.constants import Constants
from baseload.silicon.estimate import Estimate
from baseload.silicon.hardware import hardware_of
from baseload.silicon.power.draw import PowerConstants, shipped
from baseload.silicon.power.shares import Phase, decoding, mean_watts, prompting
from baseload.silicon.serving import Served, physics
from baseload.silicon.shape import shape_of

Row = Mapping[str, str]
EAGER = Constants(launch_layer_s=0.56e-3)
GRAPHS = Constants()
EAGER_WORDS = ("2023",)


def fraction_row(row: Row) -> tuple[Chip, list[Phase]]:
    """A row with metric avg_power_fraction: its chip, and the prompt and decode phases of its batch."""
    if row["metric"] != "avg_power_fraction":
        raise LeftOut(f"metric {row['metric']} is not predicted")
    load = LOAD.search(row["concurrency_or_mode"])
    if not load or not row["isl"] or not row["osl"]:
        raise LeftOut("batch or lengths are not stated")
    batch, given, made = float(load[1]), float(row["isl"]), float(row["osl"])
    try:
        entry, shape = chip(row["chip"]), shape_of(model(row["model"]).architecture)
        hardware = hardware_of(entry)
        layout = layout_of(row["parallelism"], int(float(row["n_chips"])), shape, hardware.domain)
        served = Served(
            hardware=hardware,
            shape=shape,
            plan=layout.decode,
            precision=row["precision"],
            family=family_of(row["engine"]),
        )
        p = physics(served)
    except (BaseloadError, Unclear) as error:
        raise LeftOut(str(error)) from error
    k = EAGER if any(word in row["engine"] for word in EAGER_WORDS) else GRAPHS
    return entry, [prompting(p, k, batch, given), decoding(p, k, batch, given + made / 2.0, steps=made)]


def fraction(entry: Chip, phases: Sequence[Phase], constants: PowerConstants | None = None) -> float:
    """Mean watts over the chip's maximum."""
    if not entry.idle_w or not entry.max_w:
        raise LeftOut(f"no source says idle or maximum watts of {entry.id}")
    return mean_watts(entry.idle_w.value, entry.max_w.value, phases, constants) / entry.max_w.value


def estimate(row: Row, constants: PowerConstants | None = None) -> Estimate:
    """A row of energy.csv. LeftOut with the reason when it cannot be predicted."""
    entry, phases = fraction_row(row)
    said = "the fraction is of the chip's maximum; times are the step model's"
    return banded(fraction(entry, phases, constants), said, constants)


def banded(value: float, assumption: str, constants: PowerConstants | None = None) -> Estimate:
    """With the band of the energy rows. Constants are of all GPUs together, so the mode is pooled."""
    k = constants or shipped()
    return Estimate(
        value=value, low=value * exp(k.error_low), high=value * exp(k.error_high), mode="pooled", assumption=assumption
    )
