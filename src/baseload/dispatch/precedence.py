"""Who goes first, said in money: the shortfall penalty that puts a promise above any price.

Nothing in the model knows that internal work precedes paying work, or paying work flex. It follows from values: a
reservation's penalty outbids every price, and a dearer request outbids a cheaper one *per unit of what is scarce*. A
class that is slow to serve needs a higher penalty for the same rank; this says how high.
"""

from collections.abc import Iterable

from baseload.dispatch.layout import eligible
from baseload.dispatch.values import Recipe, Snapshot, WorkClass


def promise_penalty_usd(snapshot: Snapshot, class_id: str, *, margin: float = 2.0, over: Iterable[str] = ()) -> float:
    """USD a request at which a shortfall of this class is never worth any price of the others, × `margin`.

    `over` names classes whose own penalty must be outbid too, in the order of precedence. Exchange is reckoned at the
    class's dearest recipe against the other's cheapest, in replicas, in chips and in watts; a chain of exchanges over
    several recipes can in principle do better than one, which the margin is for.
    """
    classes = {c.id: c for c in snapshot.classes}
    mine = _uses(snapshot, classes[class_id])
    outbid = set(over)
    need = max((b.price_usd for b in classes[class_id].blocks), default=0.0)
    for other in snapshot.classes:
        theirs = _uses(snapshot, other)
        if other.id == class_id or not mine or not theirs:
            continue
        bid = max((b.price_usd for b in other.blocks), default=0.0)
        if other.id in outbid and other.reservation is not None:
            bid += other.reservation.shortfall_usd
        pairs = zip(zip(*mine, strict=True), zip(*theirs, strict=True), strict=True)
        ratios = [max(a) / low for a, b in pairs if (low := min((x for x in b if x > 0), default=0.0)) > 0]
        need = max(need, bid * max(ratios, default=1.0))
    return margin * need


def _uses(snapshot: Snapshot, cls: WorkClass) -> list[tuple[float, float, float]]:
    """(replica-seconds, chip-seconds, joules) a request takes on each recipe that may serve the class."""
    sites = {p.id: p.site for p in snapshot.pools}

    def use(r: Recipe) -> tuple[float, float, float]:
        seconds = 1.0 / r.rates_per_s[cls.id]
        return seconds, seconds * r.chips, seconds * (r.idle_w + r.busy_w)

    return [use(r) for r in snapshot.recipes if eligible(cls, r, sites[r.pool])]
