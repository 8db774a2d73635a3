"""What a chip costs to make, to buy and to run, as ranges with their sources; and its embodied carbon."""

from baseload.silicon.costing.bill import Bill, Spread, Wafer, cost, unit_cost_usd
from baseload.silicon.costing.carbon import Carbon, carbon_kg
from baseload.silicon.costing.design import Design, Die, bought
from baseload.silicon.costing.lines import Lines
from baseload.silicon.costing.nre import nre_usd

__all__ = [
    "Bill",
    "Carbon",
    "Design",
    "Die",
    "Lines",
    "Spread",
    "Wafer",
    "bought",
    "carbon_kg",
    "cost",
    "nre_usd",
    "unit_cost_usd",
]
