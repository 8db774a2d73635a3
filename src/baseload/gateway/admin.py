"""The operator's side: its own listener on loopback, on an ordinary ASGI framework, behind the run secret.

What it says is put together in `state.py` and in the rooms below; what it changes goes through the one writer.
"""

import hmac
import os
from contextlib import closing
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from baseload.billing import pnl
from baseload.billing.usage import newest, report
from baseload.billing.verify import verify
from baseload.errors import BaseloadError
from baseload.gateway.control import Control
from baseload.gateway.runtime import Runtime
from baseload.gateway.state import describe
from baseload.store import read_only
from baseload.tenants import Key, create_key, list_keys, revoke_key, secret
from baseload.tenants.scope import ROUTES

MAX_ROWS = 1000


class NewKeyBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a new key is to be."""

    tenant: str
    name: str = ""
    scopes: list[str] | None = None
    models: list[str] | None = None
    expires_in_s: float | None = None
    actor: str = "operator"


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


def encoded(value: Any, status: int = 200) -> Response:
    """JSON of values and dataclasses."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def key_card(key: Key, now_us: int) -> dict[str, Any]:
    """A key as it may be shown: everything but the secret."""
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant_id,
        "business": key.business,
        "state": key.state(now_us),
        "scopes": sorted(key.scopes),
        "models": sorted(key.models),
        "created_us": key.created_us,
        "expires_us": key.expires_us,
        "revoked_us": key.revoked_us,
    }


class Desk:
    """The handlers. Reading goes to read-only connections off the loop; writing goes through the ledger's writer."""

    def __init__(self, runtime: Runtime, control: Control) -> None:
        self.runtime = runtime
        self.control = control
        self.ledger_path = runtime.data / "ledger.db"

    def routes(self) -> list[Route]:
        """Path, handler, method."""
        return [
            Route("/admin/state", self.state),
            Route("/admin/history", self.history),
            Route("/admin/pnl", self.pnl),
            Route("/admin/usage", self.usage),
            Route("/admin/requests", self.requests),
            Route("/admin/verify", self.verify),
            Route("/admin/keys", self.keys, methods=["GET"]),
            Route("/admin/keys", self.create_key, methods=["POST"]),
            Route("/admin/keys/{key_id}", self.revoke_key, methods=["DELETE"]),
        ]

    # live
    async def state(self, request: Request) -> Response:
        """What is going on now."""
        return encoded(describe(self.runtime, self.control))

    async def history(self, request: Request) -> Response:
        """The last hour, a row a second."""
        seconds = min(max(int(request.query_params.get("seconds", "3600")), 1), 3600)
        return encoded(self.runtime.meters.history_since(seconds))

    # books
    async def pnl(self, request: Request) -> Response:
        """Profit and loss since the books were opened, or since `from_us`."""
        return encoded(await run_in_threadpool(self._pnl))

    def _pnl(self) -> Any:
        with closing(read_only(self.ledger_path)) as conn:
            return pnl.to_json(pnl.statement(conn, self.runtime.cloud, self.runtime.now_us()))

    async def usage(self, request: Request) -> Response:
        """Usage by tenant, key, model or day."""
        by = request.query_params.get("by", "tenant")
        filters = {k: v for k in ("tenant", "key", "model", "day") if (v := request.query_params.get(k))}

        def read() -> Any:
            with closing(read_only(self.ledger_path)) as conn:
                return report(conn, by, **filters)

        return encoded(await run_in_threadpool(read))

    async def requests(self, request: Request) -> Response:
        """The newest usage rows."""
        limit = min(max(int(request.query_params.get("limit", "50")), 1), MAX_ROWS)
        tenant = request.query_params.get("tenant")

        def read() -> Any:
            with closing(read_only(self.ledger_path)) as conn:
                return {"rows": newest(conn, limit=limit, tenant=tenant)}

        return encoded(await run_in_threadpool(read))

    async def verify(self, request: Request) -> Response:
        """Every invariant with its count of violations."""

        def read() -> Any:
            with closing(read_only(self.ledger_path)) as conn:
                return {"checks": verify(conn, self.runtime.now_us())}

        return encoded(await run_in_threadpool(read))

    # keys
    async def keys(self, request: Request) -> Response:
        """All keys, without their secrets."""

        def read() -> list[Key]:
            with closing(read_only(self.ledger_path)) as conn:
                return list(list_keys(conn))

        now_us = self.runtime.now_us()
        return encoded({"keys": [key_card(k, now_us) for k in await run_in_threadpool(read)]})

    async def create_key(self, request: Request) -> Response:
        """Make a key; its secret is in this answer and nowhere else."""
        wanted = msgspec.json.decode(await request.body(), type=NewKeyBody)
        now_us = self.runtime.now_us()
        made = await self.runtime.ledger.writer.ask(
            lambda unit: create_key(
                unit,
                tenant=wanted.tenant,
                name=wanted.name,
                pepper=self.runtime.pepper,
                random=os.urandom(secret.RANDOM_BYTES),
                now_us=now_us,
                scopes=wanted.scopes or ROUTES,
                models=wanted.models or (),
                expires_us=None if wanted.expires_in_s is None else now_us + round(wanted.expires_in_s * 1e6),
                actor=wanted.actor,
            )
        )
        self.runtime.door.keys.add(made.key)
        return encoded({**key_card(made.key, now_us), "key": made.secret}, 201)

    async def revoke_key(self, request: Request) -> Response:
        """Revoke for good; the hot path knows before this answers."""
        key_id = request.path_params["key_id"]
        now_us = self.runtime.now_us()
        key = await self.runtime.ledger.writer.ask(lambda unit: revoke_key(unit, key_id=key_id, now_us=now_us))
        self.runtime.door.keys.add(key)
        return encoded(key_card(key, now_us))


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


def make_admin(runtime: Runtime, control: Control, run_secret: str) -> ASGIApp:
    """The application behind the run secret."""
    handlers = {BaseloadError: _refused, ValueError: _refused, msgspec.MsgspecError: _refused}
    app = Starlette(routes=Desk(runtime, control).routes(), exception_handlers=handlers)
    return Guard(app, run_secret)
