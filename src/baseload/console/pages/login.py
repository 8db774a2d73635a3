"""In and out: with a key, or with the one-time link of `baseload up`."""

import re
import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from baseload.console import proxy
from baseload.console.access import Console, console, current, draw, now_us
from baseload.console.forms import form
from baseload.console.session import COOKIE, Session, begin, set_cookie
from baseload.console.tickets import OPERATOR, redeem

KEY = re.compile(r"blk_[a-z]+_([0-9A-Za-z]{4,32})_[0-9A-Za-z_]{20,80}")
BEFORE = "baseload_before"
"""A cookie that ties the log-in form to the browser it was sent to."""


async def show(request: Request) -> Response:
    """The form; or, with a good `?ticket=`, straight in."""
    text = request.query_params.get("ticket", "")
    if text and request.method == "GET":
        ours = console(request)
        role = redeem(ours.sealer.key, text, ours.spent, now_us())
        if role is not None:
            tenant = role.partition(":")[2]
            return _enter(request, begin("tenant" if tenant else OPERATOR, tenant, "", now_us()))
        return _form(request, "This link has been used or is too old. Log in with a key, or print a new link.", 403)
    if await current(request) is not None:
        return RedirectResponse("/", 303)
    return _form(request, "", 200)


async def enter(request: Request) -> Response:
    """A key in a form becomes a session. One sentence for every way to be wrong, so that none is told apart."""
    fields = await form(request)
    before = request.cookies.get(BEFORE, "")
    if not before or not console(request).sealer.form_is_ours(before, fields.get("form_token")):
        return _form(request, "This form has expired. Please try once more.", 403)
    secret = fields.get("key")
    session = await identify(console(request), secret)
    if session is None:
        return _form(request, "No such key, or it has been revoked. Check that you copied all of it.", 403)
    if not session.is_operator:
        console(request).secrets[session.id] = secret
    return _enter(request, session)


async def identify(ours: Console, secret: str) -> Session | None:
    """Whose key it is: the gateway says whether it is good, the list of keys says whose."""
    shape = KEY.fullmatch(secret)
    if shape is None:
        return None
    rows = await ours.admin.keys()
    reply = await proxy.models(proxy.base_url(ours.data, ours.admin.gateway), secret)
    row = next((r for r in rows if r.id == shape[1]), None)
    if row is None or row.revoked_us or reply.status not in (200, 403):
        return None
    if "admin" in row.scopes:
        return begin(OPERATOR, "", row.id, now_us())
    return begin("tenant", row.tenant, row.id, now_us()) if row.tenant else None


async def leave(request: Request) -> Response:
    """Log out: the cookie goes and the playground's key is forgotten."""
    ours = console(request)
    session = await current(request)
    fields = await form(request)
    if session and not ours.sealer.form_is_ours(session.id, fields.get("form_token")):
        return RedirectResponse("/", 303)
    if session:
        ours.secrets = {name: key for name, key in ours.secrets.items() if not name.startswith(session.id)}
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


async def healthy(request: Request) -> Response:
    """For the supervisor: the console answers, whatever the gateway does."""
    return JSONResponse({"state": "ready"})


def _enter(request: Request, session: Session) -> Response:
    target = request.query_params.get("next", "/")
    ours_only = target.startswith("/") and not target.startswith("//") and "\\" not in target
    response = RedirectResponse(target if ours_only else "/", 303)
    set_cookie(response, console(request).sealer.write(session), request)
    return response


def _form(request: Request, problem: str, status: int) -> Response:
    before = secrets.token_hex(12)
    token = console(request).sealer.form_token(before)
    response = draw(request, None, "login.html", status, problem=problem, login_token=token)
    response.set_cookie(BEFORE, before, max_age=1800, path="/login", httponly=True, samesite="strict")
    return response
