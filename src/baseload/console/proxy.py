"""The playground's way to the gateway: the page may only speak to its own host, so a route of ours carries the key.

Bytes pass as they come; a reader who leaves cuts the connection, which the gateway takes for the hang-up it is.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from baseload.console.address import mended, url_of
from baseload.console.admin import Unreachable
from baseload.errors import EngineError
from baseload.http1 import Connection, Pool, Reply

HOLD_BYTES = 1 << 20
"""How far a browser may lag behind before it is cut off."""


def base_url(data: Path, told: str = "") -> str:
    """The gateway's address: what `admin.json` says (`gateway_url`), else host and port of the frozen description."""
    if told:
        return mended(told)
    try:
        gateway = json.loads((data / "run" / "cloud.json").read_bytes())["gateway"]
        return url_of(gateway["host"], gateway["port"])
    except (OSError, ValueError, KeyError) as e:
        raise Unreachable("the gateway's address is not known yet") from e


def _pool(url: str, key: str) -> Pool:
    parts = urlsplit(url)
    if not key.isascii() or not key.isprintable():
        raise ValueError("a key is plain ASCII")
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    return Pool(address, name="the gateway", headers=[("authorization", f"Bearer {key}")], keep_alive=False)


async def models(url: str, key: str) -> Reply:
    """`GET /v1/models`: also how a key proves itself."""
    try:
        return await _pool(url, key).fetch("GET", "/v1/models")
    except (EngineError, OSError) as e:
        raise Unreachable("the gateway does not answer") from e


class Answer:
    """A sink whose bytes are read one by one from the other side."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[tuple[int, dict[bytes, bytes]]] = loop.create_future()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._held = 0
        self._connection: Connection | None = None

    async def ask(self, url: str, key: str, body: bytes) -> None:
        """Send; returns once the head of the answer is here."""
        pool = _pool(url, key)
        try:
            self._connection = await pool.connect()
            self._connection.send(pool.request("POST", "/v1/chat/completions", body), self)
            await self.begun
        except (EngineError, OSError) as e:
            raise Unreachable("the gateway does not answer") from e
        except asyncio.CancelledError:
            self.leave()
            raise

    def head(self, status: int, headers: dict[bytes, bytes]) -> None:
        self.begun.set_result((status, headers))

    def data(self, data: bytes) -> None:
        self._held += len(data)
        self._pieces.put_nowait(data)
        if self._held > HOLD_BYTES:
            self.leave()

    def ended(self) -> None:
        self._pieces.put_nowait(None)

    def lost(self, error: Exception) -> None:
        if not self.begun.done():
            self.begun.set_exception(error)
        self._pieces.put_nowait(None)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Leaving early, for whatever reason, hangs up."""
        try:
            while (piece := await self._pieces.get()) is not None:
                self._held -= len(piece)
                yield piece
        finally:
            self.leave()

    def leave(self) -> None:
        """Hang up, unless the answer is whole."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.sink is self:
            connection.release()
        self._pieces.put_nowait(None)
