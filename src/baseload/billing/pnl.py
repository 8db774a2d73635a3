"""The P&L as JSON, with stable keys and units in them."""

from collections.abc import Mapping
from typing import Any

from baseload.billing.allocation import Line
from baseload.billing.figure import Figure, ratio, usd
from baseload.billing.statement import NOTHING_SOLD, Statement, group_by, statement
from baseload.units import Mark

Tree = dict[str, Any]
__all__ = ["Statement", "statement", "to_json"]


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
