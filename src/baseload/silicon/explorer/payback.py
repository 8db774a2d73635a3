"""Does designing pay: chips and megawatts until the design's cost is back, and the last day a tape-out makes sense."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import log

import numpy as np

from baseload.silicon.costing.per_token import annuity
from baseload.silicon.explorer.evaluate import price
from baseload.silicon.explorer.money import busy_s_per_year, site_w
from baseload.silicon.explorer.scene import TODAY, Candidates, Scene
from baseload.silicon.explorer.schedule import after_tape_out_months, design_months, mean_maturity

DAYS_PER_MONTH = 365.25 / 12
MW = 1e6
VOLUMES = np.geomspace(5_000, 2_000_000, 14).round(-2)
"""Chips made, for the curve of cost by volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payback:
    """Of one design against buying each class from whoever serves it for least today. None: it never pays."""

    nre_usd: float
    marginal_usd_per_mtok: float
    """Without the design's cost."""
    bought_usd_per_mtok: float
    saving_usd_per_chip: float
    """Over its life, in today's dollars, before the design's cost."""
    chips: float | None
    megawatts: float | None
    requests_per_s: float | None
    chips_for_traffic: float
    """What this traffic needs by itself."""
    by_volume: tuple[tuple[float, float], ...]
    """Chips made, and USD per million tokens with the design spread over so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When a tape-out stops making sense, bought chips getting cheaper by the token every year.

    Months count from the market's day. `too_late_months` above 0: it cannot tape out early enough.
    """

    gain_per_year: float
    respins: float
    volume_by_months: float
    """The design's cost a token equals that of what can then be bought."""
    tape_out_by_months: float
    tape_out_by: date
    earliest_tape_out_months: float

    @property
    def too_late_months(self) -> float:
        return self.earliest_tape_out_months - self.tape_out_by_months


def payback(found: Candidates, which: int, scene: Scene) -> Payback:
    """Break-even volume: design cost over what one more chip saves in its life, at the cost of capital."""
    market = scene.market
    chips = found.designs.chips.take([which])
    paid = found.prices.marginal_usd[[which]]
    speed = mean_maturity(market)
    marginal = price(chips, paid, speed, scene.traffic, scene.model, market, else_buy=scene.buying[TODAY])
    shares = np.array([c.share for c in scene.traffic.classes])
    served = np.isfinite(np.array([s.chip_s[0] for s in marginal.services]))
    saved_usd = float(np.dot(shares * served, scene.buying[TODAY].usd - marginal.request_usd[:, 0]))
    chip_s = float(marginal.chip_s_per_request[0] * marginal.coverage[0])
    yearly = saved_usd / chip_s * busy_s_per_year(market) if chip_s else 0.0
    saving = yearly / float(annuity(market.of("cost_of_capital"), market.of("life_years")))
    nre = float(found.prices.nre_usd[which])
    count = nre / saving if saving > 0 else None
    rate = market.of("utilisation") / chip_s if chip_s else 0.0
    watts = float(site_w(chips.max_w, market)[0])
    return Payback(
        nre_usd=nre,
        marginal_usd_per_mtok=float(marginal.usd_per_mtok[0]),
        bought_usd_per_mtok=bought_usd_per_mtok(scene),
        saving_usd_per_chip=saving,
        chips=count,
        megawatts=None if count is None else count * watts / MW,
        requests_per_s=None if count is None else count * rate,
        chips_for_traffic=scene.traffic.requests_per_s / rate if rate else 0.0,
        by_volume=_by_volume(float(marginal.usd_per_mtok[0]), float(found.costs[0, which]), market.volume),
    )


def deadline(found: Candidates, which: int, scene: Scene, respins: float = 1.0) -> Deadline:
    """Solve c = b · (1 + g)^(−T/12) for T, then count back from volume to tape-out with the respins."""
    market = scene.market
    gain = market.rules.bought_gain_per_year.value
    ratio = float(found.costs[0, which]) / float(scene.bought_cost[0].min())
    volume_by = -12 * log(ratio) / log(1 + gain)
    tape_out_by = volume_by - float(after_tape_out_months(found.designs, market, respins)[which])
    return Deadline(
        gain_per_year=gain,
        respins=respins,
        volume_by_months=volume_by,
        tape_out_by_months=tape_out_by,
        tape_out_by=market.day + timedelta(days=tape_out_by * DAYS_PER_MONTH),
        earliest_tape_out_months=float(design_months(found.designs, market)[which]),
    )


def _by_volume(marginal: float, full: float, at: float) -> tuple[tuple[float, float], ...]:
    """The design's share falls as one over the chips made (FAST, ASPLOS'22, shows its return in this way)."""
    return tuple((float(n), marginal + (full - marginal) * at / float(n)) for n in VOLUMES)


def bought_usd_per_mtok(scene: Scene) -> float:
    """The whole mix from the one bought chip that serves it for least."""
    return float(scene.bought_today.usd_per_mtok[scene.best_bought])
