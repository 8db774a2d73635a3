"""Why a class runs or waits: the first reason that holds, from the plainest to the finest."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from baseload.dispatch.layout import Layout
from baseload.dispatch.plan import TOLERANCE, Point
from baseload.dispatch.results import BreakKind, Commitment, Plan
from baseload.dispatch.solver import Floats
from baseload.dispatch.terms import SECONDS, watt_usd_per_h
from baseload.dispatch.values import Snapshot


class Reason(StrEnum):
    """The names are pinned: pages, JSON and the gateway's answers use them."""

    NOTHING_ASKED = "nothing_asked"
    SERVED = "served"
    SERVED_AS_PROMISED = "served_as_promised"
    PROMISE_BROKEN = "promise_broken"
    WAITS_FOR_CHIPS = "waits_for_chips"
    WAITS_FOR_WATTS = "waits_for_watts"
    WAITS_FOR_RESERVATION = "waits_for_reservation"
    PRICE_BELOW_COST = "price_below_cost"
    NO_REPLICA_ON = "no_replica_on"
    NO_ELIGIBLE_RECIPE = "no_eligible_recipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """One solved dispatch with all that is needed to explain it."""

    snapshot: Snapshot
    layout: Layout
    point: Point
    plan: Plan
    ready: Floats

    @property
    def room_w(self) -> Floats:
        """IT watts each site has for work, above all that is drawn standing."""
        layout = self.layout
        return self.point.terms.row_upper[layout.envelope_at : layout.standby_at] * layout.busy_scale

    def recipes_of(self, k: int) -> list[tuple[int, float]]:
        """(recipe number, rate) of every recipe that may serve class k."""
        pairs = self.layout.pairs
        at = pairs.cls == k
        return list(zip(pairs.recipe[at].tolist(), pairs.rate[at].tolist(), strict=True))


def ready_replicas(snapshot: Snapshot, commitment: Commitment) -> Floats:
    """Replicas that can serve, recipe by recipe."""
    return np.array([commitment.ready.get(r.id, 0.0) for r in snapshot.recipes], np.float64)


def reason(solved: Solved, k: int, price_usd_per_h: float, cost_usd_per_h: float | None) -> Reason:
    """Why class k stands as it does, given its next block's price and its marginal cost."""
    cls = solved.snapshot.classes[k]
    asked, served = solved.plan.asked_per_s[cls.id], solved.plan.served_per_s[cls.id]
    small = TOLERANCE * float(solved.layout.unit[k])
    if asked <= small:
        return Reason.NOTHING_ASKED
    if asked - served <= small:
        dear = cost_usd_per_h is not None and price_usd_per_h < cost_usd_per_h * (1 - TOLERANCE)
        return Reason.SERVED_AS_PROMISED if dear and cls.reservation is not None else Reason.SERVED
    if any(b.kind is BreakKind.RESERVATION and b.id == cls.id for b in solved.plan.breaks):
        return Reason.PROMISE_BROKEN
    mine = solved.recipes_of(k)
    if not mine:
        return Reason.NO_ELIGIBLE_RECIPE
    on = [(i, rate) for i, rate in mine if solved.ready[i] > 0]
    return _what_binds(solved, k, on, price_usd_per_h) if on else Reason.NO_REPLICA_ON


def _what_binds(solved: Solved, k: int, on: list[tuple[int, float]], price_usd_per_h: float) -> Reason:
    """Of the recipes that are on: which would pay, which are kept for a promise, which have time, which have watts."""
    layout = solved.layout
    energy = layout.busy_w * watt_usd_per_h(solved.snapshot)[layout.site_of]
    paying = [i for i, rate in on if price_usd_per_h > energy[i] / rate]
    if not paying:
        return Reason.PRICE_BELOW_COST
    if all(_held(solved, k, i) for i in paying):
        return Reason.WAITS_FOR_RESERVATION
    busy = np.bincount(layout.pairs.recipe, _loads(solved), minlength=len(solved.ready))
    free = [i for i in paying if busy[i] < solved.ready[i] - TOLERANCE and not _held(solved, k, i)]
    if not free:
        return Reason.WAITS_FOR_CHIPS
    used = np.bincount(layout.site_of, busy * layout.busy_w, minlength=len(solved.snapshot.sites))
    tight = used >= solved.room_w - TOLERANCE * layout.busy_scale
    dry = all(layout.busy_w[i] > 0 and tight[layout.site_of[i]] for i in free)
    return Reason.WAITS_FOR_WATTS if dry else Reason.WAITS_FOR_RESERVATION


def _held(solved: Solved, k: int, i: int) -> bool:
    """Whether recipe i has no time left for class k because a reservation's idle part is kept free on it."""
    layout, classes = solved.layout, solved.snapshot.classes
    if classes[k].reservation is not None or not layout.recalls:
        return False
    stand = solved.point.x[layout.stand_at : layout.unheld_at]
    clear_s = np.array([c.clear_s for c in classes])
    promised = np.isin(layout.pairs.cls, layout.reserved)
    recall_s = np.array([r.recall_s if (r := c.reservation) else 0.0 for c in classes])
    for recall in layout.recalls:
        if clear_s[k] <= recall:
            continue
        stays = ((clear_s[layout.pairs.cls] > recall) | promised) & (layout.pairs.recipe == i)
        kept = float(stand[(layout.stand.recipe == i) & (recall_s[layout.stand.cls] <= recall)].sum())
        if kept > TOLERANCE and float(_loads(solved)[stays].sum()) + kept >= solved.ready[i] - TOLERANCE:
            return True
    return False


def _loads(solved: Solved) -> Floats:
    return solved.point.x[solved.layout.load_at : solved.layout.extra_at]


def price_of_next(served: tuple[float, ...], blocks: list[tuple[float, float]]) -> float:
    """USD per hour of a request a second in the first block not fully served, else in the last."""
    for done, (price, per_s) in zip(served, blocks, strict=True):
        if done < per_s * (1 - TOLERANCE):
            return SECONDS * price
    return SECONDS * blocks[-1][0] if blocks else 0.0
