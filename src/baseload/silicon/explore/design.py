"""A population of genomes made into chips: what each can do, draws and measures."""

from typing import NamedTuple

import numpy as np

from baseload.catalog.technology import Technology
from baseload.silicon.coefficients import Array
from baseload.silicon.explore.blocks import Area, Peaks, Watts, area, memory_values, peaks, reuse, watts
from baseload.silicon.explore.chips import Chips
from baseload.silicon.explore.genome import Genome

GB = 1e9
INTERPOSER_MARGIN = 1.1
"""An interposer's area over that of what lies on it (Chiplet Actuary, DAC'22)."""
FP8, FP4 = 2.0, 4.0
"""Arithmetic of narrower formats over BF16's on the same wires, as on every chip of the catalogue that has them."""


class Designs(NamedTuple):
    """What genomes come to; arrays of shape (designs,)."""

    genome: Genome
    area: Area
    watts: Watts
    peaks: Peaks
    chips: Chips
    die_mm2: Array
    """Of one chiplet."""
    interposer_mm2: Array
    memory_gb: Array
    bandwidth_gb_per_s: Array


def build(genome: Genome, technology: Technology, names: tuple[str, ...] = ()) -> Designs:
    """Run the templates over a population; nothing is refused here, see `limits`."""
    rules = technology.rules
    built = area(genome, technology)
    peak = peaks(genome, technology)
    raw_gb_per_s = genome.stacks * memory_values(genome, technology, "stack_gb_per_s")
    bandwidth = raw_gb_per_s * memory_values(genome, technology, "throughput_share") * GB
    drawn = watts(genome, technology, built, peak, raw_gb_per_s * GB)
    rated = np.maximum(drawn.total * rules.simultaneity.value, drawn.idle)
    held = genome.stacks * memory_values(genome, technology, "stack_gb")
    kept = peak.bf16 * reuse(genome.sram_mb, peak.bf16 / np.maximum(bandwidth, 1.0), technology)
    chips = Chips(
        names=names or tuple(f"design-{i}" for i in range(genome.count)),
        bf16_flops_per_s=kept,
        fp8_flops_per_s=kept * FP8,
        fp4_flops_per_s=kept * FP4 * genome.fp4,
        vector_flops_per_s=peak.vector,
        bandwidth_bytes_per_s=bandwidth,
        memory_bytes=held * GB,
        link_bytes_per_s=genome.link_gb_per_s * GB,
        domain=np.full(genome.count, rules.rack_chips.value),
        programmable=genome.programmable,
        max_w=rated,
        typical_w=np.maximum(rated * rules.typical_power_share.value, drawn.idle),
    )
    on_package = built.total + genome.stacks * memory_values(genome, technology, "on_package_mm2")
    return Designs(
        genome=genome,
        area=built,
        watts=drawn,
        peaks=peak,
        chips=chips,
        die_mm2=built.total / genome.chiplets,
        interposer_mm2=INTERPOSER_MARGIN * on_package,
        memory_gb=held,
        bandwidth_gb_per_s=raw_gb_per_s,
    )
