"""A population of genomes made into chips: what each can do, draws and measures."""

from typing import NamedTuple

import numpy as np

from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.blocks import Area, Peaks, Watts, area, memory_values, peaks, reuse, watts
from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.genome import Genome
from baseload.silicon.explorer.market import Market

GB = 1e9
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


def build(genome: Genome, market: Market, names: tuple[str, ...] = ()) -> Designs:
    """Run the templates over a population; nothing is refused here, see `limits`."""
    rules = market.rules
    built = area(genome, market)
    peak = peaks(genome, market)
    raw_gb_per_s = genome.stacks * memory_values(genome, market, "stack_gb_per_s")
    bandwidth = raw_gb_per_s * memory_values(genome, market, "throughput_share") * GB
    drawn = watts(genome, market, built, peak, raw_gb_per_s * GB)
    rated = np.maximum(drawn.total * rules.simultaneity.value, drawn.idle)
    held = genome.stacks * memory_values(genome, market, "stack_gb")
    kept = peak.bf16 * reuse(genome.sram_mb, peak.bf16 / np.maximum(bandwidth, 1.0), market)
    chips = Chips(
        names=names or tuple(f"design-{i}" for i in range(genome.size)),
        bf16_flops_per_s=kept,
        fp8_flops_per_s=kept * FP8,
        fp4_flops_per_s=kept * FP4 * genome.fp4,
        vector_flops_per_s=peak.vector,
        bandwidth_bytes_per_s=bandwidth,
        memory_bytes=held * GB,
        link_bytes_per_s=genome.link_gb_per_s * GB,
        domain=np.full(genome.size, rules.rack_chips.value),
        programmable=genome.programmable,
        max_w=rated,
        typical_w=np.maximum(rated * market.of("power_typical_fraction_of_tdp_asic"), drawn.idle),
        idle_w=drawn.idle,
    )
    on_package = built.total + genome.stacks * memory_values(genome, market, "on_package_mm2")
    return Designs(
        genome=genome,
        area=built,
        watts=drawn,
        peaks=peak,
        chips=chips,
        die_mm2=built.total / genome.chiplets,
        interposer_mm2=market.of("interposer_margin") * on_package,
        memory_gb=held,
        bandwidth_gb_per_s=raw_gb_per_s,
    )
