"""Tokens a second for one user against tokens a second of a chip: what each chip can trade for what."""

from dataclasses import dataclass

import numpy as np

from baseload.config.traffic import Traffic, TrafficClass
from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.market import Market
from baseload.silicon.explorer.steptime import StepTime
from baseload.silicon.explorer.work import points, promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One replica size and batch: output tokens a second."""

    per_user: float
    per_chip: float
    replica: int
    batch: int


def busiest(traffic: Traffic) -> TrafficClass:
    """The class with most output tokens."""
    return max(traffic.classes, key=lambda c: c.share * c.output_tokens.mean)


def frontier(chips: Chips, which: int, one: TrafficClass, model: StepTime, market: Market, speed: float) -> list[Point]:
    """The points that no other point of this chip beats in both, fastest for a user first.

    The first token keeps its promise; the pace does not have to, so that the whole trade shows.
    """
    p = points(chips.take([which]), one, model, market.rules)
    ttft_s, _ = promise(one, market.rules)
    kept = (p.fits & (p.ttft_s <= ttft_s)).ravel()
    per_user = speed / p.tpot_s.ravel()[kept]
    per_chip = per_user * p.batch.ravel()[kept] / p.replica.ravel()[kept]
    replica, batch = p.replica.ravel()[kept], p.batch.ravel()[kept]
    found: list[Point] = []
    for i in np.lexsort((-per_chip, -per_user)):
        if not found or per_chip[i] > found[-1].per_chip:
            found.append(
                Point(
                    per_user=float(per_user[i]),
                    per_chip=float(per_chip[i]),
                    replica=int(replica[i]),
                    batch=int(batch[i]),
                )
            )
    return found
