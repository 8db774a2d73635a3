"""The operator's side: its own listener on loopback, on an ordinary ASGI framework, behind the run secret.

What it says is put together in `state.py` and in the rooms below; what it changes is in `admin_changes.py`.
"""

import hmac
from typing import Any

import apsw
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from baseload.billing import pnl
from baseload.billing.usage import newest, report
from baseload.billing.verify import verify
from baseload.errors import BaseloadError
from baseload.gateway.admin_changes import Changes, encoded
from baseload.gateway.control import Control
from baseload.gateway.metering import Metering
from baseload.gateway.reading import Reading
from baseload.gateway.runtime import Runtime
from baseload.gateway.state import describe

MAX_ROWS = 1000


class Guard:
    """Nothing is answered without the run secret."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self.app = app
        self.expected = f"Bearer {secret}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            sent = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(sent, self.expected):
                response = JSONResponse({"error": "the admin secret of run/admin.json is needed"}, status_code=401)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


class Desk:
    """The handlers that read: live state from memory, books through read-only connections off the loop."""

    def __init__(self, runtime: Runtime, control: Control, metering: Metering, books: Reading) -> None:
        self.runtime = runtime
        self.control = control
        self.metering = metering
        self.books = books

    def routes(self) -> list[Route]:
        """Path, handler, method."""
        return [
            Route("/admin/state", self.state),
            Route("/admin/history", self.history),
            Route("/admin/pnl", self.pnl),
            Route("/admin/usage", self.usage),
            Route("/admin/requests", self.requests),
            Route("/admin/verify", self.verify),
        ]

    # live
    async def state(self, request: Request) -> Response:
        """What is going on now."""
        return encoded(describe(self.runtime, self.control, self.metering))

    async def history(self, request: Request) -> Response:
        """The last hour, a row a second."""
        seconds = min(max(int(request.query_params.get("seconds", "3600")), 1), 3600)
        return encoded(self.runtime.meters.history_since(seconds))

    # books
    async def pnl(self, request: Request) -> Response:
        """Profit and loss since `from_us`; of the trailing day without it."""
        asked = request.query_params.get("from_us")
        start = None if asked is None else int(asked)

        def read(conn: apsw.Connection) -> Any:
            return pnl.to_json(pnl.statement(conn, self.runtime.cloud, self.runtime.now_us(), from_us=start))

        return encoded(await self.books.read(read))

    async def usage(self, request: Request) -> Response:
        """Usage by tenant, key, model or day."""
        by = request.query_params.get("by", "tenant")
        filters = {k: v for k in ("tenant", "key", "model", "day") if (v := request.query_params.get(k))}

        def read(conn: apsw.Connection) -> Any:
            return report(conn, by, **filters)

        return encoded(await self.books.read(read))

    async def requests(self, request: Request) -> Response:
        """The newest usage rows."""
        limit = min(max(int(request.query_params.get("limit", "50")), 1), MAX_ROWS)
        tenant = request.query_params.get("tenant")

        def read(conn: apsw.Connection) -> Any:
            return {"rows": newest(conn, limit=limit, tenant=tenant)}

        return encoded(await self.books.read(read))

    async def verify(self, request: Request) -> Response:
        """Every invariant with its count of violations."""

        def read(conn: apsw.Connection) -> Any:
            return {"checks": verify(conn, self.runtime.now_us())}

        return encoded(await self.books.read(read))


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


def make_admin(runtime: Runtime, control: Control, metering: Metering, run_secret: str) -> ASGIApp:
    """The application behind the run secret."""
    handlers = {BaseloadError: _refused, ValueError: _refused, msgspec.MsgspecError: _refused}
    books = Reading(runtime.data / "ledger.db")
    routes = [*Desk(runtime, control, metering, books).routes(), *Changes(runtime, books).routes()]
    app = Starlette(routes=routes, exception_handlers=handlers)
    return Guard(app, run_secret)
