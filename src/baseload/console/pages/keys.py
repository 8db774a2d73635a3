"""Keys: who may ask. A key is shown once, when it is made, and can be revoked at once."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from baseload.console.access import console, draw, now_us, page_for
from baseload.console.forms import form
from baseload.console.session import Session
from baseload.console.wire import KeyRow
from baseload.tenants import scope

LIVES = (
    ("", "Never"),
    ("86400", "In a day"),
    ("2592000", "In 30 days"),
    ("7776000", "In 90 days"),
    ("31536000", "In a year"),
)


def standing(row: KeyRow, now: int) -> str:
    """A key's state as one word: the gateway's, else from its dates."""
    if row.state:
        return row.state
    if row.revoked_us:
        return "revoked"
    return "expired" if row.expires_us is not None and row.expires_us <= now else "active"


def may_revoke(session: Session, row: KeyRow, rows: list[KeyRow]) -> bool:
    """The operator any key; a tenant's session its tenant's keys, as far as they do no more than its own."""
    if session.is_operator:
        return True
    if row.tenant != session.tenant or scope.ADMIN in row.scopes:
        return False
    own = next((r for r in rows if r.id == session.maker), None)
    return not session.maker or (own is not None and scope.within(_grant(row), _grant(own)))


def _grant(row: KeyRow) -> scope.Grant:
    return frozenset(row.scopes), frozenset(row.models)


async def _page(request: Request, session: Session, made: dict[str, Any] | None, problem: str, status: int) -> Response:
    ours = console(request)
    state = await ours.admin.state()
    rows = [r for r in await ours.admin.keys() if session.is_operator or r.tenant == session.tenant]
    own = next((r for r in rows if r.id == session.maker), None)
    models = [m for m in state.model_ids if own is None or not own.models or m in own.models]
    rows.sort(key=lambda r: (standing(r, now_us()) != "active", -(r.created_us or 0)))
    return draw(
        request, session, "keys.html", status, rows=rows, made=made, problem=problem,
        active=sum(standing(r, now_us()) == "active" for r in rows), lives=LIVES, standing=standing,
        tenants=[t.id for t in state.tenants] if session.is_operator else [session.tenant], models=models, own=own,
        revocable={r.id for r in rows if may_revoke(session, r, rows)},
    )  # fmt: skip


@page_for("anyone")
async def show(request: Request, session: Session) -> Response:
    """The list, and the form for a new one."""
    return await _page(request, session, None, "", 200)


@page_for("anyone")
async def create(request: Request, session: Session) -> Response:
    """Make a key and show it. The answer to the form is the only place the secret ever stands."""
    fields = await form(request)
    name = fields.get("name")
    tenant = fields.get("tenant") if session.is_operator else session.tenant
    if not name or len(name) > 64:
        return await _page(request, session, None, "Give the key a name of up to 64 characters.", 422)
    wanted: dict[str, Any] = {"tenant": tenant, "name": name, "models": fields.all("models")}
    life = fields.get("expires_in_s")
    if life in dict(LIVES) and life:
        wanted["expires_in_s"] = int(life)
    if session.maker:
        wanted["maker"] = session.maker
    made = await console(request).admin.create_key(wanted)
    return await _page(request, session, made, "", 201)


@page_for("anyone")
async def revoke(request: Request, session: Session) -> Response:
    """Revoke a key that does no more than one's own; the operator may revoke any."""
    ours = console(request)
    key_id = request.path_params["key_id"]
    rows = await ours.admin.keys()
    row = next((r for r in rows if r.id == key_id), None)
    if row is None or not (session.is_operator or row.tenant == session.tenant):
        raise HTTPException(404, "There is no such key.")
    if not may_revoke(session, row, rows):
        raise HTTPException(403, "This key can do more than the one you logged in with. Ask the operator to revoke it.")
    await ours.admin.revoke_key(key_id, session.maker)
    ours.keys_read_s = float("-inf")
    return RedirectResponse("/keys", 303)
