"""Method: what each mark means and how each figure is made. Every mark on every page links here."""

from starlette.requests import Request
from starlette.responses import Response

from baseload.console.access import draw, page_for
from baseload.console.session import Session


@page_for("anyone")
async def show(request: Request, session: Session) -> Response:
    """Prose, all of it in the template."""
    return draw(request, session, "method.html")
