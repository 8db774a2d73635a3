"""How a request is named: `req_` and 32 hex digits outside, 16 bytes in the tally."""

import os
from urllib.parse import parse_qs

from baseload.errors import Refusal
from baseload.http1 import Exchange


def name_of(exchange: Exchange) -> tuple[str, bytes]:
    """The name the caller gave its request, or a new one."""
    name = exchange.headers.get(b"x-request-id", b"").decode("latin-1") or f"req_{os.urandom(16).hex()}"
    return name, _bytes(name)


def asked_id(exchange: Exchange) -> bytes:
    """The request that `?id=` asks about."""
    return _bytes((parse_qs(exchange.query).get("id") or [""])[0])


def _bytes(name: str) -> bytes:
    try:
        raw = bytes.fromhex(name.removeprefix("req_"))
    except ValueError:
        raw = b""
    if len(raw) != 16:
        raise Refusal(400, "a request is named req_ and 32 hex digits", param="x-request-id")
    return raw
