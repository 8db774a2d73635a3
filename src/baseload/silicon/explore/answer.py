"""The answer to a traffic mix: which chips would serve it, against what can be bought, and what would change that."""

from dataclasses import dataclass

import numpy as np

from baseload.config.traffic import Traffic
from baseload.silicon.coefficients import Array
from baseload.silicon.explore.bought import SHOPPING_LIST
from baseload.silicon.explore.chips import joined
from baseload.silicon.explore.describe import BoughtRow, DesignRow, bought_rows, design_rows
from baseload.silicon.explore.evaluate import MTOK, price
from baseload.silicon.explore.frontier import Point, busiest, frontier
from baseload.silicon.explore.market import Market
from baseload.silicon.explore.money import busy_second
from baseload.silicon.explore.pairing import Pair, best_pair
from baseload.silicon.explore.payback import Deadline, Payback, deadline, payback
from baseload.silicon.explore.programmable import Share, sweep
from baseload.silicon.explore.regret import losses
from baseload.silicon.explore.scene import Candidates, Scene, judge, set_scene
from baseload.silicon.explore.schedule import maturity, mean_maturity
from baseload.silicon.explore.search import GENERATIONS, POPULATION, Found, Progress, search
from baseload.silicon.explore.steptime import StepTime
from baseload.silicon.explore.supply import Supply, supply
from baseload.silicon.explore.tornado import Bar, tornado
from baseload.silicon.explore.work import binding

PORT_MONTHS = (0, 2, 4, 6, 8, 12, 18, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Where one chip serves one class at its cheapest, and what binds each phase there."""

    chip: str
    model: str
    tier: str
    replica: int
    batch: int
    ttft_s: float
    tpot_s: float
    prefill_binds: str
    decode_binds: str
    input_usd_per_mtok: float
    """Prefill, per million tokens of input, cached ones included."""
    output_usd_per_mtok: float
    """Decode, per million tokens of output."""


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
    model: StepTime | None = None,
    market: Market | None = None,
    against: tuple[str, ...] = SHOPPING_LIST,
    seed: int = 1,
    population: int = POPULATION,
    generations: int = GENERATIONS,
    progress: Progress | None = None,
) -> Exploration:
    """Search designs for a traffic mix and study the cheapest. The same seed gives the same answer.

    Raises `DescriptionError` for a model the catalogue lacks, `SetupError` where nothing bought or designed serves
    the mix, or no design keeps every limit.
    """
    scene = set_scene(traffic, model or default_model(), market, against)
    found = search(scene, seed=seed, population=population, generations=generations, progress=progress)
    return _answer(scene, found)


def default_model() -> StepTime:
    """The step-time model of `silicon`, in datasheet mode."""
    from baseload.silicon.explore.datasheet import datasheet

    return datasheet


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
        bounds=tuple(_bounds(judged, scene)),
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


def _bounds(judged: Candidates, scene: Scene) -> list[Bound]:
    """For the cheapest design and the cheapest bought chip, every class that they serve."""
    rows: list[Bound] = []
    market, best, nothing = scene.market, scene.best_bought, np.zeros(scene.bought.chips.size)
    sides = (
        (judged.designs.chips, judged.priced, 0, judged.prices.marginal_usd, judged.prices.lines.nre),
        (scene.bought.chips, scene.bought_today, best, scene.bought.total_usd, nothing),
    )
    for chips, priced, i, total_usd, nre_usd in sides:
        usd_per_s = float(busy_second(total_usd, nre_usd, chips, market).full[i])
        for one, at in zip(scene.traffic.classes, priced.services, strict=True):
            first, step = binding(chips, one, scene.model, market.rules, at)
            if np.isfinite(at.chip_s[i]):
                rows.append(
                    Bound(
                        chip=chips.names[i],
                        model=one.model,
                        tier=one.tier,
                        replica=int(at.replica[i]),
                        batch=int(at.batch[i]),
                        ttft_s=float(at.ttft_s[i]),
                        tpot_s=float(at.tpot_s[i]),
                        prefill_binds=first[i],
                        decode_binds=step[i],
                        input_usd_per_mtok=float(at.prefill_chip_s[i]) * usd_per_s / one.input_tokens.mean * MTOK,
                        output_usd_per_mtok=float(at.decode_chip_s[i]) * usd_per_s / one.output_tokens.mean * MTOK,
                    )
                )
    return rows


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
