"""Who is looking: a signed cookie, a role, and a token that proves a form came from our own page.

The cookie holds no key and no secret, only who and until when; it is HttpOnly and SameSite=Strict. The key a tenant
types is kept in this process's memory for the playground and nowhere else.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from baseload.console.tickets import OPERATOR, seal
from baseload.units import Micros

COOKIE = "baseload_console"
LIFE_S = 12 * 3600


class Session(msgspec.Struct, kw_only=True, frozen=True):
    """One log-in. `tenant` is empty for the operator; `key_id` is empty for a ticket."""

    id: str
    role: str
    tenant: str
    key_id: str
    ends_us: int

    @property
    def is_operator(self) -> bool:
        return self.role == OPERATOR

    @property
    def maker(self) -> str:
        """The id of the key whose grant bounds what this session makes and revokes.

        Empty for the operator, and for a one-time link: only who owns this machine can print one.
        """
        return "" if self.is_operator else self.key_id


def begin(role: str, tenant: str, key_id: str, now: Micros) -> Session:
    """A new session, good for twelve hours."""
    ends = now + LIFE_S * 1_000_000
    return Session(id=secrets.token_hex(12), role=role, tenant=tenant, key_id=key_id, ends_us=ends)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Turns sessions into cookies and back, and makes form tokens, with one secret."""

    key: bytes

    def write(self, session: Session) -> str:
        text = base64.urlsafe_b64encode(msgspec.json.encode(session)).decode().rstrip("=")
        return f"{text}.{seal(self.key, 'session', text)}"

    def read(self, cookie: str, now: Micros) -> Session | None:
        """The session of a cookie of ours that has not ended."""
        text, _, mac = cookie.rpartition(".")
        if not cookie.isascii() or not hmac.compare_digest(mac, seal(self.key, "session", text)):
            return None
        session = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Session)
        return session if session.ends_us > now else None

    def form_token(self, session_id: str) -> str:
        """What every form carries; another site can neither read nor make it."""
        return seal(self.key, "form", session_id)

    def form_is_ours(self, session_id: str, token: str) -> bool:
        return token.isascii() and hmac.compare_digest(token, self.form_token(session_id))


def set_cookie(response: Response, value: str, request: Request) -> None:
    """HttpOnly, same site only; Secure when the page came by TLS (on loopback it does not)."""
    response.set_cookie(
        COOKIE, value, max_age=LIFE_S, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
