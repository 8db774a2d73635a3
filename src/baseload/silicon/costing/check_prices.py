"""Published prices that are inputs of the model: memory, wafers, design, masks, rents. Agreement is no test."""

import re

import numpy as np

from baseload.catalog.cost import cost_inputs
from baseload.catalog.design import plain
from baseload.silicon.coefficients import Array
from baseload.silicon.costing.answer import CATALOGUE, Answer, estimate
from baseload.silicon.costing.die import wafer_price_usd
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.memory import SERIES, memory_usd_per_gb
from baseload.silicon.costing.node import NODES
from baseload.silicon.costing.nre import USD_PER_MUSD, design_usd, masks_usd
from baseload.silicon.left_out import Row

WHOLE = ("programme", "program", "all-in", "total")
"""Words for design, masks and respins together."""


def price_check(row: Row) -> Answer | None:
    """What is no chip but has a price: memory by the gigabyte or the stack, wafers by node. None: neither."""
    said, unit = _said(row), row.get("unit", "")
    memory = next((kind for kind in sorted(SERIES, key=len, reverse=True) if kind in plain(said)), None)
    if memory and unit == "USD/GB":
        return estimate(lambda pick: memory_usd_per_gb(memory, pick), row, mode=CATALOGUE)
    capacity = re.search(r"(\d+)\s*gb\b", said)
    if memory and capacity and unit.startswith("USD"):
        gigabytes = float(capacity[1])
        return estimate(lambda pick: np.asarray(memory_usd_per_gb(memory, pick)) * gigabytes, row, mode=CATALOGUE)
    if "wafer" in said and unit.startswith("USD"):
        return _wafer(row, said)
    return None


def rent_check(row: Row, chip: str) -> Answer:
    """The catalogue's on-demand rent or one-year contract of a chip."""
    kind = "rental_1yr_contract" if "contract" in _said(row) else "rental_on_demand"
    name = f"{chip.partition('-')[0].lower()}_{kind}"
    if name not in cost_inputs().series:
        return f"no rent of {chip} among the cost inputs"
    return estimate(lambda pick: pick(name), row, mode=CATALOGUE)


def nre_check(row: Row) -> Answer:
    """Design cost, mask set, or the whole of a programme at a node, in millions of dollars."""
    node, quantity = _node(_said(row)), row["quantity"].casefold()
    if not node:
        return "the subject names no node with a design cost"
    if any(word in quantity for word in WHOLE):

        def programme(pick: Pick) -> Array:
            return np.asarray((design_usd(node, pick) + masks_usd(node, pick)) / USD_PER_MUSD)

        return estimate(programme, row, mode=CATALOGUE, note="design, masks and the respins of the catalogue")
    if "mask" in quantity:
        return estimate(lambda pick: pick(NODES[node].masks), row, mode=CATALOGUE)
    if "nre" in quantity or "design" in quantity:
        note = "the headline design cost, undiscounted"
        return estimate(lambda pick: design_usd(node, pick) / USD_PER_MUSD, row, mode=CATALOGUE, note=note)
    return f"no NRE model for the quantity {row['quantity']!r}"


def _wafer(row: Row, said: str) -> Answer | None:
    if "cowos" in said:
        return estimate(lambda pick: pick("cowos_wafer_price"), row, mode=CATALOGUE)
    node = _node(said)
    return estimate(lambda pick: wafer_price_usd(node, pick), row, mode=CATALOGUE) if node else None


def _said(row: Row) -> str:
    return f"{row['subject']} {row['quantity']}".casefold()


def _node(said: str) -> str:
    """N3, 3nm or A16 as the catalogue writes it; nothing where no node is named."""
    found = re.search(r"\bn(\d+)\b|\b(\d+)\s*nm\b|\b(a16)\b", said)
    node = (found[3] or f"n{found[1] or found[2]}") if found else ""
    return node if node in NODES else ""
