"""The one way to the gateway's admin listener: its address and secret come from `run/admin.json`, read again when
the gateway has been restarted (the file's contents, not a clock, decide).

`Unreachable` is the only thing a page has to answer: the gateway is starting, restarting or gone.
"""

import asyncio
import json
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from baseload.console.wire import History, KeyRow, Row, State, Usage
from baseload.errors import BaseloadError, EngineError
from baseload.http1 import Pool, Reply

T = TypeVar("T")


class Unreachable(BaseloadError):
    """The gateway's admin listener does not answer: it is starting or restarting."""


class Declined(BaseloadError):
    """The gateway answered, and said no; the text is its sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Admin:
    """A client that outlives gateways."""

    def __init__(self, data: Path) -> None:
        self._file = data / "run" / "admin.json"
        self._read = ""
        self._pool: Pool | None = None
        self._lock = asyncio.Lock()
        self.gateway = ""

    def _connect(self) -> Pool:
        """The pool for what the file says now."""
        try:
            text = self._file.read_text()
            known = json.loads(text)
            url, secret = urlsplit(known["url"]), known["secret"]
        except (OSError, ValueError, KeyError) as e:
            raise Unreachable(f"no gateway has written {self._file} yet") from e
        if self._pool is None or text != self._read:
            self.close()
            auth = ("authorization", f"Bearer {secret}")
            address = (url.hostname or "127.0.0.1", url.port or 80)
            self._pool = Pool(address, name="the admin listener", headers=(auth, ("accept", "application/json")))
            self._read = text
            self.gateway = str(known.get("gateway_url", ""))
        return self._pool

    async def _fetch(self, method: str, target: str, body: bytes = b"") -> Reply:
        """One exchange; a kept-alive connection the gateway has closed is worth a second try."""
        for again in (True, False):
            try:
                return await self._connect().fetch(method, target, body)
            except (EngineError, OSError) as e:
                if not again or method != "GET":
                    raise Unreachable("the gateway does not answer") from e
        raise AssertionError

    async def ask(self, method: str, target: str, body: dict[str, Any] | None = None) -> bytes:
        """The body of a 2xx answer; `Declined` with the gateway's sentence for a 4xx, `Unreachable` for the rest."""
        reply = await self._fetch(method, target, b"" if body is None else msgspec.json.encode(body))
        if reply.status in (401, 403) or reply.status >= 500:
            raise Unreachable(f"the admin listener answered {reply.status}")
        if reply.status >= 400:
            raise Declined(reply.status, _sentence(reply.body))
        return reply.body

    async def state(self) -> State:
        return _decode(await self.ask("GET", "/admin/state"), State)

    async def history(self, seconds: int) -> History:
        return _decode(await self.ask("GET", f"/admin/history?seconds={seconds}"), History)

    async def pnl(self) -> dict[str, Any]:
        return _decode(await self.ask("GET", "/admin/pnl"), dict[str, Any])

    async def usage(self, by: str, **filters: str) -> Usage:
        """Usage rows. An answer that does not repeat the tenant asked for is not for that tenant: it is refused."""
        query = urlencode({"by": by} | {k: v for k, v in filters.items() if v})
        answer = _listed(await self.ask("GET", f"/admin/usage?{query}"), Usage, "rows")
        asked = filters.get("tenant", "")
        if asked and answer.tenant != asked and not all(whose(row) == asked for row in answer.rows):
            raise Declined(501, "this gateway does not filter usage by tenant")
        return answer

    async def keys(self) -> list[KeyRow]:
        body = await self.ask("GET", "/admin/keys")
        rows = json.loads(body)
        return msgspec.convert(rows["keys"] if isinstance(rows, dict) else rows, list[KeyRow], strict=False)

    async def create_key(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """The new key's row, with `key`: the secret, which nobody can show a second time."""
        return _decode(await self.ask("POST", "/admin/keys", wanted), dict[str, Any])

    async def revoke_key(self, key_id: str, maker: str = "") -> None:
        """Revoke; with `maker`, in the name of that key, which must hold at least as much."""
        query = f"?{urlencode({'maker': maker})}" if maker else ""
        await self.ask("DELETE", f"/admin/keys/{quote(key_id, safe='')}{query}")

    async def requests(self, limit: int, tenant: str = "") -> list[Row]:
        """The newest usage rows; a tenant's are filtered here too, so that a mistake elsewhere shows nothing."""
        query = urlencode({"limit": limit} | ({"tenant": tenant} if tenant else {}))
        answer = _listed(await self.ask("GET", f"/admin/requests?{query}"), Usage, "rows")
        return [row for row in answer.rows if not tenant or whose(row) == tenant]

    def close(self) -> None:
        """Close the idle connections."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None


def whose(row: Row) -> str:
    """The tenant of a usage row, by either name a report gives it."""
    return str(row.get("tenant_id") or row.get("tenant") or "")


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except msgspec.DecodeError as e:
        raise Unreachable(f"the admin listener's answer cannot be read: {e}") from e


def _listed(body: bytes, kind: type[T], key: str) -> T:
    """As `_decode`, for answers that may be a bare list."""
    return _decode(b'{"%s":%s}' % (key.encode(), body) if body.lstrip().startswith(b"[") else body, kind)


def _sentence(body: bytes) -> str:
    """The message of an error body, or the body."""
    try:
        error = json.loads(body)["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")[:200] or "the gateway refused"
