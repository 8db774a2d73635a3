"""The application: routes, templates and the wall around them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from baseload.console import figures
from baseload.console.access import Console, current, draw
from baseload.console.admin import Admin, Declined, Unreachable
from baseload.console.guard import LOOPBACK, Guard
from baseload.console.live import Live
from baseload.console.pages import keys, login, method, operator, playground, pnl, records, usage
from baseload.console.session import Sealer
from baseload.console.tickets import Spent, secret

HERE = Path(__file__).parent

ROUTES = [
    Route("/", operator.overview_page),
    Route("/live", operator.live),
    Route("/live/series", operator.live_series),
    Route("/login", login.show, methods=["GET"]),
    Route("/login", login.enter, methods=["POST"]),
    Route("/logout", login.leave, methods=["POST"]),
    Route("/playground", playground.show),
    Route("/playground/stream", playground.stream, methods=["POST"]),
    Route("/keys", keys.show, methods=["GET"]),
    Route("/keys", keys.create, methods=["POST"]),
    Route("/keys/{key_id}/revoke", keys.revoke, methods=["POST"]),
    Route("/usage", usage.show),
    Route("/usage.csv", usage.as_csv),
    Route("/usage.json", usage.as_json),
    Route("/requests", records.show),
    Route("/requests.json", records.as_json),
    Route("/pnl", pnl.show),
    Route("/pnl.json", pnl.as_json),
    Route("/method", method.show),
    Route("/healthz", login.healthy),
    Mount("/static", StaticFiles(directory=HERE / "static")),
]


def templates() -> Jinja2Templates:
    """Escaping on for every name, an undefined name is a fault, and the words for numbers as filters."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("number", "fixed", "count", "usd", "percent", "clock", "stamp", "iso", "ago")
    environment.filters |= {name: getattr(figures, name) for name in names}
    return Jinja2Templates(env=environment)


async def _trouble(request: Request, error: Exception) -> Response:
    """A page that helps, or one sentence for a script."""
    status, message = _words(error)
    session = await current(request)
    if "text/html" in request.headers.get("accept", ""):
        return draw(request, session, "trouble.html", status, code=status, message=message)
    return JSONResponse({"error": {"message": message}}, status)


def _words(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        return error.status_code, "There is no such page." if error.status_code == 404 else error.detail
    if isinstance(error, Declined):
        return error.status, str(error)
    return 503, "The gateway is restarting. This page comes back by itself once it answers."


def application(data: Path, hosts: Iterable[str] = LOOPBACK) -> Starlette:
    """The console for one data directory."""
    admin = Admin(data)
    key = secret(data)
    ours = Console(
        data=data, admin=admin, live=Live(admin), sealer=Sealer(key), spent=Spent(data), templates=templates()
    )

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        yield
        ours.live.close()
        admin.close()

    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(Guard, hosts=tuple(hosts))],
        exception_handlers={HTTPException: _trouble, Unreachable: _trouble, Declined: _trouble},
        lifespan=life,
    )
    app.state.console = ours
    return app
