"""How much silicon cores, buffers and links take. After LLMCompass (Zhang et al., ISCA 2024), whose constants the
catalogue carries: transistors of arithmetic by the square of the mantissa, SRAM by bit cell and array efficiency,
register files by the EMPIRE regression, PHYs that do not shrink, controllers that do. Areas in mm2.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from baseload.catalog.floorplan import FloorplanEntry
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.node import NODES

BITS_PER_KB, KB_PER_MB, MILLION = 8 * 1024, 1024, 1e6
MEMORY_PHY = {"hbm2e": "area_hbm2e_phy_per_1024b", "ddr5": "area_ddr5_phy_per_32b"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Floorplan:
    """Counts as of catalog/floorplan.py; numbers may be arrays."""

    node: str
    cores: Number
    sublanes: Number
    lanes: Number
    array_macs: Number
    int32_alus: Number
    fp32_fmas: Number
    fp64_fmas: Number
    register_files: Number
    registers: Number
    register_bits: Number
    register_ports: Number
    core_sram_kb: Number
    buffer_mb: Number
    memory_links: Number
    chip_links: Number
    memory_link: str = "hbm2e"
    chip_link: str = "nvlink4"


class Blocks(NamedTuple):
    """mm2 by what stands there."""

    cores: Array
    interconnect: Array
    global_buffer: Array
    memory_phy: Array
    memory_control: Array
    link_phy: Array
    link_control: Array

    @property
    def total(self) -> Array:
        return np.asarray(sum(self[1:], start=self.cores))


def floorplan_of(entry: FloorplanEntry) -> Floorplan:
    """A catalogue entry as plain numbers."""
    counts = {name: float(count.value) for name, count in entry.counts.items()}
    return Floorplan(node=entry.node, memory_link=entry.memory_link, chip_link=entry.chip_link, **counts)


def blocks(plan: Floorplan, pick: Pick) -> Blocks:
    """The whole die. Scheduling, clocks, fuses and seams between blocks have no term: about a twentieth of a GA100."""
    crossbar = _logic(plan.node, pick("transistors_crossbar_per_core") * np.asarray(plan.cores), pick)
    return Blocks(
        cores=core_mm2(plan, pick) * plan.cores,
        interconnect=crossbar,
        global_buffer=sram_mm2(plan.node, np.asarray(plan.buffer_mb) * KB_PER_MB, pick),
        memory_phy=np.asarray(pick(MEMORY_PHY[plan.memory_link]) * np.asarray(plan.memory_links)),
        memory_control=_logic(plan.node, _memory_control(plan.memory_link, pick) * np.asarray(plan.memory_links), pick),
        link_phy=np.asarray(pick(f"area_{_link(plan)}") * np.asarray(plan.chip_links)),
        link_control=_logic(plan.node, _link_control(plan, pick) * np.asarray(plan.chip_links), pick),
    )


def core_mm2(plan: Floorplan, pick: Pick) -> Array:
    """One core: its sublanes' control, arithmetic, matrix array and registers, and its own SRAM."""
    per_sublane = (
        pick("transistors_control_per_lane") * np.asarray(plan.lanes)
        + pick("transistors_fp16_fma") * np.asarray(plan.array_macs)
        + pick("transistors_int32_alu") * np.asarray(plan.int32_alus)
        + pick("transistors_fp32_fma") * np.asarray(plan.fp32_fmas)
        + pick("transistors_fp64_fma") * np.asarray(plan.fp64_fmas)
    )
    sublane = _logic(plan.node, per_sublane, pick) + _registers_mm2(plan, pick)
    return np.asarray(sublane * plan.sublanes + sram_mm2(plan.node, plan.core_sram_kb, pick))


def sram_mm2(node: str, capacity_kb: Number, pick: Pick) -> Array:
    """Bits × bit cell / array efficiency; the bit cell already holds its periphery."""
    bits = np.asarray(capacity_kb) * BITS_PER_KB
    return np.asarray(bits * pick(NODES[node].sram) / pick("sram_array_efficiency"))


def _logic(node: str, transistors: Number, pick: Pick) -> Array:
    return np.asarray(np.asarray(transistors) / MILLION / pick(NODES[node].density))


def _registers_mm2(plan: Floorplan, pick: Pick) -> Array:
    """EMPIRE's regression at 90 nm in um2, for D registers of W bits and P ports, shrunk by transistor density."""
    d, w, p = (np.asarray(n, dtype=float) for n in (plan.registers, plan.register_bits, plan.register_ports))
    linear = 3.29e4 - 1.09e3 * d - 8.83e2 * w - 5.55e3 * p
    square = 1.50e-2 * d**2 + 1.08e-2 * w**2 + 5.86e-1 * p**2
    cross = 5.35e1 * d * w + 1.42e2 * d * p + 3.68e2 * w * p
    at_90nm = (linear + square + cross) / MILLION * plan.register_files
    return np.asarray(at_90nm * pick("transistor_density_90nm") / pick(NODES[plan.node].density))


def _memory_control(kind: str, pick: Pick) -> Number:
    if kind == "hbm2e":
        return np.asarray(pick("area_hbm2e_controller")) * MILLION
    return pick("transistors_ddr5_control_per_32b")


def _link(plan: Floorplan) -> str:
    return f"{plan.chip_link}_phy_per_{'lane' if plan.chip_link.startswith('pcie') else 'link'}"


def _link_control(plan: Floorplan, pick: Pick) -> Number:
    per = "lane" if plan.chip_link.startswith("pcie") else "link"
    return pick(f"transistors_{plan.chip_link}_control_per_{per}")
