"""Usage: what was used, by whom, and what it cost. Filters live in the URL; CSV and JSON hold the same rows."""

import csv
import io
import math
import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from baseload.console import charts, figures
from baseload.console.access import console, draw, page_for
from baseload.console.session import Session
from baseload.console.wire import Row, Usage
from baseload.units import NANO_PER_USD, nano_to_usd

BY = {"day": "Day", "model": "Model", "key": "Key", "tenant": "Tenant"}
NAMES = {
    "day": ("day", "date"),
    "model": ("model",),
    "key": ("key_name", "key", "key_id"),
    "tenant": ("tenant", "tenant_id"),
}
DAY = re.compile(r"\d{4}-\d\d-\d\d")
COUNTS = ("requests", "tok_in", "tok_cached", "tok_out", "amount_nano")


def choice(request: Request, session: Session) -> tuple[str, str]:
    """(by, tenant) as the URL says; a tenant's own whatever the URL says."""
    by = request.query_params.get("by", "day")
    allowed = [k for k in BY if session.is_operator or k != "tenant"]
    tenant = request.query_params.get("tenant", "") if session.is_operator else session.tenant
    return (by if by in allowed else "day"), tenant


async def _report(request: Request, session: Session) -> Usage:
    by, tenant = choice(request, session)
    return await console(request).admin.usage(by, tenant=tenant)


def name_of(row: Row, by: str) -> str:
    """What a row is about."""
    return next((str(row[n]) for n in NAMES[by] if row.get(n) not in (None, "")), "unnamed")


def short(name: str, by: str) -> str:
    """A day without its year, under a bar."""
    return date.fromisoformat(name).strftime("%d %b") if by == "day" and DAY.fullmatch(name) else name


def totals(rows: list[Row]) -> dict[str, float]:
    """Column sums: the ledger's integers, and joules."""
    sums: dict[str, float] = {c: sum(int(row.get(c) or 0) for row in rows) for c in COUNTS}
    return sums | {"energy_joules": round(math.fsum(row.get("energy_joules") or 0 for row in rows), 3)}


def mark_of(rows: list[Row]) -> str:
    """The weakest mark among the rows' joules."""
    kinds = {str(row.get("energy_kind")) for row in rows}
    return "measured" if kinds == {"measured"} else "modelled"


@page_for("anyone")
async def show(request: Request, session: Session) -> Response:
    """A chart and its table."""
    by, tenant = choice(request, session)
    report = await _report(request, session)
    sums = totals(report.rows)
    spent = figures.usd(sums["amount_nano"] / NANO_PER_USD)
    keys = await console(request).admin.keys() if by == "key" else []
    names = {r.id: f"{r.tenant}: {r.name}" if session.is_operator else r.name for r in keys}
    named = [
        (names.get(name_of(r, by)) or short(name_of(r, by), by), int(r.get("amount_nano") or 0) / NANO_PER_USD)
        for r in report.rows
    ]
    bars = [(name, cost, figures.usd(cost)) for name, cost in named]
    draw_chart = charts.columns if by == "day" else charts.bars
    title = f"{spent} charged, by {BY[by].lower()}"
    chart = draw_chart(bars[-31:] if by == "day" else bars[:12], title, "The numbers are in the table beneath.")
    tenants = [t.id for t in (await console(request).admin.state()).tenants] if session.is_operator else []
    return draw(
        request, session, "usage.html", report=report, by=by, tenant=tenant, chart=chart, title=title, sums=sums,
        choices={k: v for k, v in BY.items() if session.is_operator or k != "tenant"}, tenants=tenants, name_of=name_of,
        names=names,
        mark_of=mark_of,
        query=urlencode({"by": by} | ({"tenant": tenant} if session.is_operator else {})), nano=NANO_PER_USD,
    )  # fmt: skip


@page_for("anyone")
async def as_json(request: Request, session: Session) -> Response:
    """The same rows and totals."""
    report = await _report(request, session)
    return JSONResponse(
        {"by": report.by or choice(request, session)[0], "tenant": choice(request, session)[1] or None,
         "as_of_us": report.as_of_us, "rows": report.rows, "totals": totals(report.rows)}
    )  # fmt: skip


@page_for("anyone")
async def as_csv(request: Request, session: Session) -> Response:
    """The same rows for a spreadsheet; dollars are exact, and a name that looks like a formula is defused."""
    by, _ = choice(request, session)
    report = await _report(request, session)
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow([by, "requests", "input_tokens", "cached_tokens", "output_tokens", "energy_joules", "cost_usd"])
    for row in report.rows:
        sheet.writerow([_plain(name_of(row, by)), *_numbers(row)])
    name = f"baseload-usage-by-{by}.csv"
    return Response(
        out.getvalue(), media_type="text/csv", headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def _numbers(row: Row) -> list[Any]:
    counts = [int(row.get(c) or 0) for c in COUNTS[:4]]
    return [*counts, row.get("energy_joules") or 0, f"{nano_to_usd(int(row.get('amount_nano') or 0)):f}"]


def _plain(name: str) -> str:
    return f"'{name}" if name[:1] in "=+-@\t\r" else name
