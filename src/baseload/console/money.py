"""Reading the P&L: the gateway's object is a tree of figures, each {"value", "unit", "mark", "as_of_us"}.

The console looks figures up by name and computes nothing that the P&L already says.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseload.console import figures
from baseload.console.charts import Step

Tree = Mapping[str, Any]
UNITS = re.compile(r"(_usd)?_per_(mtok|hour|year)$|_usd$|_months$|_kwh$")
HEADLINE = "capex_over_long_term_enterprise_revenue"


def spoken(name: str) -> str:
    """A key in words."""
    words = name.replace(HEADLINE, "capex over long-term enterprise revenue,").replace("_", " ").strip()
    words = words.replace(" ppe", " PP&E").replace(" usd", "")
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with everything a reader may ask of it."""

    name: str
    value: float | None
    unit: str
    mark: str
    as_of_us: int
    note: str = ""

    @property
    def label(self) -> str:
        """The name as a person would say it; the unit stands behind the number."""
        return spoken(UNITS.sub("", self.name)) or spoken(self.name)

    @property
    def text(self) -> str:
        """The value as a person reads it: dollars as dollars, shares as percentages."""
        if self.value is None:
            return "undefined"
        if self.unit.startswith(("USD", "$")):
            return figures.usd(self.value)
        if self.unit in ("share", "ratio of one", "fraction"):
            return figures.percent(self.value)
        return figures.number(self.value)

    @property
    def unit_text(self) -> str:
        """What stands after the value; the dollar sign is before it and a percentage has its own."""
        for money in ("USD", "$"):
            if self.unit.startswith(money):
                return self.unit.removeprefix(money).strip()
        return "" if self.unit in ("share", "ratio of one", "fraction", "ratio", "") else self.unit


def is_figure(node: object) -> bool:
    """A number with its mark, as the P&L writes one."""
    return isinstance(node, Mapping) and "value" in node and "mark" in node


def _figure(name: str, node: Tree, as_of_us: int) -> Figure:
    value = node["value"]
    return Figure(
        name=name,
        value=float(value) if isinstance(value, int | float) else None,
        unit=str(node.get("unit", "")),
        mark=str(node["mark"]),
        as_of_us=int(node.get("as_of_us") or as_of_us),
        note=str(node.get("note") or ""),
    )


def walk(tree: Tree, as_of_us: int = 0, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Figure]]:
    """Every figure with the names that lead to it; rows of a list are led to by their id, model or tenant."""
    as_of_us = int(tree.get("as_of_us") or as_of_us)
    for name, node in tree.items():
        if is_figure(node):
            yield path, _figure(name, node, as_of_us)
        elif isinstance(node, Mapping):
            yield from walk(node, as_of_us, (*path, name))
        elif isinstance(node, list):
            for i, row in enumerate(node):
                if isinstance(row, Mapping):
                    yield from walk(row, as_of_us, (*path, name, _row_name(row, i)))


def _row_name(row: Tree, i: int) -> str:
    return next(
        (str(row[k]) for k in ("id", "tenant", "model", "business", "pool", "name") if isinstance(row.get(k), str)),
        str(i),
    )


def find(tree: Tree, *names: str) -> Figure | None:
    """The figure called one of `names`, the shallowest first, names in order of preference."""
    found = sorted(walk(tree), key=lambda item: len(item[0]))
    for name in names:
        for _, figure in found:
            if figure.name == name:
                return figure
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of like figures, such as one a tenant; None where a row lacks a column."""

    title: str
    columns: list[Figure]
    rows: list[tuple[str, list[Figure | None]]]


def groups(tree: Tree) -> dict[str, list[Figure]]:
    """Figures that stand alone, under the name of their part, in the P&L's own order."""
    as_of_us = int(tree.get("as_of_us") or 0)
    found: dict[str, list[Figure]] = {}
    for path, figure in walk({k: v for k, v in tree.items() if not isinstance(v, list)}, as_of_us):
        found.setdefault(spoken(" ".join(path)) or "The cloud", []).append(figure)
    return found


def tables(tree: Tree) -> list[Table]:
    """The lists of the P&L whose rows hold figures."""
    found = []
    for name, rows in tree.items():
        lines = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        held = [{f.name: f for _, f in walk(row, int(tree.get("as_of_us") or 0))} for row in lines]
        columns = {k: f for row in held for k, f in row.items()}
        if columns:
            named = [
                (_row_name(line, i), [row.get(k) for k in columns])
                for i, (line, row) in enumerate(zip(lines, held, strict=True))
            ]
            found.append(Table(title=spoken(name), columns=list(columns.values()), rows=named))
    return found


COSTS = (
    (("depreciation_usd_per_hour", "rent_usd_per_hour"), "Depreciation and rent"),
    (("energy_usd_per_hour",), "Energy"),
    (("space_usd_per_hour",), "Space"),
    (("staff_usd_per_hour",), "Staff"),
)


def steps(tree: Tree) -> list[Step]:
    """Price per million tokens, what each cost takes of it, and the margin left; costs by their share of the hour."""
    price, cost = find(tree, "price_usd_per_mtok"), find(tree, "cost_usd_per_mtok")
    if price is None or cost is None or price.value is None or cost.value is None:
        return []
    hourly = {label: sum(f.value or 0 for n in names if (f := find(tree, n))) for names, label in COSTS}
    total = sum(hourly.values())
    parts = {label: cost.value * value / total for label, value in hourly.items() if value > 0} if total > 0 else {}
    bars = parts or {"Cost": cost.value}
    left = price.value - sum(bars.values())
    return [
        Step(label="Price", value=price.value, text=figures.usd(price.value), total=True),
        *(Step(label=label, value=-value, text="−" + figures.usd(value)) for label, value in bars.items()),
        Step(label="Margin" if left >= 0 else "Loss", value=left, text=figures.usd(left), total=True),
    ]
