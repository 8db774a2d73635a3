"""Every nano-dollar of a pool's cost on exactly one line: a tenant's use of a model, or one that nobody ordered.

    Σ tenants + lost + running + idle + overhead = the pool's cost

Energy follows the joules on record. What runs with the clock follows work: a line bears as much of it as its work took
of what the pool could have done, and the rest is idle. Lost work (a hang-up's tail, a dead engine's tokens) is the
pool's cost and never a tenant's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from baseload.billing.activity import Activity, Metered, Sold
from baseload.billing.cost import PoolCost
from baseload.energy import apportion

LineKind = Literal["sold", "lost", "running", "idle", "overhead"]
NOBODYS: tuple[LineKind, ...] = ("lost", "running", "idle", "overhead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a pool's cost. `sold` lines carry what they earned."""

    kind: LineKind
    pool: str
    cost_nano: int
    energy_nano: int
    energy_mj: int
    sold: Sold | None = None

    @property
    def revenue_nano(self) -> int:
        return self.sold.revenue_nano if self.sold else 0


def allocate(costs: Iterable[PoolCost], activity: Activity, capacity: dict[str, int]) -> list[Line]:
    """Lines of all pools. `capacity` is the work each pool could have done in the period."""
    lines: list[Line] = []
    costs = list(costs)
    for cost in costs:
        unbilled = activity.unbilled_work.get(cost.pool, 0)
        if cost is costs[0]:  # a replica that no usage row names has no known pool; the first one bears it
            unbilled += activity.unbilled_work.get("", 0)
        sold = [row for row in activity.sold if row.pool == cost.pool]
        lines += _pool_lines(cost, sold, activity.metered.get(cost.pool), unbilled, capacity[cost.pool])
    known = {cost.pool for cost in costs}
    strays = [row for row in activity.sold if row.pool not in known]  # sold by a pool that is no longer described
    return lines + [
        Line(kind="sold", pool=row.pool, cost_nano=0, energy_nano=0, energy_mj=0, sold=row) for row in strays
    ]


def _pool_lines(cost: PoolCost, sold: Sequence[Sold], metered: Metered | None, unbilled: int, could: int) -> list[Line]:
    ordered: list[LineKind] = ["sold"] * len(sold)
    kinds = [*ordered, *NOBODYS]
    joules = _joules(sold, metered)
    work = _work(sold, unbilled, could)
    energy = apportion(cost.energy_nano, joules) if sum(joules) else _all_idle(cost.energy_nano, len(kinds))
    fixed = apportion(cost.fixed_nano, work) if sum(work) else _all_idle(cost.fixed_nano, len(kinds))
    rows = [*sold, None, None, None, None]
    return [
        Line(kind=kind, pool=cost.pool, cost_nano=e + f, energy_nano=e, energy_mj=mj, sold=row)
        for kind, row, e, f, mj in zip(kinds, rows, energy, fixed, joules, strict=True)
    ]


def _joules(sold: Sequence[Sold], metered: Metered | None) -> list[int]:
    """The meter's millijoules by line: a use's joules, less the part that its lost tokens took."""
    if metered is None:
        return [0] * (len(sold) + 4)
    billed = [row.energy_mj * row.billed_work // max(1, row.billed_work + row.lost_work) for row in sold]
    lost = metered.active_mj - metered.running_mj - sum(billed)
    return [*billed, max(0, lost), metered.running_mj, metered.idle_mj, max(0, metered.overhead_mj)]


def _work(sold: Sequence[Sold], unbilled: int, could: int) -> list[int]:
    lost = unbilled + sum(row.lost_work for row in sold)
    done = lost + sum(row.billed_work for row in sold)
    return [*(row.billed_work for row in sold), lost, 0, max(0, could - done), 0]


def _all_idle(nano: int, lines: int) -> list[int]:
    """Nothing to go by: the machine stood idle."""
    return [*[0] * (lines - 2), nano, 0]
