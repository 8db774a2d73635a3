"""The bill of a chip: each line's central value, its spread, and every input that went into it with its source."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from baseload.catalog.cost import CostInputs, cost_inputs
from baseload.catalog.design import MEMORIES, PACKAGES
from baseload.catalog.fact import Fact
from baseload.errors import SetupError
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.carbon import Carbon, carbon_kg
from baseload.silicon.costing.design import Design, Die, bought
from baseload.silicon.costing.draw import Draws, Middle, Pick
from baseload.silicon.costing.horizon import held
from baseload.silicon.costing.lines import Lines, lines
from baseload.silicon.costing.logic import die_yield, gross_per_wafer
from baseload.silicon.costing.node import NODES
from baseload.units import Mark

DRAWS = 2000
SEED = 7
SUMS = ("made", "chip", "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure's central value, from the central inputs, and its quantiles over the draws. They need not add up."""

    mid: float
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wafer:
    """Of one kind of die: dies on a wafer, good and bad, and the share of good ones."""

    dies_per_wafer: float
    good_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one chip costs, in USD, and its embodied carbon, in kgCO2e.

    `usd` holds each line and the sums made, chip and total; the lines' central values add up to the sums exactly.
    `dies` has dies on a wafer and the share of good ones, central, by die. `mark` is the weakest of the inputs; `note`
    says where no source speaks of the day, and what was held.
    """

    design: Design
    day: date
    volume: float
    seed: int
    draws: int
    usd: Mapping[str, Spread]
    carbon_kg: Mapping[str, Spread]
    dies: Mapping[str, Wafer]
    inputs: Mapping[str, Fact]
    mark: Mark
    note: str | None


def cost(
    design: Design | str,
    volume: float | None = None,
    day: date | None = None,
    seed: int = SEED,
    *,
    draws: int = DRAWS,
    inputs: CostInputs | None = None,
) -> Bill:
    """The bill of a single design, or of the catalogue's chip of that name: USD and kgCO2e a chip.

    Ranges in, ranges out: `draws` draws of every input, replayed by `seed`. Raises `SetupError` for a name that the
    catalogue lacks, a chip whose parts nobody published, and what no price can be put on (a volume below one chip, an
    unknown node, memory or package, a die beyond the reticle).
    """
    design = bought(design) if isinstance(design, str) else design
    known, when = inputs or cost_inputs(), day or design.day
    sold = design.volume if volume is None else volume
    _check(design, sold, known)
    middle, drawn = Middle(known, when), Draws(known, when, seed=seed, n=draws)
    usd = _spreads(_named(lines(design, sold, middle)), _named(lines(design, sold, drawn)))
    carbon = _spreads(_kilograms(carbon_kg(design, middle)), _kilograms(carbon_kg(design, drawn)))
    return Bill(
        design=design,
        day=when,
        volume=sold,
        seed=seed,
        draws=draws,
        usd=usd,
        carbon_kg=carbon,
        dies={die.name: _wafer(die, middle) for die in design.dies},
        inputs=dict(sorted(middle.used.items())),
        mark=weakest(middle.used.values()),
        note=held(design, middle),
    )


def unit_cost_usd(
    design: Design, volume: Number | None = None, day: date | None = None, *, inputs: CostInputs | None = None
) -> Lines:
    """Central values for a whole family at once: any number of the design and the volume may be an array.

    Arrays must broadcast; nodes, package and memory type are one per call. Tens of thousands of designs a second.
    """
    pick: Pick = Middle(inputs or cost_inputs(), day or design.day)
    return lines(design, design.volume if volume is None else volume, pick)


def weakest(facts: Iterable[Fact]) -> Mark:
    """A figure made of others is marked by the weakest of them."""
    marks = {fact.mark for fact in facts}
    return next((mark for mark in (Mark.ASSUMED, Mark.MODELLED) if mark in marks), Mark.MODELLED)


def _wafer(die: Die, pick: Pick) -> Wafer:
    return Wafer(dies_per_wafer=float(gross_per_wafer(die, pick)), good_fraction=float(die_yield(die, pick)))


def _named(found: Lines) -> dict[str, Array]:
    return {**found._asdict(), **{name: getattr(found, name) for name in SUMS}}


def _kilograms(found: Carbon) -> dict[str, Array]:
    return {**found._asdict(), "module": found.module, "total": found.total}


def _spreads(middle: Mapping[str, Array], drawn: Mapping[str, Array]) -> dict[str, Spread]:
    return {name: _spread(float(value), drawn[name]) for name, value in middle.items()}


def _spread(mid: float, drawn: Array) -> Spread:
    p10, p50, p90 = (float(q) for q in np.quantile(drawn, (0.1, 0.5, 0.9)))
    return Spread(mid=mid, p10=p10, p50=p50, p90=p90)


def _check(design: Design, volume: float, inputs: CostInputs) -> None:
    """What no price can be put on, in one sentence."""
    if np.ndim(volume) or any(np.ndim(n) for die in design.dies for n in (die.area_mm2, die.count)):
        raise SetupError(f"{design.name}: a bill is of one design; ask unit_cost_usd about many at once")
    if not volume >= 1:
        raise SetupError(f"a volume of {volume:g} chips has no cost; give at least one")
    if design.memory_type not in MEMORIES:
        known = ", ".join(MEMORIES)
        raise SetupError(f"{design.name}: no price for memory {design.memory_type!r}; known: {known}")
    if design.package not in PACKAGES:
        raise SetupError(f"{design.name}: no price for package {design.package!r}; known: {', '.join(PACKAGES)}")
    limit = inputs["reticle_limit"].value
    for die in design.dies:
        if die.node not in NODES:
            raise SetupError(f"{design.name}: no wafer price for node {die.node!r}; known: {', '.join(NODES)}")
        if float(np.max(die.area_mm2)) > limit:
            size = f"die {die.name} of {np.max(die.area_mm2):g} mm2"
            raise SetupError(f"{design.name}: {size} is above the reticle limit of {limit:g} mm2; split it")
