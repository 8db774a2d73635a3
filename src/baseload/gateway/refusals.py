"""Refusals in our words: an engine's failure, a wait that was too long, a surprise of our own."""

import json

from baseload.errors import LedgerError, Refusal
from baseload.gateway.attempt import Tried

INTERNAL = Refusal(500, "internal error; the gateway's log has the details", kind="server_error", code="internal_error")
SHUTTING_DOWN = Refusal(
    503,
    "the gateway is shutting down; send the request again",
    kind="server_error",
    code="shutting_down",
    retry_after_s=5,
)


def cannot_write(error: LedgerError) -> Refusal:
    """Money cannot be written, or a price is missing: nothing is let in."""
    return Refusal(503, str(error), kind="server_error", code="ledger_unavailable", retry_after_s=5)


def waited_too_long(model: str, flex: bool) -> Refusal:
    """A place did not come in time."""
    if flex:
        message = f"flex work for '{model}' is waiting: its price does not yet beat the worth of what it would displace"
        return Refusal(429, message, kind="rate_limit_error", code="flex_capacity", retry_after_s=30)
    return Refusal(
        503, f"every replica of '{model}' is busy; try again", kind="server_error", code="overloaded", retry_after_s=5
    )


def refusal_of(made: Tried) -> Refusal:
    """What the client is told of an engine's failure. A 400 is the request's fault: the engine's words go on."""
    end = made.end
    if end.reason == "refused" and end.status in (400, 413, 422):
        return engine_refusal(end.status, end.body)
    if end.reason == "cancelled":
        return SHUTTING_DOWN
    if end.reason == "refused" and end.status == 429:
        return Refusal(
            503, "the engine is overloaded; try again", kind="server_error", code="overloaded", retry_after_s=5
        )
    message = f"the engine serving '{made.engine.model}' failed; what was delivered is billed; send the request again"
    code = "engine_unavailable" if end.reason == "engine_down" else "engine_error"
    return Refusal(503, message, kind="server_error", code=code, retry_after_s=2)


def engine_refusal(status: int, body: bytes) -> Refusal:
    """A 4xx of an engine as the client sees it. Engines differ in shape; the message is what counts."""
    message, code, param = "the engine refused the request", None, None
    try:
        said = json.loads(body)
    except ValueError:
        said = {}
    error = said.get("error", said) if isinstance(said, dict) else {}
    if isinstance(error, dict):
        message = str(error.get("message") or message)[:1000]
        code = error.get("code") if isinstance(error.get("code"), str) else None
        param = error.get("param") if isinstance(error.get("param"), str) else None
    return Refusal(400 if status in (400, 413, 422) else 502, message, code=code, param=param)
