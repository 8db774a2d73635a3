"""Who goes first, said in money: the shortfall penalty that puts a promise above any price.

Nothing in the model knows that internal work precedes paying work, or paying work flex. It follows from values: a
reservation's penalty outbids every price, and a dearer request outbids a cheaper one *per unit of what is scarce*. A
class that is slow to serve needs a higher penalty for the same rank; this says how high.
"""

from collections.abc import Iterable

import numpy as np

from baseload.dispatch.layout import find_pairs
from baseload.dispatch.solver import Floats
from baseload.dispatch.values import Snapshot


def promise_penalty_usd(snapshot: Snapshot, class_id: str, *, margin: float = 2.0, over: Iterable[str] = ()) -> float:
    """USD a request at which a shortfall of this class is never worth any price of the others, × `margin`.

    `over` names classes whose own penalty must be outbid too, in the order of precedence. Exchange is reckoned at the
    class's dearest recipe against the other's cheapest, in replicas, in chips and in watts; a chain of exchanges over
    several recipes can in principle do better than one, which the margin is for.
    """
    uses, outbid = _uses(snapshot), set(over)
    dearest = np.max(uses[class_id], axis=0, initial=0.0)
    need = 0.0
    for other in snapshot.classes:
        bid = max((b.price_usd for b in other.blocks), default=0.0)
        if other.id in outbid and other.reservation is not None:
            bid += other.reservation.shortfall_usd
        need = max(need, bid * (1.0 if other.id == class_id else _exchange(dearest, uses[other.id])))
    return margin * need


def _exchange(dearest: Floats, theirs: Floats) -> float:
    """Requests of another class that the resources of one request could serve, at most."""
    cheapest = np.min(theirs, axis=0, initial=np.inf)
    scarce = (cheapest > 0) & np.isfinite(cheapest)
    return float(np.max(dearest[scarce] / cheapest[scarce], initial=0.0))


def _uses(snapshot: Snapshot) -> dict[str, Floats]:
    """For each class, by recipe that may serve it: (replica-seconds, chip-seconds, joules) of one request."""
    pairs = find_pairs(snapshot)
    per_s = np.array([[1.0, r.chips, r.idle_w + r.busy_w] for r in snapshot.recipes], np.float64).reshape(-1, 3)
    uses = per_s[pairs.recipe] / pairs.rate[:, None]
    return {c.id: uses[pairs.cls == k] for k, c in enumerate(snapshot.classes)}
