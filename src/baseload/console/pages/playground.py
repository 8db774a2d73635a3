"""The playground: talk to a model and see under each answer what it cost in tokens, cents and joules."""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from baseload.console import proxy
from baseload.console.access import Console, console, draw, page_for
from baseload.console.session import LIFE_S, Session

PASSED = ("model", "messages", "max_tokens", "temperature", "service_tier")
"""What the page may ask for; the gateway checks the values."""


async def key_for(ours: Console, session: Session, tenant: str, *, renew: bool = False) -> str:
    """The key a session speaks with: the one typed at log-in, or one made for this session that ends with it."""
    name = session.id if not session.is_operator else f"{session.id}:{tenant}"
    if renew or name not in ours.secrets:
        wanted = {"tenant": tenant, "name": "console playground", "expires_in_s": LIFE_S}
        made = await ours.admin.create_key(wanted | ({"maker": session.maker} if session.maker else {}))
        ours.secrets[name] = str(made["key"])
    return ours.secrets[name]


async def _tenants(ours: Console, session: Session) -> list[str]:
    """On whose account: a tenant's own; the operator chooses, paying tenants first."""
    if not session.is_operator:
        return [session.tenant]
    known = (await ours.admin.state()).tenants
    internal = {k.tenant for k in await ours.admin.keys() if k.business == "internal"}
    return sorted((t.id for t in known), key=lambda t: t in internal)


@page_for("anyone")
async def show(request: Request, session: Session) -> Response:
    """The empty conversation."""
    ours = console(request)
    tenants = await _tenants(ours, session)
    state = await ours.admin.state()
    url = proxy.base_url(ours.data, ours.admin.gateway)
    return draw(
        request, session, "playground.html", tenants=tenants, models=state.model_ids, base_url=f"{url}/v1",
        now=state.as_of_us,
    )  # fmt: skip


@page_for("anyone")
async def stream(request: Request, session: Session) -> Response:
    """The gateway's answer, byte for byte, as it comes. A key made here that has gone bad is made once more."""
    ours = console(request)
    asked = _asked(await request.body())
    tenant = str(asked.get("tenant", "")) if session.is_operator else session.tenant
    body = json.dumps(
        {name: asked[name] for name in PASSED if name in asked}
        | {"stream": True, "stream_options": {"include_usage": True}}
    ).encode()
    url = proxy.base_url(ours.data, ours.admin.gateway)
    made_here = session.is_operator or not session.key_id
    for renew in (False, True):
        answer = proxy.Answer()
        await answer.ask(url, await key_for(ours, session, tenant, renew=renew), body)
        status, headers = answer.begun.result()
        if status != 401 or renew or not made_here:
            break
        answer.leave()
    if status != 200:
        return await _refused(answer, status, headers)
    kept = {"x-request-id": headers.get(b"x-request-id", b"").decode("latin-1"), "x-accel-buffering": "no"}
    return StreamingResponse(answer.pieces(), status, media_type="text/event-stream", headers=kept)


def _asked(body: bytes) -> dict[str, Any]:
    """The request as an object; what is in it is the gateway's to judge."""
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise HTTPException(400, "The playground sends one JSON object; this was something else.")
    return asked


async def _refused(answer: proxy.Answer, status: int, headers: dict[bytes, bytes]) -> Response:
    """The gateway's own sentence, as JSON, so that a refusal reads the same here as in a client."""
    whole = b"".join([piece async for piece in answer.pieces()])
    try:
        error: Any = json.loads(whole)
    except ValueError:
        error = {"error": {"message": f"the gateway answered {status}"}}
    wait = headers.get(b"retry-after", b"").decode("latin-1")
    return JSONResponse(error, status, headers={"retry-after": wait} if wait else None)
