"""An engine's refusal in our words, or in its own where the request was at fault."""

import json

from baseload.errors import Refusal


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
