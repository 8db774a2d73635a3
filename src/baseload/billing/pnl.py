"""The P&L as JSON, with stable keys and units in them, and as text for a terminal."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from baseload.billing.allocation import Line
from baseload.billing.figure import Figure, ratio, usd
from baseload.billing.statement import NOTHING_SOLD, Statement, group_by, statement
from baseload.units import Mark

Tree = dict[str, Any]
__all__ = ["Statement", "statement", "to_json", "to_text"]

LINE_NAMES = {
    "lost": "lost work (hang-ups, dead engines, preemption)",
    "running": "answers not yet ended",
    "idle": "idle",
    "overhead": "overhead (cooling, losses, the host's own work)",
}


def to_json(pnl: Statement) -> Tree:
    """One object; every figure is {value, unit, mark, as_of_us, note}."""
    return {
        "as_of_us": pnl.to_us,
        "period": {"from_us": pnl.from_us, "to_us": pnl.to_us, "hours": (pnl.to_us - pnl.from_us) / 3_600_000_000},
        "totals": _figures(pnl.figures),
        "cost_per_hour": _figures(pnl.per_hour),
        "tenants": _groups(pnl, "tenant"),
        "models": _groups(pnl, "model"),
        "businesses": _groups(pnl, "business"),
        "headline": _figures(pnl.headline),
        "lines": [_line(line) for line in pnl.lines],
        "reconciliation": _reconciliation(pnl),
        "notes": list(pnl.notes),
    }


def to_text(pnl: Statement) -> str:
    """Totals, the cost of an hour, margins by tenant and model, where the cost went, and the check at the end."""
    rows = [f"Profit and loss, {_day(pnl.from_us)} to {_day(pnl.to_us)} UTC", ""]
    rows += _figure_rows(pnl.figures)
    rows += ["", "Cost of an hour", *_figure_rows(pnl.per_hour)]
    for kind, title in (("business", "By business"), ("tenant", "By tenant"), ("model", "By model")):
        rows += ["", f"{title:<34}{'revenue':>16}{'cost':>16}{'margin':>16}"]
        rows += [_group_row(name, lines) for name, lines in _grouped(pnl, kind).items()] or ["  nothing sold"]
    rows += ["", "Where the cost went"]
    rows += [f"  {name:<52}{_money(nano):>16}" for name, nano in _destinations(pnl)]
    rows += [f"  {'total':<52}{_money(pnl.cost_nano):>16}   lines − total = {_check(pnl)} nano-dollars"]
    rows += ["", "Capex over long-term enterprise revenue", *_figure_rows(pnl.headline)]
    rows += ["", *pnl.notes] if pnl.notes else []
    return "\n".join(rows)


def _figures(figures: Mapping[str, Figure]) -> Tree:
    return {name: _figure(figure) for name, figure in figures.items()}


def _figure(figure: Figure) -> Tree:
    return {
        "value": figure.value,
        "unit": figure.unit,
        "mark": str(figure.mark),
        "as_of_us": figure.as_of_us,
        "note": figure.note,
    }


def _grouped(pnl: Statement, kind: str) -> dict[str, list[Line]]:
    return group_by(pnl.lines, lambda line: str(getattr(line.sold, kind)))


def _groups(pnl: Statement, kind: str) -> list[Tree]:
    return [{kind: name, **_group(lines, pnl.to_us)} for name, lines in _grouped(pnl, kind).items()]


def _group(lines: list[Line], at: int) -> Tree:
    """Revenue, the cost this use caused (its joules, its time), and what is left towards idle and overhead."""
    revenue, cost = sum(line.revenue_nano for line in lines), sum(line.cost_nano for line in lines)
    sold = [line.sold for line in lines if line.sold]
    tokens = sum(row.tok_in + row.tok_out for row in sold)
    energy_mj = sum(line.energy_mj for line in lines)
    return _figures(
        {
            "requests": Figure(
                value=sum(row.requests for row in sold), unit="requests", mark=Mark.MEASURED, as_of_us=at
            ),
            "tokens": Figure(value=tokens, unit="tokens", mark=Mark.MEASURED, as_of_us=at),
            "revenue_usd": Figure(value=usd(revenue), unit="USD", mark=Mark.MEASURED, as_of_us=at),
            "caused_cost_usd": Figure(value=usd(cost), unit="USD", mark=Mark.ASSUMED, as_of_us=at),
            "contribution_usd": Figure(value=usd(revenue - cost), unit="USD", mark=Mark.ASSUMED, as_of_us=at),
            "contribution_share": ratio(revenue - cost, revenue, "share", Mark.ASSUMED, at, NOTHING_SOLD),
            "group_joules_per_token": ratio(energy_mj / 1000, tokens, "J/token", Mark.MODELLED, at, NOTHING_SOLD),
        }
    )


def _line(line: Line) -> Tree:
    sold = line.sold
    return {
        "kind": line.kind,
        "pool": line.pool,
        "tenant": sold.tenant if sold else None,
        "model": sold.model if sold else None,
        "business": sold.business if sold else None,
        "revenue_nano": line.revenue_nano,
        "cost_nano": line.cost_nano,
        "energy_cost_nano": line.energy_nano,
        "energy_mj": line.energy_mj,
    }


def _reconciliation(pnl: Statement) -> Tree:
    return {
        "cost_nano": pnl.cost_nano,
        "cost_lines_nano": sum(line.cost_nano for line in pnl.lines),
        "cost_difference_nano": _check(pnl),
        "revenue_nano": pnl.revenue_nano,
    }


def _check(pnl: Statement) -> int:
    return sum(line.cost_nano for line in pnl.lines) - pnl.cost_nano


def _destinations(pnl: Statement) -> list[tuple[str, int]]:
    sold = sum(line.cost_nano for line in pnl.lines if line.kind == "sold")
    rest = [(name, sum(li.cost_nano for li in pnl.lines if li.kind == kind)) for kind, name in LINE_NAMES.items()]
    return [("caused by what was sold", sold), *rest]


def _group_row(name: str, lines: list[Line]) -> str:
    revenue, cost = sum(line.revenue_nano for line in lines), sum(line.cost_nano for line in lines)
    return f"  {name:<32}{_money(revenue):>16}{_money(cost):>16}{_money(revenue - cost):>16}"


def _figure_rows(figures: Mapping[str, Figure]) -> list[str]:
    return [
        f"  {_label(name):<52}{_value(figure):>16} {figure.unit:<10}{figure.mark}{_why(figure)}"
        for name, figure in figures.items()
    ]


def _label(name: str) -> str:
    """The key as a person would say it; the unit stands behind the number."""
    return name.replace("_usd", "").replace("_", " ").replace(" ppe", " PP&E").replace("mtok", "Mtok")


def _value(figure: Figure) -> str:
    if figure.value is None:
        return "undefined"
    if isinstance(figure.value, int):
        return f"{figure.value:,}"
    return f"{figure.value:,.6g}"


def _why(figure: Figure) -> str:
    return f"  ({figure.note})" if figure.note else ""


def _money(nano: int) -> str:
    """Dollars to the micro-dollar: one small answer costs less than a cent."""
    return f"{'−' if nano < 0 else ''}${abs(nano) / 1e9:,.6f}"


def _day(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
