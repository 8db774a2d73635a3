"""The answer to a traffic mix: which chips would serve it, against what can be bought, and what would change that."""

from dataclasses import dataclass

import numpy as np

from baseload.config.traffic import Traffic
from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.bought import SHOPPING_LIST
from baseload.silicon.explorer.bounds import Bound, bounds
from baseload.silicon.explorer.chips import joined
from baseload.silicon.explorer.datasheet import datasheet
from baseload.silicon.explorer.describe import BoughtRow, DesignRow, bought_rows, design_rows
from baseload.silicon.explorer.evaluate import price
from baseload.silicon.explorer.frontier import Point, busiest, frontier
from baseload.silicon.explorer.market import Market
from baseload.silicon.explorer.money import busy_second
from baseload.silicon.explorer.pairing import Pair, best_pair
from baseload.silicon.explorer.payback import Deadline, Payback, deadline, payback
from baseload.silicon.explorer.programmable import Share, sweep
from baseload.silicon.explorer.regret import losses
from baseload.silicon.explorer.scene import Candidates, Scene, judge, set_scene
from baseload.silicon.explorer.schedule import maturity, mean_maturity
from baseload.silicon.explorer.search import GENERATIONS, POPULATION, Found, Progress, search
from baseload.silicon.explorer.steptime import StepTime
from baseload.silicon.explorer.supply import Supply, supply
from baseload.silicon.explorer.tornado import Bar, tornado

PORT_MONTHS = (0, 2, 4, 6, 8, 12, 18, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """Everything the explorer found. `pareto` is cheapest first; the studies are of its first design, `chosen`."""

    traffic: Traffic
    market: Market
    seed: int
    judged: int
    feasible: int
    front: int
    """Designs that no other beats; `pareto` shows some of them."""
    pareto: tuple[DesignRow, ...]
    bought: tuple[BoughtRow, ...]
    left_out: dict[str, str]
    frontiers: dict[str, list[Point]]
    bounds: tuple[Bound, ...]
    pair: Pair | None
    payback: Payback
    deadline: Deadline
    supply: Supply
    programmable: tuple[Share, ...]
    tornado: tuple[Bar, ...]
    port: dict[int, float]
    """Months in production → share of the settled speed."""

    @property
    def chosen(self) -> DesignRow:
        return self.pareto[0]

    @property
    def safest(self) -> DesignRow:
        return min(self.pareto, key=lambda row: row.regret)

    @property
    def ratio(self) -> float:
        """The chosen design's cost a token over that of the cheapest bought chip."""
        return self.chosen.usd_per_mtok / self.payback.bought_usd_per_mtok


def explore(
    traffic: Traffic,
    *,
    model: StepTime = datasheet,
    market: Market | None = None,
    against: tuple[str, ...] = SHOPPING_LIST,
    seed: int = 1,
    population: int = POPULATION,
    generations: int = GENERATIONS,
    progress: Progress | None = None,
) -> Exploration:
    """Search designs for a traffic mix and study the cheapest. The same seed gives the same answer.

    Dollars are per million tokens, input and output together, where a name ends in `usd_per_mtok`, else of one chip;
    months count from the market's day. Raises `SetupError` for a model or a chip to buy that the catalogue lacks, where
    none of those chips has the facts that a comparison needs or serves the mix, and where no design keeps every limit.
    """
    scene = set_scene(traffic, market, against, model)
    found = search(scene, seed=seed, population=population, generations=generations, progress=progress)
    return _answer(scene, found)


def _answer(scene: Scene, found: Found) -> Exploration:
    names = tuple(f"design-{i + 1}" for i in range(found.genome.size))
    judged = judge(found.genome, scene, names)
    first = found.genome.take([0])
    return Exploration(
        traffic=scene.traffic,
        market=scene.market,
        seed=found.seed,
        judged=found.judged,
        feasible=found.feasible,
        front=found.front,
        pareto=tuple(design_rows(judged, scene, losses(judged.costs, found.best))),
        bought=tuple(bought_rows(scene, losses(scene.bought_cost, found.best))),
        left_out=scene.bought.left_out,
        frontiers=_frontiers(judged, scene),
        bounds=tuple(_bounds(judged, scene, found.seed)),
        pair=_pair(judged, scene),
        payback=payback(judged, 0, scene),
        deadline=deadline(judged, 0, scene),
        supply=supply(judged.designs, 0, scene.market),
        programmable=tuple(sweep(first, scene, found.best)),
        tornado=tuple(tornado(first, scene)),
        port={month: float(maturity(month, scene.market)) for month in PORT_MONTHS},
    )


def _frontiers(judged: Candidates, scene: Scene) -> dict[str, list[Point]]:
    """Of the cheapest design and of the cheapest bought chip, for the class with most output."""
    one, best, speed = busiest(scene.traffic), scene.best_bought, mean_maturity(scene.market)
    chips, bought = judged.designs.chips, scene.bought.chips
    return {
        chips.names[0]: frontier(chips, 0, one, scene.model, scene.market, speed),
        bought.names[best]: frontier(bought, best, one, scene.model, scene.market, 1.0),
    }


def _bounds(judged: Candidates, scene: Scene, seed: int) -> list[Bound]:
    """For the cheapest design and the cheapest bought chip, every class that they serve."""
    market, best, bought = scene.market, scene.best_bought, scene.bought
    paid, speed = judged.prices, mean_maturity(market)
    ours = busy_second(paid.marginal_usd, paid.lines.nre, judged.designs.chips, market).full
    theirs = busy_second(bought.total_usd, 0.0, bought.chips, market).full
    return [
        *bounds(judged.designs.chips, 0, judged.priced, float(ours[0]), speed, scene, seed),
        *bounds(bought.chips, best, scene.bought_today, float(theirs[best]), 1.0, scene, seed),
    ]


def _pair(judged: Candidates, scene: Scene) -> Pair | None:
    """Over the Pareto set and everything bought."""
    market = scene.market
    chips = joined(judged.designs.chips, scene.bought.chips)
    total = np.concatenate([judged.prices.marginal_usd, scene.bought.total_usd])
    nre = np.concatenate([judged.prices.lines.nre, np.zeros(scene.bought.chips.size)])
    count = judged.designs.chips.size
    speed: Array = np.where(np.arange(chips.size) < count, mean_maturity(market), 1.0)
    priced = price(chips, total, speed, scene.traffic, scene.model, market, nre_usd=nre)
    return best_pair(chips.names, priced, busy_second(total, nre, chips, market).full, scene.traffic)
