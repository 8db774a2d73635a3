"""The P&L in a terminal: drawn from the object that `--json` prints, every figure beside its mark."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

Tree = Mapping[str, Any]

GROUPS = (("businesses", "business"), ("tenants", "tenant"), ("models", "model"))
COLUMNS = {"revenue_usd": "revenue", "caused_cost_usd": "cost", "contribution_usd": "margin"}
DESTINATIONS = {
    "sold": "caused by what was sold",
    "lost": "lost work (hang-ups, dead engines, preemption)",
    "running": "answers not yet ended",
    "idle": "idle",
    "overhead": "overhead (cooling, losses, the host's own work)",
}


def text(pnl: Tree) -> str:
    """Totals, the cost of an hour, margins by business, tenant and model, where the cost went, and the check."""
    period = pnl["period"]
    rows = [f"Profit and loss, {_day(period['from_us'])} to {_day(period['to_us'])} UTC", "", *_figures(pnl["totals"])]
    rows += ["", "Cost of an hour", *_figures(pnl["cost_per_hour"])]
    for many, one in GROUPS:
        rows += ["", _head(one), *(_group(row[one], row) for row in pnl[many])]
        rows += [] if pnl[many] else ["  nothing sold"]
    rows += ["", "Where the cost went", *_destinations(pnl)]
    rows += ["", "Capex over long-term enterprise revenue", *_figures(pnl["headline"])]
    return "\n".join([*rows, "", *pnl["notes"]] if pnl["notes"] else rows)


def _figures(figures: Tree) -> Iterable[str]:
    for name, figure in figures.items():
        why = f"  ({figure['note']})" if figure["note"] else ""
        yield f"  {_label(name):<52}{_value(figure['value']):>16} {figure['unit']:<10}{figure['mark']}{why}"


def _head(one: str) -> str:
    return f"{f'By {one}':<28}" + "".join(f"{title:>16} {'':<9}" for title in COLUMNS.values()).rstrip()


def _group(name: str, row: Tree) -> str:
    cells = [(_money(row[column]["value"]), row[column]["mark"]) for column in COLUMNS]
    return f"  {name:<26}" + "".join(f"{money:>16} {mark:<9}" for money, mark in cells).rstrip()


def _destinations(pnl: Tree) -> list[str]:
    """Each dollar of cost once, with the mark of the whole; the sum is checked in whole nano-dollars."""
    mark, said = pnl["totals"]["cost_usd"]["mark"], pnl["reconciliation"]
    spent: Counter[str] = Counter()
    for line in pnl["lines"]:
        spent[line["kind"]] += line["cost_nano"]
    rows = [f"  {words:<52}{_money(spent[kind] / 1e9):>16} {mark}" for kind, words in DESTINATIONS.items()]
    total = f"  {'total':<52}{_money(said['cost_nano'] / 1e9):>16} {mark}"
    return [*rows, f"{total}   lines − total = {said['cost_difference_nano']} nano-dollars"]


def _label(name: str) -> str:
    """The key as a person would say it; the unit stands behind the number."""
    return name.replace("_usd", "").replace("_", " ").replace(" ppe", " PP&E").replace("mtok", "Mtok")


def _value(value: float | None) -> str:
    if value is None:
        return "undefined"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _money(usd: float) -> str:
    """Dollars to the micro-dollar: one small answer costs less than a cent."""
    return f"{'−' if usd < 0 else ''}${abs(usd):,.6f}"


def _day(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
