"""One-time links. A ticket is `role.expiry.nonce.mac`, sealed with a secret that only this machine's owner can read.

Whoever can read the data directory can already do everything, so the secret file is the authority; a ticket moves
that authority into a browser once, for a short while.
"""

import base64
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from baseload.units import Micros

LIFE_US = 3_600_000_000
"""An hour from printing the link to opening it."""
OPERATOR = "operator"


def secret(data: Path) -> bytes:
    """The 32 random bytes behind tickets and cookies, made on first use and readable by the owner only."""
    path = data / "run" / "console.secret"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(draft, path)  # atomic, and never over another process's secret
        finally:
            draft.unlink()
    return path.read_bytes()


def seal(key: bytes, purpose: str, text: str) -> str:
    """A MAC over `text` for one purpose, so that a ticket is never a cookie."""
    digest = hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode().rstrip("=")


def ticket(data_dir: Path, role: str, now: Micros) -> str:
    """A one-time ticket: `role` is "operator" or "tenant:<id>". Open it at /login?ticket=…"""
    if role != OPERATOR and not role.startswith("tenant:"):
        raise ValueError(f"no console role {role!r}; it is 'operator' or 'tenant:<id>'")
    who = base64.urlsafe_b64encode(role.encode()).decode().rstrip("=")
    text = f"{who}.{now + LIFE_US}.{secrets.token_hex(8)}"
    return f"{text}.{seal(secret(data_dir), 'ticket', text)}"


class Spent:
    """The tickets used so far, in a file so that a restart does not make a link good again."""

    def __init__(self, data: Path) -> None:
        self._path = data / "run" / "console.spent"
        self._seen: dict[str, int] = {}
        if self._path.exists():
            for line in self._path.read_text().splitlines():
                nonce, _, expiry = line.partition(" ")
                self._seen[nonce] = int(expiry) if expiry.isdigit() else 0

    def use(self, nonce: str, expiry_us: int, now: Micros) -> bool:
        """True the first time. Tickets past their expiry are forgotten: they are refused for their age."""
        if nonce in self._seen:
            return False
        self._seen = {n: e for n, e in self._seen.items() if e > now} | {nonce: expiry_us}
        draft = self._path.with_suffix(".draft")
        draft.write_text("".join(f"{n} {e}\n" for n, e in self._seen.items()))
        draft.replace(self._path)
        return True


def redeem(key: bytes, text: str, spent: Spent, now: Micros) -> str | None:
    """The ticket's role, once; None for a ticket that is forged, old or used."""
    body, _, mac = text.rpartition(".")
    if not text.isascii() or not hmac.compare_digest(mac, seal(key, "ticket", body)):
        return None
    who, expiry, nonce = body.split(".")
    if int(expiry) < now or not spent.use(nonce, int(expiry), now):
        return None
    return base64.urlsafe_b64decode(who + "=" * (-len(who) % 4)).decode()
