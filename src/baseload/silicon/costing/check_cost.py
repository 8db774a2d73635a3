"""Published costs: what the cost model says of each quantity, whichever chip it is asked of."""

import re
from collections.abc import Callable

import numpy as np

from baseload.catalog.cost import cost_inputs
from baseload.catalog.design import designs, find_design, plain
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.answer import CATALOGUE, MODEL, Answer, design_named, estimate, unknown_make
from baseload.silicon.costing.check_prices import price_check, rent_check
from baseload.silicon.costing.design import Design, design_of
from baseload.silicon.costing.die import dies_per_wafer
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.lines import Lines, lines
from baseload.silicon.costing.logic import die_cost, die_yield
from baseload.silicon.costing.per_token import terms, usd_per_hour
from baseload.silicon.costing.system import RACK_CHIPS, server_build_usd
from baseload.silicon.left_out import Row

PERCENT = 100.0
TAKEN = frozenset((line, chip) for line in ("memory", "package", "test") for chip in ("H100-SXM", "MI300X"))
"""Lines whose price the catalogue has from analysts' sheets of these chips: agreeing with those is no test."""


def cost_check(row: Row) -> Answer:
    """A row of category cost."""
    quantity = row["quantity"].casefold()
    if "industry" in row["subject"].casefold():
        return _mix(row) if "hbm share" in quantity else "no model of an industry but its HBM share"
    design = design_named(row["subject"])
    if design is None:
        return price_check(row) or unknown_make(row["subject"])
    for pattern, answer in _QUANTITIES:
        found = re.search(pattern, quantity)
        if found:
            return answer(row, design, found)
    return f"no cost model for the quantity {row['quantity']!r}"


def _line(
    formula: Callable[[Lines], Array], note: str = "", line: str = ""
) -> Callable[[Row, Design, re.Match[str]], Answer]:
    def answer(row: Row, design: Design, _: re.Match[str]) -> Answer:
        known = (line, design.name) in TAKEN
        said = "the line's price was taken from such a sheet of this chip" if known else note
        mode = CATALOGUE if known else MODEL
        return estimate(lambda pick: formula(lines(design, design.volume, pick)), row, note=said, mode=mode)

    return answer


def _margin_at(row: Row, design: Design, found: re.Match[str]) -> Answer:
    price = float(found.group(1).replace(",", ""))
    return estimate(lambda pick: 1.0 - lines(design, design.volume, pick).made / price, row)


def _rise(row: Row, design: Design, found: re.Match[str]) -> Answer:
    """What a rise of the memory's price does to the whole."""
    rise = float(found.group(1)) / PERCENT

    def formula(pick: Pick) -> Array:
        bill = lines(design, design.volume, pick)
        return np.asarray(rise * bill.memory / bill.made)

    return estimate(formula, row)


def _good_dies(row: Row, design: Design, _: re.Match[str]) -> Answer:
    """At the yield that the row states, else at our own."""
    die = design.dies[0]
    stated = re.search(r"([\d.]+)\s*% yield", row.get("conditions", ""))
    if stated:
        share = float(stated.group(1)) / PERCENT
        return estimate(
            lambda pick: dies_per_wafer(die.area_mm2, pick) * share, row, note=f"at the row's yield of {share:.0%}"
        )
    return estimate(lambda pick: die_cost(die, pick).per_wafer, row)


def _gross_dies(row: Row, design: Design, _: re.Match[str]) -> Answer:
    return estimate(lambda pick: dies_per_wafer(design.dies[0].area_mm2, pick), row)


def _yield(row: Row, design: Design, _: re.Match[str]) -> Answer:
    """Of the chip's first die, spare units used."""
    return estimate(lambda pick: die_yield(design.dies[0], pick), row)


def _server_build(row: Row, design: Design, _: re.Match[str]) -> Answer:
    return estimate(
        lambda pick: server_build_usd(design, lines(design, design.volume, pick).made, pick),
        row,
        mode=CATALOGUE,
        note="the board's cost was taken from a bill that contains this figure",
    )


def _rack_price(row: Row, design: Design, _: re.Match[str]) -> Answer:
    if design.server != "nvl72":
        return f"no rack of {design.name} is described"
    return estimate(lambda pick: lines(design, design.volume, pick).total * RACK_CHIPS, row)


def _break_even(row: Row, design: Design, _: re.Match[str]) -> Answer:
    """Rented every hour, at the modelled price of the chip with its share of the server."""
    entry = find_design(design.name)
    if entry is None or entry.tdp_w is None:
        return f"no watts of {design.name} in the catalogue"
    tdp_w = entry.tdp_w.value

    def formula(pick: Pick) -> Number:
        watts = tdp_w * (1.0 + np.asarray(pick("server_power_share")))
        return usd_per_hour(lines(design, design.volume, pick).total, watts, terms(pick, utilisation=1.0))

    return estimate(formula, row, note="every hour rented, at thermal design power")


def _rent(row: Row, design: Design, _: re.Match[str]) -> Answer:
    return rent_check(row, design.name)


def _mix(row: Row) -> Answer:
    """Memory over logic, memory and package, of what shipped: shares from memory."""
    shipped = [design_of(d) for d in designs().values() if f"mix_{plain(d.id)}" in cost_inputs().series]

    def formula(pick: Pick) -> Array:
        memory = parts = np.asarray(0.0)
        for design in shipped:
            share, bill = pick(f"mix_{plain(design.name)}"), lines(design, design.volume, pick)
            memory = memory + share * bill.memory
            parts = parts + share * (bill.logic + bill.memory + bill.package)
        return np.asarray(memory / parts)

    return estimate(formula, row, note="shares of chips shipped are assumed; components are logic, memory, package")


_PRICE = _line(lambda bill: bill.made + bill.margin, "made, and the seller's gross margin")
_QUANTITIES: tuple[tuple[str, Callable[[Row, Design, re.Match[str]], Answer]], ...] = (
    (r"gross margin at ([\d,]+)", _margin_at),
    (r"from hbm\w* \+([\d.]+)%", _rise),
    (r"(?:hbm|memory) share", _line(lambda bill: np.asarray(bill.memory / bill.made))),
    (r"good dies per", _good_dies),
    (r"dies per wafer", _gross_dies),
    (r"\byield\b", _yield),
    (r"server (?:build|manufacturing) cost", _server_build),
    (r"rack (?:price|cost)", _rack_price),
    (r"break-even rental", _break_even),
    (r"rent", _rent),
    (r"(?:hbm|memory|dram)\b.*cost", _line(lambda bill: bill.memory, line="memory")),
    (r"(?:packag\w+|cowos)\b.*cost", _line(lambda bill: bill.package, line="package")),
    (r"\btest\b", _line(lambda bill: bill.test, line="test")),
    (r"(?:logic|silicon|dies?)\b.*cost", _line(lambda bill: bill.logic)),
    (r"\b(?:manufacturing|production|unit|build|bom|materials)\b", _line(lambda bill: bill.made)),
    (r"\bprice\b", _PRICE),
)
"""First match wins, the particular before the general."""
