"""Rows of energy.csv, predicted in their unit.

Rows do not say how long their steps took, so the step model does. Engines of 2023 launch kernels one by one, 0.56 ms a
layer, which is why in the source of energy.csv a token takes 45 ms on four chips and on eight alike (splitwise-sim
@3780880, data/perf_model.csv, token_time: 80 layers). Engines named otherwise launch captured graphs.
"""

from collections.abc import Sequence
from math import exp

from baseload.catalog import Chip
from baseload.silicon.calibrate.observation import LOAD, MOST_AT_ONCE, row_layout
from baseload.silicon.calibrate.workload import lengths_of
from baseload.silicon.constants import Constants
from baseload.silicon.engines import family_of
from baseload.silicon.estimate import Estimate
from baseload.silicon.hardware import hardware_of, precision_name
from baseload.silicon.left_out import LeftOut, Row, believable, chip_of, leaving_out, model_of
from baseload.silicon.power.draw import PowerConstants, shipped
from baseload.silicon.power.shares import Phase, decoding, mean_watts, prompting
from baseload.silicon.serving import Served, physics
from baseload.silicon.shape import shape_of

EAGER = Constants(launch_layer_s=0.56e-3)
GRAPHS = Constants()
EAGER_WORDS = ("2023",)


def is_batch(row: Row) -> bool:
    """Whether the load is one batch that starts and ends together."""
    load = row["concurrency_or_mode"]
    return "static" in load.casefold() and LOAD.search(load) is not None


def fraction_row(row: Row) -> tuple[Chip, list[Phase]]:
    """A row with metric avg_power_fraction: its chip, and the phases of its batch. LeftOut with the reason."""
    if row["metric"] != "avg_power_fraction":
        raise LeftOut(f"metric {row['metric']} is not predicted")
    return batch_phases(row)


def batch_phases(row: Row) -> tuple[Chip, list[Phase]]:
    """A row of a batch: its chip, and the batch's prompt and decode phases. LeftOut with the reason."""
    load = LOAD.search(row["concurrency_or_mode"])
    if not load:
        raise LeftOut("the load is not stated")
    batch = believable(float(load[1]), "concurrency", most=MOST_AT_ONCE)
    with leaving_out():
        entry, shape, lengths = chip_of(row), shape_of(model_of(row).architecture), lengths_of(row)
        hardware, precision = hardware_of(entry), precision_name(row["precision"])
        layout = row_layout(row, hardware, shape, precision)
        served = Served(
            hardware=hardware,
            shape=shape,
            plan=layout.decode,
            precision=precision,
            family=family_of(row["engine"]),
        )
        p = physics(served)
    k = EAGER if any(word in row["engine"] for word in EAGER_WORDS) else GRAPHS
    share = max(1.0, batch / layout.replicas)
    return entry, [
        prompting(p, k, share, lengths.prefilled),
        decoding(p, k, share, lengths.mean_context, steps=lengths.output_tokens),
    ]


def fraction(entry: Chip, phases: Sequence[Phase], constants: PowerConstants | None = None) -> float:
    """Mean watts over the chip's maximum."""
    if not entry.idle_w or not entry.max_w:
        raise LeftOut(f"no source says idle or maximum watts of {entry.id}")
    return mean_watts(entry.idle_w.value, entry.max_w.value, phases, constants) / entry.max_w.value


def estimate(row: Row, constants: PowerConstants | None = None) -> Estimate:
    """A row of energy.csv. LeftOut with the reason when it cannot be predicted."""
    entry, phases = fraction_row(row)
    said = "the fraction is of the chip's maximum; times are the step model's"
    assumed = "; ".join(filter(None, (lengths_of(row).assumption, said)))
    return banded(fraction(entry, phases, constants), assumed, constants)


def banded(value: float, assumption: str, constants: PowerConstants | None = None) -> Estimate:
    """With the band of the energy rows. Constants are of all GPUs together, so the mode is pooled."""
    k = constants or shipped()
    return Estimate(
        value=value, low=value * exp(k.error_low), high=value * exp(k.error_high), mode="pooled", assumption=assumption
    )
