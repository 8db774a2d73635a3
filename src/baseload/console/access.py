"""What every page needs at hand, and who may see it: wrappers that make a route a page for a role."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from baseload.console.admin import Admin, Unreachable
from baseload.console.forms import form
from baseload.console.live import Live
from baseload.console.session import COOKIE, Sealer, Session
from baseload.console.tickets import Spent
from baseload.units import Micros

KEYS_EVERY_S = 2.0
Handler = Callable[[Request, Session], Awaitable[Response]]
Route = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True, kw_only=True)
class Console:
    """The parts, made once."""

    data: Path
    admin: Admin
    live: Live
    sealer: Sealer
    spent: Spent
    templates: Jinja2Templates
    secrets: dict[str, str] = field(default_factory=dict)
    """Session (and, for the operator, tenant) to the key the playground speaks with. In memory only."""
    dead_keys: frozenset[str] = frozenset()
    keys_read_s: float = float("-inf")

    async def is_dead(self, session: Session, now: Micros) -> bool:
        """Whether the session's key has been revoked or has expired, known within two seconds."""
        if not session.key_id:
            return False
        if time.monotonic() - self.keys_read_s > KEYS_EVERY_S:
            try:
                rows = await self.admin.keys()
                self.dead_keys = frozenset(
                    r.id for r in rows if r.revoked_us or (r.expires_us is not None and r.expires_us <= now)
                )
                self.keys_read_s = time.monotonic()
            except Unreachable:
                pass  # nothing can be read or changed either; the page says so
        return session.key_id in self.dead_keys


def console(request: Request) -> Console:
    """The parts, from inside a page."""
    found: Console = request.app.state.console
    return found


def now_us() -> Micros:
    """The clock, read at the edge."""
    return Micros(time.time_ns() // 1000)


async def current(request: Request) -> Session | None:
    """The session of this browser, unless it has ended or its key has been revoked."""
    ours = console(request)
    session = ours.sealer.read(request.cookies.get(COOKIE, ""), now_us())
    return None if session is None or await ours.is_dead(session, now_us()) else session


def page_for(role: str) -> Callable[[Handler], Route]:
    """A page for the operator, or for "anyone" who has logged in; a POST must carry our form token."""

    def wrap(handler: Handler) -> Route:
        async def route(request: Request) -> Response:
            session = await current(request)
            if session is None:
                return _to_login(request)
            if role == "operator" and not session.is_operator:
                raise HTTPException(403, "This page is for the operator. Log in with the admin key to see it.")
            if request.method not in ("GET", "HEAD") and not await _is_ours(request, session.id):
                raise HTTPException(403, "This form has expired. Go back, reload the page, and send it again.")
            return await handler(request, session)

        return route

    return wrap


async def _is_ours(request: Request, session_id: str) -> bool:
    """Whether the form token is there: in a header from our script, in a field from a plain form."""
    token = request.headers.get("x-form-token") or (await form(request)).get("form_token")
    return console(request).sealer.form_is_ours(session_id, token)


def _to_login(request: Request) -> Response:
    """A person is sent to the log-in and back; a script and a stream get a plain no."""
    accepts = request.headers.get("accept", "")
    if request.method not in ("GET", "HEAD") or "text/html" not in accepts or "text/event-stream" in accepts:
        raise HTTPException(401, "You are logged out. Reload the page to log in.")
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(target)}" if target != "/" else "/login", 303)


def draw(request: Request, session: Session | None, template: str, status: int = 200, **context: Any) -> Response:
    """A page with what every page shows: who is looking and where they may go."""
    ours = console(request)
    token = ours.sealer.form_token(session.id) if session else ""
    context |= {"session": session, "form_token": token, "path": request.url.path, "now_us": now_us()}
    return ours.templates.TemplateResponse(request, template, context, status_code=status)
