"""What flips the decision: each uncertain input at its low and its high end, all others as they are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from baseload.catalog.fact import Fact
from baseload.silicon.explorer.genome import Genome
from baseload.silicon.explorer.market import Market
from baseload.silicon.explorer.scene import Scene, judge, set_scene

MONEY = ("utilisation", "life_years", "cost_of_capital", "power_price", "server_power_share",
         "asic_partner_gross_margin", "design_cost_replicated_array_discount", "respins")  # fmt: skip
BY_NODE = ("wafer_price", "defect_density")
NODE_NAMES = {"wafer_price": {"n5": "n5_n4"}, "defect_density": {}}
RULES = ("array_overhead", "flop_pj", "simultaneity", "first_port_share", "port_months", "slo_headroom",
         "vector_work_share")  # fmt: skip
SURGE = (0.7, 3.0)
"""Multiples of today's memory price: a glut, and a surge such as DRAM contracts had in early 2026."""
VOLUMES = (1 / 3, 3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One input; the ratios are the design's cost a token over that of the cheapest bought chip."""

    name: str
    unit: str
    low: float
    high: float
    ratio_at_low: float
    ratio_at_high: float
    kind: str
    source: str

    @property
    def swing(self) -> float:
        return abs(self.ratio_at_high - self.ratio_at_low)

    def flips(self, base: float) -> bool:
        """Whether one end of it turns designing into buying, or back."""
        return any((end < 1) != (base < 1) for end in (self.ratio_at_low, self.ratio_at_high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """An input with its two ends, and how a market looks with it."""

    name: str
    unit: str
    low: float
    high: float
    kind: str
    source: str
    at: Callable[[float], Market]


def tornado(genome: Genome, scene: Scene) -> list[Bar]:
    """One design (a genome of one) under every lever, the widest swing first. The model and the mix stay."""
    bars = []
    for lever in levers(genome, scene):
        low, high = (ratio(genome, replace_market(scene, lever.at(end))) for end in (lever.low, lever.high))
        bars.append(
            Bar(
                name=lever.name,
                unit=lever.unit,
                low=lever.low,
                high=lever.high,
                ratio_at_low=low,
                ratio_at_high=high,
                kind=lever.kind,
                source=lever.source,
            )
        )
    return sorted(bars, key=lambda bar: -bar.swing)


def ratio(genome: Genome, scene: Scene) -> float:
    """The design's cost a token over that of the cheapest bought chip."""
    return float(judge(genome, scene).costs[0, 0] / scene.bought_cost[0].min())


def replace_market(scene: Scene, market: Market) -> Scene:
    """The same traffic and model in another market."""
    return set_scene(scene.traffic, market, scene.bought_names, scene.model)


def levers(genome: Genome, scene: Scene) -> Iterator[Lever]:
    """Every input that is asked about, with its range and source from the catalogue."""
    market = scene.market
    node = list(market.technology.nodes)[int(genome.node[0])]
    names = (*MONEY, *(f"{name}_{NODE_NAMES[name].get(node, node)}" for name in BY_NODE))
    for name in names:
        fact = market.inputs.at(name, market.day)
        yield _lever(name, fact, _by_input(market, name, fact))
    for name in RULES:
        yield _lever(name, getattr(market.rules, name), _by_rule(market, name))
    best = scene.bought.entries[scene.best_bought].price_usd
    if best:
        ends = best.low / best.value, best.high / best.value
        yield _own("bought_price", "x", *ends, best.source, lambda k: replace(market, bought_price=k))
    yield _own("memory_price", "x", *SURGE, "a glut, and a surge", lambda k: replace(market, memory_price=k))
    few, many = (market.volume * k for k in VOLUMES)
    yield _own("volume", "chips", few, many, "a third and three times", lambda n: replace(market, volume=n))


def _by_input(market: Market, name: str, fact: Fact) -> Callable[[float], Market]:
    return lambda value: market.scaling(name, value / fact.value)


def _by_rule(market: Market, name: str) -> Callable[[float], Market]:
    return lambda value: market.ruling(name, value)


def _lever(name: str, fact: Fact, at: Callable[[float], Market]) -> Lever:
    return Lever(name=name, unit=fact.unit, low=fact.low, high=fact.high, kind=fact.kind, source=fact.source, at=at)


def _own(name: str, unit: str, low: float, high: float, source: str, at: Callable[[float], Market]) -> Lever:
    return Lever(name=name, unit=unit, low=low, high=high, kind="assumed", source=source, at=at)
