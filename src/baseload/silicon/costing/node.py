"""Which figures of the catalogue speak for which process node."""

from typing import NamedTuple


class Node(NamedTuple):
    """Names of cost inputs. A node without figures of its own takes those of its family."""

    wafer: str
    defects: str
    design: str
    masks: str
    carbon: str
    density: str
    sram: str


def _node(wafer: str, defects: str, nre: str, carbon: str, logic: str) -> Node:
    return Node(
        wafer=f"wafer_price_{wafer}",
        defects=f"defect_density_{defects}",
        design=f"design_cost_{nre}",
        masks=f"mask_set_{nre}",
        carbon=carbon,
        density=f"transistor_density_{logic}",
        sram=f"sram_area_per_bit_llmcompass_{logic}",
    )


NODES = {
    "n14": _node("n14", "n7", "n7", "7nm", "n7"),
    "n12": _node("n14", "n7", "n7", "7nm", "n7"),
    "n10": _node("n10", "n7", "n7", "7nm", "n7"),
    "n7": _node("n7", "n7", "n7", "7nm", "n7"),
    "n6": _node("n7", "n7", "n7", "7nm", "n6"),
    "n5": _node("n5_n4", "n5", "n5", "5nm", "n5"),
    "n4": _node("n5_n4", "n5", "n5", "5nm", "n5"),
    "n3": _node("n3", "n3", "n3", "3nm", "n5"),
    "n2": _node("n2", "n2", "n2", "3nm", "n5"),
    "a16": _node("a16", "n2", "n2", "3nm", "n5"),
}
"""N6 and N4 are priced and yield as N7 and N5; ACT's carbon stops at 3 nm; no SRAM shrinks below N5 (N3E equals N5)."""
