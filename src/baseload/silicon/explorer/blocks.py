"""A genome's blocks: the area, the watts and the peaks that the templates of the catalogue give it.

Sources of the forms: transistors of a multiplier by mantissa width and PHY areas as in LLMCompass (ISCA'24); dynamic
energy ∝ V² with V linear in frequency. Constants and their errors: docs/method/explorer.md.
"""

from typing import NamedTuple

import numpy as np

from baseload.catalog.fact import Fact
from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.genome import Genome
from baseload.silicon.explorer.market import Market

MTR = 1e6
PJ = 1e-12
NVLINK4_GB_PER_S = 25.0
"""One link, one direction: what `area_nvlink4_phy_per_link` carries."""


class Area(NamedTuple):
    """mm² of the whole package by block, each of shape (designs,)."""

    matrix: Array
    vector: Array
    sram: Array
    memory_interface: Array
    links: Array
    fabric: Array
    die_to_die: Array

    @property
    def total(self) -> Array:
        return np.asarray(sum(self))


class Watts(NamedTuple):
    """Watts by block with everything busy at once, each of shape (designs,)."""

    matrix: Array
    vector: Array
    sram: Array
    memory: Array
    links: Array
    idle: Array

    @property
    def total(self) -> Array:
        return np.asarray(sum(self))


class Peaks(NamedTuple):
    """FLOP/s of the matrix units in BF16 and of the vector cores in FP32, each of shape (designs,)."""

    bf16: Array
    vector: Array


def node_values(genome: Genome, market: Market, name: str) -> Array:
    """A node's figure for each design."""
    return _picked([getattr(node, name) for node in market.technology.nodes.values()], genome.node)


def memory_values(genome: Genome, market: Market, name: str) -> Array:
    """A memory's figure for each design."""
    return _picked([getattr(memory, name) for memory in market.technology.memories.values()], genome.memory)


def area(genome: Genome, market: Market) -> Area:
    """What each block takes. Fabric and die-to-die interfaces are shares of the dies' area."""
    rules = market.rules
    density = node_values(genome, market, "density_mtr_per_mm2")
    interface = genome.stacks * (
        memory_values(genome, market, "phy_mm2") + memory_values(genome, market, "controller_mtr") / density
    )
    sram = genome.sram_mb * node_values(genome, market, "sram_mm2_per_mb")
    links = genome.link_gb_per_s * market.of("area_nvlink4_phy_per_link") / NVLINK4_GB_PER_S
    joined = np.where(genome.chiplets > 1, rules.die_to_die_share.value, 0.0)
    total = (genome.compute_mm2 + sram + interface + links) / (1 - rules.fabric_share.value - joined)
    return Area(
        matrix=genome.compute_mm2 * (1 - genome.programmable),
        vector=genome.compute_mm2 * genome.programmable,
        sram=sram,
        memory_interface=interface,
        links=links,
        fabric=total * rules.fabric_share.value,
        die_to_die=total * joined,
    )


def peaks(genome: Genome, market: Market) -> Peaks:
    """Multipliers that fit the area × 2 × frequency, spare units left out. Four-bit units take their share as well."""
    rules = market.rules
    working = genome.compute_mm2 * (1 - rules.spare_share.value)
    density = node_values(genome, market, "density_mtr_per_mm2") * MTR
    per_second = 2 * genome.frequency_ghz * 1e9
    overhead = rules.array_overhead.value * (1 - rules.reference_programmable.value)
    matrix_mm2 = working * (1 - genome.programmable) * (1 - rules.fp4_area_share.value * genome.fp4)
    vector_mm2 = working * genome.programmable
    return Peaks(
        bf16=matrix_mm2 / overhead * density / market.of("transistors_fp16_fma") * per_second,
        vector=vector_mm2 / rules.vector_overhead.value * density / market.of("transistors_fp32_fma") * per_second,
    )


def watts(genome: Genome, market: Market, built: Area, peak: Peaks, bandwidth_bytes_per_s: Array) -> Watts:
    """What each block draws at its peak; memory traffic crosses the SRAM twice, links run both ways."""
    rules = market.rules
    energy = node_values(genome, market, "energy_factor") * voltage_squared(genome.frequency_ghz, market)
    bits = 8 * bandwidth_bytes_per_s
    idle = built.total * node_values(genome, market, "idle_w_per_mm2")
    return Watts(
        matrix=peak.bf16 * rules.flop_pj.value * PJ * energy,
        vector=peak.vector * rules.vector_flop_pj.value * PJ * energy,
        sram=2 * bits * market.of("energy_sram_large_shared_5nm") * PJ,
        memory=bits * memory_values(genome, market, "energy_pj_per_bit") * PJ,
        links=2 * 8 * genome.link_gb_per_s * 1e9 * market.of("energy_serdes_112g_lr") * PJ,
        idle=idle + genome.stacks * memory_values(genome, market, "idle_w"),
    )


def voltage_squared(frequency_ghz: Array, market: Market) -> Array:
    """Dynamic energy over that at the nominal clock: V is linear in frequency between fixed ends."""
    slope = market.rules.voltage_slope.value
    return np.asarray((1 - slope + slope * frequency_ghz / market.rules.nominal_ghz.value) ** 2)


def reuse(sram_mb: Array, ridge: Array, market: Market) -> Array:
    """The share of peak arithmetic that the SRAM lets a matrix product keep, over what it lets H100 keep, at most 1.

    Operands come from DRAM 2mnk/√(S/4)-fold at best (Hong and Kung 1981): intensity grows with √SRAM, against the
    ridge point in FLOP a byte.
    """
    rules = market.rules
    here = _kept(np.asarray(sram_mb), np.asarray(ridge))
    there = _kept(np.array(rules.reference_sram_mb.value), np.array(rules.reference_ridge.value))
    return np.minimum(here / there, 1.0)


def _kept(sram_mb: Array, ridge: Array) -> Array:
    """Three square tiles of two-byte values fill the SRAM; a tile of side s has an intensity of s/2 FLOP a byte."""
    intensity = np.sqrt(sram_mb * 1e6 / (3 * 2)) / 2
    return np.asarray(1 / (1 + ridge / np.maximum(intensity, 1e-9)))


def _picked(facts: list[Fact], places: Array) -> Array:
    return np.asarray(np.array([fact.value for fact in facts])[places.astype(int)])
