"""Published areas, watts, carbon and facts of MTIA: what the models of this room say of each."""

import re

from baseload.catalog.design import find_design
from baseload.catalog.floorplan import find_floorplan
from baseload.silicon.coefficients import Number
from baseload.silicon.costing.answer import CATALOGUE, MODEL, Answer, design_named, estimate, unknown_make
from baseload.silicon.costing.area import blocks, core_mm2, floorplan_of
from baseload.silicon.costing.carbon import carbon_kg
from baseload.silicon.costing.draw import Pick
from baseload.silicon.left_out import Row

BLOCKS = {
    "cores": "cores",
    "on-chip interconnect": "interconnect",
    "global buffer": "global_buffer",
    "memory phy": "memory_phy",
    "memory control": "memory_control",
    "off-chip phy": "link_phy",
    "off-chip control": "link_control",
    "total die": "total",
}
AREA_ERROR = 0.2
"""Of a block; the errors of blocks partly cancel in the whole."""
FITTED = "the template's constants are means over an A100 and an MI210 die"
KERNEL = "kernel: scored by the GEMM model"
POWER = "power: scored by the power model"
BYTES_FP16 = 2.0
READ_EFFICIENCY = 0.95
"""Of the peak bandwidth, as published for MTIA 2i's weights (ISCA'25)."""
MTIA_INPUTS = {
    "throughput loss from controller ecc": "controller_ecc_throughput_penalty_lpddr",
    "rack power budget reduction": "provisioned_power_cut_after_fleet_data",
}


def area_check(row: Row) -> Answer:
    """A block of a floorplan."""
    entry = find_floorplan(row["subject"])
    if entry is None:
        return f"no floorplan of {row['subject']} in the catalogue"
    plan, quantity = floorplan_of(entry), row["quantity"].casefold().removesuffix(" area")
    if re.fullmatch(r"one (?:core|sm|cu)", quantity):
        return estimate(lambda pick: core_mm2(plan, pick), row, note=FITTED, error=AREA_ERROR)
    if quantity not in BLOCKS:
        return f"no area model for {row['quantity']!r}: it is what is left over"
    error = AREA_ERROR if quantity != "total die" else AREA_ERROR / 2
    return estimate(lambda pick: getattr(blocks(plan, pick), BLOCKS[quantity]), row, note=FITTED, error=error)


def carbon_check(row: Row) -> Answer:
    """Embodied carbon of a module, of a board of several, or of a chip with its share of the server."""
    quantity, subject = row["quantity"].casefold(), row["subject"]
    if "CO2" not in row.get("unit", ""):
        return "operational carbon per work across generations has no model here"
    boards = re.search(r"(\d+)-gpu|nvl(\d+)", subject.casefold())
    design = design_named(subject)
    if design is None:
        return unknown_make(subject)
    whole = "server" in quantity or "host" in row.get("conditions", "").casefold()
    count = int(boards[1] or boards[2]) if boards else 1

    def formula(pick: Pick) -> Number:
        kg = carbon_kg(design, pick)
        return (kg.total if whole or "embodied per" in quantity else kg.module) * count

    mode = CATALOGUE if design.name.startswith("A100") else MODEL
    return estimate(formula, row, mode=mode, note="board and host shares are what two published A100 leave over")


def power_check(row: Row) -> Answer:
    """Idle watts by the Hopper share, watts of LLM serving by an H100's range; the rest is the power model's."""
    quantity = row["quantity"].casefold()
    entry = find_design(row["subject"])
    if entry is None or entry.tdp_w is None or entry.seller != "merchant":
        return POWER
    tdp = entry.tdp_w
    if quantity.startswith("idle power"):
        return _share_of("power_idle_fraction_of_tdp_hopper", tdp.value, row)
    if row.get("unit") in ("W", "kW"):
        return _share_of("power_llm_inference_fraction_of_tdp_h100", tdp.value, row)
    return POWER


def mtia_check(row: Row) -> Answer:
    """Whether decoding meets a limit, and what the catalogue holds; ratios to a GPU need a workload and are left."""
    quantity = row["quantity"].casefold()
    for start, name in MTIA_INPUTS.items():
        if quantity.startswith(start):
            return _input(name, row)
    decode = re.search(r"(\d+(?:\.\d+)?)b decode meets (\d+) ms", quantity)
    if decode:
        return _meets(row, billions=float(decode.group(1)), limit_ms=float(decode.group(2)))
    if "gemm" in quantity or "bandwidth efficiency" in quantity:
        return KERNEL
    if "collective" in quantity:
        return "collectives: scored by the step-time model"
    return "a ratio to an unnamed GPU on models that are not public"


def _input(name: str, row: Row) -> Answer:
    return estimate(lambda pick: pick(name), row, mode=CATALOGUE, note="an input, from this figure")


def _share_of(name: str, tdp_w: float, row: Row) -> Answer:
    note = "a share of thermal design power, from measurements of an H100 and an H200"
    return estimate(lambda pick: pick(name) * tdp_w, row, mode=CATALOGUE, note=note)


def _meets(row: Row, *, billions: float, limit_ms: float) -> Answer:
    """1 when one token's weights in 16 bits are read within the limit, else 0."""
    bandwidth = re.search(r"([\d.]+)\s*GB/s", row.get("conditions", ""))
    if bandwidth is None:
        return "the row states no memory bandwidth"
    step_ms = billions * BYTES_FP16 / (float(bandwidth.group(1)) * READ_EFFICIENCY) * 1e3
    note = f"weights in 16 bits are read in {step_ms:.1f} ms of {limit_ms:g} at {READ_EFFICIENCY:.0%} of peak"
    return estimate(lambda pick: float(step_ms <= limit_ms), row, note=note)
