"""The scene of a search: the traffic, what can be bought for it today and after each shift; designs judged by it."""

from dataclasses import dataclass, replace

import numpy as np

from baseload.catalog.technology import Shift
from baseload.config.traffic import Traffic
from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.bill import Prices, prices
from baseload.silicon.explorer.bought import SHOPPING_LIST, Bought, shop
from baseload.silicon.explorer.chips import Bools, Chips
from baseload.silicon.explorer.datasheet import datasheet
from baseload.silicon.explorer.design import Designs, build
from baseload.silicon.explorer.evaluate import MTOK, Cheapest, Priced, cheapest, price, tokens_per_request
from baseload.silicon.explorer.genome import Genome
from baseload.silicon.explorer.limits import limits
from baseload.silicon.explorer.market import Market
from baseload.silicon.explorer.schedule import mean_maturity, volume_months
from baseload.silicon.explorer.steptime import StepTime
from baseload.silicon.explorer.work import features_of

TODAY = "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What every design is compared with. `buying` and `bought_cost` have a row for today and for each shift."""

    traffic: Traffic
    model: StepTime
    market: Market
    bought: Bought
    bought_today: Priced
    buying: dict[str, Cheapest]
    bought_cost: Array
    """USD per million tokens, shape (shifts + 1, bought chips); after a shift as for a design's `costs`."""

    @property
    def shifts(self) -> tuple[Shift | None, ...]:
        return (None, *self.market.technology.shifts.values())

    @property
    def shift_names(self) -> tuple[str, ...]:
        return (TODAY, *self.market.technology.shifts)

    @property
    def bought_names(self) -> tuple[str, ...]:
        return (*self.bought.chips.names, *self.bought.left_out)

    @property
    def best_bought(self) -> int:
        """Which bought chip serves the whole mix for least."""
        return int(self.bought_today.usd_per_mtok.argmin())


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Designs with their verdicts; arrays of shape (designs,), `costs` of (shifts + 1, designs)."""

    designs: Designs
    prices: Prices
    priced: Priced
    months: Array
    costs: Array
    """USD per million tokens today and after each shift: with the chip, or with bought ones beside its idle capital."""
    excess: Array
    """Shape (designs, limits): the part over each limit, at or below 0 where it is kept."""

    @property
    def feasible(self) -> Bools:
        return np.asarray((self.excess <= 0).all(axis=1))


def set_scene(
    traffic: Traffic,
    market: Market | None = None,
    against: tuple[str, ...] = SHOPPING_LIST,
    model: StepTime = datasheet,
) -> Scene:
    """Price the bought chips. Raises `SetupError` where none of them serves a class within its promise.

    After a shift that none of them can serve, anything of the shopping list may be bought.
    """
    market = market or Market()
    bought = shop(market, against)
    today = price(bought.chips, bought.total_usd, 1.0, traffic, model, market)
    buying = {TODAY: cheapest(today, bought.chips, traffic, market)}
    costs = [today.usd_per_mtok]
    for name, shift in market.technology.shifts.items():
        moved = _after(bought, traffic, model, market, shift)
        if not _serves(moved):
            moved = _after(bought, _unpromised(traffic), model, market, shift)
        buying[name] = _then_bought(bought, moved, traffic, model, market, shift)
        elsewhere = today.capital_usd_per_mtok + mix_usd_per_mtok(traffic, buying[name])
        costs.append(np.minimum(moved.usd_per_mtok, elsewhere))
    return Scene(
        traffic=traffic,
        model=model,
        market=market,
        bought=bought,
        bought_today=today,
        buying=buying,
        bought_cost=np.stack(costs),
    )


def judge(genome: Genome, scene: Scene, names: tuple[str, ...] = ()) -> Candidates:
    """Build designs and price the mix on them, today and after every shift."""
    market = scene.market
    designs = build(genome, market, names)
    paid = prices(designs, market)
    speed = mean_maturity(market)

    def priced(name: str, shift: Shift | None) -> Priced:
        return price(
            designs.chips,
            paid.marginal_usd,
            speed,
            scene.traffic,
            scene.model,
            market,
            nre_usd=paid.lines.nre,
            shift=shift,
            else_buy=scene.buying[name],
        )

    today = priced(TODAY, None)
    costs = [today.usd_per_mtok]
    for name, shift in market.technology.shifts.items():
        stranded = today.capital_usd_per_mtok + mix_usd_per_mtok(scene.traffic, scene.buying[name])
        used = np.where(survives(designs.chips, shift, market), priced(name, shift).usd_per_mtok, np.inf)
        costs.append(np.minimum(used, stranded))
    return Candidates(
        designs=designs,
        prices=paid,
        priced=today,
        months=volume_months(designs, market),
        costs=np.stack(costs),
        excess=np.stack([limit.excess for limit in limits(designs, market)], axis=1),
    )


def survives(chips: Chips, shift: Shift, market: Market) -> Bools:
    """Which chips have every feature that the work needs after a shift."""
    have = features_of(chips, market.rules)
    return np.asarray(np.all([np.ones(chips.size, bool), *(have[name] for name in shift.requires)], axis=0))


def _after(bought: Bought, traffic: Traffic, model: StepTime, market: Market, shift: Shift) -> Priced:
    """The bought chips after a shift; those without a feature that it needs serve nothing."""
    found = price(bought.chips, bought.total_usd, 1.0, traffic, model, market, shift=shift)
    out = ~survives(bought.chips, shift, market)
    usd = np.where(out, np.inf, found.request_usd)
    return replace(found, request_usd=usd, usd_per_mtok=np.where(out, np.inf, found.usd_per_mtok))


def _serves(priced: Priced) -> bool:
    """Whether every class is served by some chip."""
    return bool(np.isfinite(priced.request_usd).any(axis=1).all())


def _then_bought(
    bought: Bought, moved: Priced, traffic: Traffic, model: StepTime, market: Market, shift: Shift
) -> Cheapest:
    """The cheapest for each class after a shift: of the chips compared, or of all that are sold where those fail."""
    if not _serves(moved):
        bought = shop(market)
        moved = _after(bought, traffic, model, market, shift)
        if not _serves(moved):
            moved = _after(bought, _unpromised(traffic), model, market, shift)
    return cheapest(moved, bought.chips, traffic, market, f" after the shift {shift.id!r}")


def mix_usd_per_mtok(traffic: Traffic, buying: Cheapest) -> float:
    """What the mix costs when every class is bought from whoever serves it for least."""
    usd = float(np.dot([c.share for c in traffic.classes], buying.usd))
    return usd / tokens_per_request(traffic) * MTOK


def _unpromised(traffic: Traffic) -> Traffic:
    """The mix without its promises, for a shift after which no bought chip could keep them."""
    return replace(traffic, classes=tuple(replace(c, slo=None) for c in traffic.classes))
