"""The operator's page: is the cloud all right, what is it earning, what should run next."""

import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from baseload.console import overview, series, trust
from baseload.console.access import console, draw, page_for
from baseload.console.live import Picture, fresh
from baseload.console.session import Session

PARTS = (
    "status", "tiles", "legend_models", "table_models", "legend_watts", "table_watts",
    "fleet", "tenants", "trust", "merit",
)  # fmt: skip
"""The pieces of the page that change each second; each is a template `parts/<name>.html` and an element of that id."""


def context(picture: Picture) -> dict[str, Any]:
    """What the pieces draw."""
    state = picture.state
    return {
        "state": state,
        "picture": picture,
        "fresh": fresh(picture),
        "spend": picture.spend,
        "sentence": overview.sentence(state, picture.pnl),
        "tiles": overview.tiles(state, picture.hour, picture.pnl),
        "matches": trust.matches(state),
        "decode": series.total(r.tokens_per_s for r in state.replicas),
        "models": list(picture.hour.by_model),
        "nodes": nodes(picture),
        "now": series.point(state, picture.hour.by_model, nodes(picture)),
        "model_minutes": series.minutes(picture.hour, picture.hour.by_model),
        "node_minutes": series.minutes(picture.hour, picture.hour.by_node_watts),
        "refusals": sorted({reason for t in state.tenants for reason in t.refusals}),
    }


def nodes(picture: Picture) -> list[str]:
    """The series of the power chart, from the bottom up."""
    return list(picture.hour.by_node_watts)


@page_for("anyone")
async def overview_page(request: Request, session: Session) -> Response:
    """The page itself; a tenant has no business here and lands in the playground."""
    if not session.is_operator:
        return RedirectResponse("/playground", 303)
    picture = await console(request).live.picture()
    return draw(request, session, "operator.html", parts=PARTS, **context(picture))


@page_for("operator")
async def live(request: Request, session: Session) -> Response:
    """Server-sent events: an unnamed one with the changed pieces (htmx swaps them), and `point` for the charts."""
    environment = console(request).templates.env

    async def events() -> AsyncIterator[str]:
        async for picture in console(request).live.watch():
            values = context(picture)
            html = environment.get_template("live.html").render(parts=PARTS, now_us=picture.as_of_us, **values)
            yield "".join(f"data: {line}\n" for line in html.splitlines() if line.strip()) + "\n"
            if picture.reachable:
                yield f"event: point\ndata: {json.dumps(values['now'])}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


@page_for("operator")
async def live_series(request: Request, session: Session) -> Response:
    """The last ten minutes as columns, for the charts to begin with."""
    picture = await console(request).live.picture()
    hour = picture.hour
    first = (hour.at_us[-1] - series.CHART_S * 1e6) if hour.at_us else 0
    keep = [i for i, at in enumerate(hour.at_us) if at >= first]
    return JSONResponse(
        {
            "at": [hour.at_us[i] / 1e6 for i in keep],
            "tokens": {name: [line[i] for i in keep] for name, line in hour.by_model.items()},
            "watts": {name: [line[i] for i in keep] for name, line in hour.by_node_watts.items()},
            "cap": picture.state.power.envelope_watts or None,
            "window_s": series.CHART_S,
        }
    )
