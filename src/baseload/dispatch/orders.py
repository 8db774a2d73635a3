"""Standing orders: from the plan's flows to the number of flex sequences a replica may run at once.

Little's law (L = λ W): a flow of λ requests a second that stay W seconds in service keeps λ W of them running. W is
the class's measured service time, or slots ÷ rate of the recipe. Protected classes (all but flex and batch) keep
their own L plus z √L of headroom, the normal approximation to Poisson occupancy, and never less than one slot, so
that the next of them to arrive starts at once and its time to first token holds.
"""

from dataclasses import dataclass
from math import ceil, floor, sqrt

from baseload.dispatch.results import Commitment, Plan
from baseload.dispatch.values import Recipe, Snapshot, WorkClass

FLEX_TIERS = ("flex", "batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrder:
    """For one recipe: its replicas' slots, those kept for protected work, and the flex each replica may run."""

    recipe: str
    model: str
    replicas: int
    slots: int
    protected_slots: int
    flex_slots: int
    flex_slots_per_replica: int


def standing_orders(
    snapshot: Snapshot, commitment: Commitment, plan: Plan, *, z: float = 1.645
) -> tuple[StandingOrder, ...]:
    """Orders for every recipe with a ready replica. z = 1.645 leaves a protected arrival waiting in one case of 20.

    Flex that the plan serves in full may use all unprotected slots, since its true rate may be above the measured
    one; flex that must wait gets the slots of the flow it was granted, rounded down; flex not granted gets none.
    """
    return tuple(
        _order(snapshot, plan, r, ready, z)
        for r in snapshot.recipes
        if (ready := floor(commitment.ready.get(r.id, 0.0) + 1e-9)) > 0
    )


def flex_slots_by_model(orders: tuple[StandingOrder, ...]) -> dict[str, int]:
    """Flex slots added up over each model's recipes."""
    slots: dict[str, int] = {}
    for order in orders:
        slots[order.model] = slots.get(order.model, 0) + order.flex_slots
    return slots


def _order(snapshot: Snapshot, plan: Plan, recipe: Recipe, ready: int, z: float) -> StandingOrder:
    flex = [
        c for c in snapshot.classes if c.tier in FLEX_TIERS and c.id in recipe.rates_per_s and c.model == recipe.model
    ]
    others = [c for c in snapshot.classes if c.tier not in FLEX_TIERS and c.id in recipe.rates_per_s]
    busy = sum(occupancy(plan, recipe, c) for c in others if c.model == recipe.model)
    slots = ready * recipe.slots
    protected = min(slots, max(ceil(busy + z * sqrt(busy) - 1e-9), ready)) if others else 0
    granted = min(_granted(plan, recipe, flex, slots - protected), slots - protected)
    return StandingOrder(
        recipe=recipe.id,
        model=recipe.model,
        replicas=ready,
        slots=slots,
        protected_slots=protected,
        flex_slots=granted,
        flex_slots_per_replica=granted // ready,
    )


def occupancy(plan: Plan, recipe: Recipe, cls: WorkClass) -> float:
    """Mean requests of a class in service on a recipe, by Little's law."""
    per_s = plan.work_per_s[cls.id].get(recipe.id, 0.0)
    service_s = cls.service_s if cls.service_s is not None else recipe.slots / recipe.rates_per_s[cls.id]
    return per_s * service_s


def _granted(plan: Plan, recipe: Recipe, flex: list[WorkClass], room: int) -> int:
    """Slots for the flex flow the plan admits on this recipe."""
    asking = [c for c in flex if plan.asked_per_s[c.id] > 0]
    if all(plan.served_per_s[c.id] >= plan.asked_per_s[c.id] * (1 - 1e-6) for c in asking):
        return room
    return floor(sum(occupancy(plan, recipe, c) for c in asking) + 1e-9)
