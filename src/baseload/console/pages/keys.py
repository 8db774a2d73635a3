"""Keys: who may ask. A key is shown once, when it is made, and can be revoked at once."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from baseload.console.access import console, draw, now_us, page_for
from baseload.console.forms import form
from baseload.console.session import Session
from baseload.console.wire import KeyRow

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


async def _page(request: Request, session: Session, made: dict[str, Any] | None, problem: str, status: int) -> Response:
    ours = console(request)
    state = await ours.admin.state()
    rows = [r for r in await ours.admin.keys() if session.is_operator or r.tenant == session.tenant]
    rows.sort(key=lambda r: (standing(r, now_us()) != "active", -(r.created_us or 0)))
    return draw(
        request, session, "keys.html", status, rows=rows, made=made, problem=problem,
        active=sum(standing(r, now_us()) == "active" for r in rows), lives=LIVES, standing=standing,
        tenants=[t.id for t in state.tenants] if session.is_operator else [session.tenant], models=state.model_ids,
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
    made = await console(request).admin.create_key(wanted)
    return await _page(request, session, made, "", 201)


@page_for("anyone")
async def revoke(request: Request, session: Session) -> Response:
    """Revoke a key of one's own; the operator may revoke any."""
    ours = console(request)
    key_id = request.path_params["key_id"]
    row = next((r for r in await ours.admin.keys() if r.id == key_id), None)
    if row is None or not (session.is_operator or row.tenant == session.tenant):
        raise HTTPException(404, "There is no such key.")
    await ours.admin.revoke_key(key_id)
    ours.keys_read_s = float("-inf")
    return RedirectResponse("/keys", 303)
