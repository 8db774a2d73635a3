"""P&L: does the cloud earn its keep, and where does the price of a million tokens go."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from baseload.console import charts, figures, money
from baseload.console.access import console, draw, page_for
from baseload.console.session import Session


@page_for("operator")
async def show(request: Request, session: Session) -> Response:
    """The waterfall, margins by tenant and model, every figure."""
    tree = await console(request).admin.pnl()
    steps = money.steps(tree)
    title = finding(steps)
    chart = charts.waterfall(steps, title, "From the price through each cost to what is left; numbers beneath.")
    return draw(
        request, session, "pnl.html",
        groups=money.groups(tree), tables=money.tables(tree), steps=steps, chart=chart, title=title,
        notes=[str(n) for n in tree.get("notes") or []], as_of_us=int(tree.get("as_of_us") or 0),
    )  # fmt: skip


def finding(steps: list[charts.Step]) -> str:
    """What the waterfall shows, as its title."""
    if not steps:
        return "Nothing has been sold yet"
    price, left = steps[0].value, steps[-1].value
    if left < 0:
        return f"A million tokens sell for {figures.usd(price)} and cost {figures.usd(price - left)}"
    share = f", {figures.percent(left / price)} of the price" if price > 0 else ""
    return f"Of {figures.usd(price)} per million tokens, {figures.usd(left)} is margin{share}"


@page_for("operator")
async def as_json(request: Request, session: Session) -> Response:
    """The same object as `baseload pnl --json`."""
    return JSONResponse(await console(request).admin.pnl())
