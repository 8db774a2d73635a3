"""`baseload chip cost`: what a chip costs to make and to buy, line by line, with the spread and the sources."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, table

if TYPE_CHECKING:
    from baseload.catalog import Fact
    from baseload.silicon.costing import Bill, Die, Spread, Wafer
    from baseload.silicon.costing.yields import YieldModel

LINES = {
    "die": "die",
    "yield_loss": "yield loss",
    "memory": "memory",
    "package": "package",
    "test": "test and assembly",
    "scrap": "final test scrap",
    "made": "= to make it",
    "margin": "seller's margin",
    "nre": "NRE per unit",
    "chip": "= to buy it",
    "server": "server share",
    "total": "= total",
}
YIELDS = ("harvested", "negative_binomial", "poisson", "murphy", "seeds", "bose_einstein")
CARBON = {
    "logic": "logic",
    "memory": "memory",
    "package": "package",
    "board": "board",
    "module": "= the module",
    "host": "server share",
    "total": "= total",
}


class Month(click.ParamType):  # type: ignore[type-arg]
    """A month as 2026-11."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The first of the month."""
        if isinstance(value, date):
            return value
        said = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})", str(value))
        if not (said and 2000 <= int(said[1]) <= 2100 and 1 <= int(said[2]) <= 12):
            self.fail(f"{value!r} is not a month; write it as 2026-11", param, ctx)
        return date(int(said[1]), int(said[2]), 1)


@click.command("cost", cls=Command, example="baseload chip cost H100-SXM")
@click.argument("chip")
@click.option("--volume", type=click.FloatRange(min=1), help="Chips made; 300,000 otherwise. Spreads the NRE.")
@click.option("--date", "day", type=Month(), help="Month whose memory and wafer prices count; this one otherwise.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Of the Monte Carlo draws.")
@click.option("--yield-model", type=click.Choice(YIELDS), default=YIELDS[0], show_default=True, help="Of its dies.")
@click.option("--placed", is_flag=True, help="Count dies on the wafer on a grid, not by formula.")
@json_option
def chip_cost(
    chip: str,
    volume: float | None,
    day: date | None,
    seed: int,
    yield_model: "YieldModel",
    placed: bool,
    as_json: bool,
) -> None:
    """What a chip costs to make and to buy: each line with its spread, and where each input comes from.

    Central values add up; quantiles do not. Embodied carbon beside it.
    """
    from baseload.catalog.design import designs
    from baseload.silicon.costing import bought, cost

    design = bought(chip)
    design = replace(design, dies=tuple(replace(d, yield_model=yield_model, placed=placed) for d in design.dies))
    bill = cost(design, volume, day or datetime.now(tz=UTC).date().replace(day=1), seed)
    facts = {**designs()[bill.design.name].facts, **bill.inputs}
    if as_json:
        emit(to_json(bill, facts))
        return
    click.echo(_head(bill))
    click.echo(_spreads(LINES, bill.usd, "USD a chip", f"({bill.mark})"))
    click.echo()
    click.echo(_spreads(CARBON, bill.carbon_kg, "embodied, kgCO2e", f"({bill.mark})"))
    click.echo()
    click.echo(_inputs(facts))


def to_json(bill: "Bill", facts: "Mapping[str, Fact]") -> dict[str, Any]:
    """The bill and what went into it as one object; money in USD a chip, carbon in kgCO2e a chip."""
    return {
        "chip": bill.design.name,
        "date": bill.day.strftime("%Y-%m"),
        "volume_chips": bill.volume,
        "seller": bill.design.seller,
        "seed": bill.seed,
        "draws": bill.draws,
        "mark": str(bill.mark),
        "note": bill.note,
        "dies": [_die(die, bill.dies[die.name]) for die in bill.design.dies],
        "lines": [_line(name, bill.usd[name], "usd") for name in LINES],
        "embodied_carbon": [_line(name, bill.carbon_kg[name], "kg") for name in CARBON],
        "inputs": [_input(name, fact) for name, fact in facts.items()],
    }


def _die(die: "Die", wafer: "Wafer") -> dict[str, Any]:
    return {
        "die": die.name,
        "node": die.node,
        "area_mm2": die.area_mm2,
        "count": die.count,
        "yield_model": die.yield_model,
        "placed": die.placed,
        "dies_per_wafer": wafer.dies_per_wafer,
        "good_fraction": wafer.good_fraction,
    }


def _line(name: str, spread: "Spread", unit: str) -> dict[str, Any]:
    figures = {"mid": spread.mid, "p10": spread.p10, "p50": spread.p50, "p90": spread.p90}
    return {"line": name, **{f"{key}_{unit}": value for key, value in figures.items()}}


def _input(name: str, fact: "Fact") -> dict[str, Any]:
    figures = {"value": fact.value, "low": fact.low, "high": fact.high, "unit": fact.unit, "kind": fact.kind}
    return {"input": name, **figures, "mark": str(fact.mark), "date": fact.date.isoformat(), "source": fact.source}


def _head(bill: "Bill") -> str:
    seller = {
        "merchant": "sold by its maker, whose NRE is in the margin",
        "partner": f"made with a silicon partner, {bill.volume:,.0f} chips",
        "own": f"made on one's own account, {bill.volume:,.0f} chips",
    }[bill.design.seller]
    said = f"{bill.design.name}, prices of {bill.day:%Y-%m}; {seller}; seed {bill.seed}, {bill.draws:,} draws"
    wafers = [
        f"{die.name}: {bill.dies[die.name].dies_per_wafer:,.1f} on a wafer"
        f"{' (placed)' if die.placed else ''}, {bill.dies[die.name].good_fraction:.0%} good ({_words(die.yield_model)})"
        for die in bill.design.dies
    ]
    return "\n".join([said, *([f"note: {bill.note}"] if bill.note else []), *wafers])


def _words(model: str) -> str:
    return model.replace("_", " ")


def _spreads(names: Mapping[str, str], found: "Mapping[str, Spread]", title: str, mark: str) -> str:
    head = (f"{title} {mark}", "central", "p10", "p50", "p90")
    return table(head, [[label, *_figures(found[name])] for name, label in names.items()])


def _figures(spread: "Spread") -> list[str]:
    return [f"{value:,.0f}" for value in (spread.mid, spread.p10, spread.p50, spread.p90)]


def _inputs(facts: "Mapping[str, Fact]") -> str:
    head = ("input", "value", "low", "high", "unit", "mark", "source")
    rows = [
        [name, *(f"{v:g}" for v in (fact.value, fact.low, fact.high)), fact.unit, str(fact.mark), _short(fact.source)]
        for name, fact in facts.items()
    ]
    return table(head, rows) + "\nsources in full, with their dates: --json"


def _short(source: str) -> str:
    return source if len(source) <= 60 else source[:59] + "…"
