"""Requests: the newest ones, what each cost, how long it waited, and whose it was."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from baseload.console.access import console, draw, page_for
from baseload.console.pages.usage import mark_of
from baseload.console.session import Session
from baseload.console.wire import Row
from baseload.units import NANO_PER_USD

LIMITS = (50, 200, 1000)


async def _rows(request: Request, session: Session) -> tuple[list[Row], int, str]:
    asked = request.query_params.get("limit", "")
    limit = int(asked) if asked.isdigit() and int(asked) in LIMITS else LIMITS[0]
    tenant = request.query_params.get("tenant", "") if session.is_operator else session.tenant
    return await console(request).admin.requests(limit, tenant), limit, tenant


def first_token_ms(row: Row) -> float | None:
    """Admission to first token: what the client felt, network apart."""
    first, start = row.get("first_token_us"), row.get("admitted_us")
    return (first - start) / 1000 if first and start else None


@page_for("anyone")
async def show(request: Request, session: Session) -> Response:
    """The table."""
    rows, limit, tenant = await _rows(request, session)
    tenants = [t.id for t in (await console(request).admin.state()).tenants] if session.is_operator else []
    return draw(
        request, session, "requests.html", rows=rows, limit=limit, limits=LIMITS, tenant=tenant, tenants=tenants,
        first_token_ms=first_token_ms,
        mark_of=mark_of, nano=NANO_PER_USD,
    )  # fmt: skip


@page_for("anyone")
async def as_json(request: Request, session: Session) -> Response:
    """The same rows."""
    rows, _, tenant = await _rows(request, session)
    return JSONResponse({"tenant": tenant or None, "rows": rows})
