"""The merit order: who runs, who waits, why, and what each would bring.

A class's marginal cost is found by a finite step too: a little of it is forced in unpaid, and what the whole loses is
its energy plus the worth of what it displaces, penalties of broken promises included. Work is admitted while its
price beats that.
"""

from dataclasses import asdict, dataclass
from typing import Any

from baseload.dispatch.plan import Dispatcher, read_plan, value_of
from baseload.dispatch.reason import Reason, Solved, price_of_next, ready_replicas, reason
from baseload.dispatch.results import Commitment
from baseload.dispatch.terms import SECONDS
from baseload.dispatch.values import Snapshot

STEP = 0.01
"""A class's step is this share of the most it could be served alone, and at most one request a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritRow:
    """One class. Prices, costs and margins are USD per hour of one request a second, kept up.

    The price is that of the next block to be served, or of the last when all are. Cost and margin are None where no
    replica could serve the class at all. A promised class may run at a negative margin: its penalty outbids.
    """

    class_id: str
    price_usd_per_h: float
    marginal_cost_usd_per_h: float | None
    margin_usd_per_h: float | None
    asked_per_s: float
    served_per_s: float
    waits_per_s: float
    reason: Reason

    def describe(self) -> dict[str, Any]:
        """As JSON, units in the keys."""
        cells = asdict(self)
        return {"class": cells.pop("class_id")} | cells | {"reason": str(self.reason)}


def merit_order(
    snapshot: Snapshot, commitment: Commitment, dispatcher: Dispatcher | None = None
) -> tuple[MeritRow, ...]:
    """Rows from the best bid over cost down, a promise bidding its penalty too; the unservable come last."""
    warm = dispatcher or Dispatcher(snapshot)
    point = warm.solved(snapshot, commitment)
    solved = Solved(
        snapshot=snapshot,
        layout=warm.layout,
        point=point,
        plan=read_plan(snapshot, point),
        ready=ready_replicas(snapshot, commitment),
    )
    money, penalty = value_of(snapshot, point)
    costs = [_marginal_cost(solved, commitment, warm, k, money - penalty) for k in range(len(snapshot.classes))]
    rows = [_row(solved, k, cost) for k, cost in enumerate(costs)]
    fines = {c.id: SECONDS * c.reservation.shortfall_usd for c in snapshot.classes if c.reservation}

    def rank(row: MeritRow) -> tuple[bool, float, str]:
        margin = row.margin_usd_per_h
        return margin is None, -(margin or 0.0) - fines.get(row.class_id, 0.0), row.class_id

    return tuple(sorted(rows, key=rank))


def _row(solved: Solved, k: int, cost: float | None) -> MeritRow:
    cls = solved.snapshot.classes[k]
    price = price_of_next(solved.plan.served_blocks_per_s[cls.id], [(b.price_usd, b.per_s) for b in cls.blocks])
    asked, served = solved.plan.asked_per_s[cls.id], solved.plan.served_per_s[cls.id]
    return MeritRow(
        class_id=cls.id,
        price_usd_per_h=price,
        marginal_cost_usd_per_h=cost,
        margin_usd_per_h=None if cost is None else price - cost,
        asked_per_s=asked,
        served_per_s=served,
        waits_per_s=max(0.0, asked - served),
        reason=reason(solved, k, price, cost),
    )


def _marginal_cost(solved: Solved, commitment: Commitment, warm: Dispatcher, k: int, value: float) -> float | None:
    """USD per hour of one more request a second of class k: what the rest loses, for a small forced step."""
    most = _most_alone(solved, k)
    if most <= 0:
        return None
    step = min(1.0, STEP * most)
    point = warm.point(solved.snapshot, commitment, extra=(k, step))
    if point is None:
        return None
    money, penalty = value_of(solved.snapshot, point)
    return (value - (money - penalty)) / step


def _most_alone(solved: Solved, k: int) -> float:
    """The most of class k that its best single recipe could serve with nothing else running."""
    layout, room_w = solved.layout, solved.room_w
    best = 0.0
    for i, rate in solved.recipes_of(k):
        ready, busy_w = float(solved.ready[i]), float(layout.busy_w[i])
        by_watts = float(room_w[layout.site_of[i]]) / busy_w if busy_w > 0 else ready
        best = max(best, min(ready, by_watts) * rate)
    return best
