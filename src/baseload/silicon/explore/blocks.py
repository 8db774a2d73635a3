"""A genome's blocks: the area, the watts and the peaks that the templates of the catalogue give it.

Sources of the forms: transistors of a multiplier by mantissa width and PHY areas as in LLMCompass (ISCA'24); dynamic
energy ∝ V² with V linear in frequency. Constants and their errors: docs/method/explorer.md.
"""

from typing import NamedTuple

import numpy as np

from baseload.catalog.fact import Fact
from baseload.catalog.technology import MemoryType, Node, Technology
from baseload.silicon.coefficients import Array
from baseload.silicon.explore.genome import Genome

MTR = 1e6
PJ = 1e-12


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


def node_values(genome: Genome, technology: Technology, name: str) -> Array:
    """A node's figure for each design."""
    return _picked([getattr(node, name) for node in _nodes(technology)], genome.node)


def memory_values(genome: Genome, technology: Technology, name: str) -> Array:
    """A memory's figure for each design."""
    return _picked([getattr(memory, name) for memory in _memories(technology)], genome.memory)


def area(genome: Genome, technology: Technology) -> Area:
    """What each block takes. Fabric and die-to-die interfaces are shares of the dies' area."""
    rules = technology.rules
    density = node_values(genome, technology, "density_mtr_per_mm2")
    interface = genome.stacks * (
        memory_values(genome, technology, "phy_mm2") + memory_values(genome, technology, "controller_mtr") / density
    )
    sram = genome.sram_mb * node_values(genome, technology, "sram_mm2_per_mb")
    links = genome.link_gb_per_s * rules.link_mm2_per_gb_per_s.value
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


def peaks(genome: Genome, technology: Technology) -> Peaks:
    """Multipliers that fit the area × 2 × frequency. Four-bit units take their share of the matrix area."""
    rules = technology.rules
    density = node_values(genome, technology, "density_mtr_per_mm2") * MTR
    per_second = 2 * genome.frequency_ghz * 1e9
    overhead = rules.array_overhead.value * (1 - rules.reference_programmable.value)
    matrix_mm2 = genome.compute_mm2 * (1 - genome.programmable) * (1 - rules.fp4_area_share.value * genome.fp4)
    vector_mm2 = genome.compute_mm2 * genome.programmable
    return Peaks(
        bf16=matrix_mm2 / overhead * density / rules.fma16_transistors.value * per_second,
        vector=vector_mm2 / rules.vector_overhead.value * density / rules.fma32_transistors.value * per_second,
    )


def watts(genome: Genome, technology: Technology, built: Area, peak: Peaks, bandwidth_bytes_per_s: Array) -> Watts:
    """What each block draws at its peak; memory traffic crosses the SRAM twice, links run both ways."""
    rules = technology.rules
    energy = node_values(genome, technology, "energy_factor") * voltage_squared(genome.frequency_ghz, technology)
    bits = 8 * bandwidth_bytes_per_s
    idle = built.total * node_values(genome, technology, "idle_w_per_mm2")
    return Watts(
        matrix=peak.bf16 * rules.flop_pj.value * PJ * energy,
        vector=peak.vector * rules.vector_flop_pj.value * PJ * energy,
        sram=2 * bits * rules.sram_pj_per_bit.value * PJ,
        memory=bits * memory_values(genome, technology, "energy_pj_per_bit") * PJ,
        links=2 * 8 * genome.link_gb_per_s * 1e9 * rules.link_pj_per_bit.value * PJ,
        idle=idle + genome.stacks * memory_values(genome, technology, "idle_w"),
    )


def voltage_squared(frequency_ghz: Array, technology: Technology) -> Array:
    """Dynamic energy over that at the nominal clock: V is linear in frequency between fixed ends."""
    slope = technology.rules.voltage_slope.value
    return np.asarray((1 - slope + slope * frequency_ghz / technology.rules.nominal_ghz.value) ** 2)


def reuse(sram_mb: Array, ridge: Array, technology: Technology) -> Array:
    """The share of peak arithmetic that the SRAM lets a matrix product keep, over what it lets H100 keep, at most 1.

    Operands come from DRAM 2mnk/√(S/4)-fold at best (Hong and Kung 1981): intensity grows with √SRAM, against the
    ridge point in FLOP a byte.
    """
    rules = technology.rules
    here = _kept(np.asarray(sram_mb), np.asarray(ridge))
    there = _kept(np.array(rules.reference_sram_mb.value), np.array(rules.reference_ridge.value))
    return np.minimum(here / there, 1.0)


def _kept(sram_mb: Array, ridge: Array) -> Array:
    """Three square tiles of two-byte values fill the SRAM; a tile of side s has an intensity of s/2 FLOP a byte."""
    intensity = np.sqrt(sram_mb * 1e6 / (3 * 2)) / 2
    return np.asarray(1 / (1 + ridge / np.maximum(intensity, 1e-9)))


def _picked(facts: list[Fact], places: np.ndarray) -> Array:  # type: ignore[type-arg]
    return np.array([fact.value for fact in facts])[places]


def _nodes(technology: Technology) -> list[Node]:
    return list(technology.nodes.values())


def _memories(technology: Technology) -> list[MemoryType]:
    return list(technology.memories.values())
