"""Who gets which chips, and what a chip, a watt and a request are worth: unit commitment and economic dispatch."""

from baseload.dispatch.commitment import commit, relaxation_usd_per_h
from baseload.dispatch.faults import check, faults
from baseload.dispatch.merit import MeritRow, merit_order
from baseload.dispatch.orders import StandingOrder, flex_slots_by_model, standing_orders
from baseload.dispatch.plan import Dispatcher, dispatch
from baseload.dispatch.precedence import promise_penalty_usd
from baseload.dispatch.reason import Reason
from baseload.dispatch.results import Break, BreakKind, Commitment, Plan, Proof
from baseload.dispatch.running import as_running
from baseload.dispatch.solver import Limits
from baseload.dispatch.valuation import Change, Step, Worth, worth
from baseload.dispatch.values import Block, Pool, Recipe, Reservation, Running, Site, Snapshot, WorkClass

__all__ = [
    "Block",
    "Break",
    "BreakKind",
    "Change",
    "Commitment",
    "Dispatcher",
    "Limits",
    "MeritRow",
    "Plan",
    "Pool",
    "Proof",
    "Reason",
    "Recipe",
    "Reservation",
    "Running",
    "Site",
    "Snapshot",
    "StandingOrder",
    "Step",
    "WorkClass",
    "Worth",
    "as_running",
    "check",
    "commit",
    "dispatch",
    "faults",
    "flex_slots_by_model",
    "merit_order",
    "promise_penalty_usd",
    "relaxation_usd_per_h",
    "standing_orders",
    "worth",
]
