"""An OpenAI-compatible URL somebody else runs, as an engine.

Where it offers an endpoint that says what a request really emitted, that is asked; where it does not, its usage
chunk is believed, and a stream that broke before one is counted in chunks and marked *estimated*.
"""

import asyncio
import os
import ssl
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from baseload.config.cloud import Model
from baseload.errors import EngineDown, EngineError, EngineRefused, EngineSilent, SetupError
from baseload.fleet.engines.base import EngineCount, Health
from baseload.fleet.engines.sent import Sent
from baseload.http1 import Pool

POLL_S = 0.05
POLLS = 200

Tokens = Annotated[int, msgspec.Meta(ge=0)]


class Said(msgspec.Struct):
    """What a count endpoint answers."""

    emitted: Tokens
    state: str
    prompt_tokens: Tokens = 0


_decode = msgspec.json.Decoder(Said).decode


class ExternalEngine:
    """One URL. `keep_alive` is off for servers that close a connection after a stream."""

    kind = "external"
    speaks_tokens = False

    def __init__(self, model: Model) -> None:
        if not model.url:
            raise SetupError(f"model '{model.id}' has engine \"external\" but no url; add url under [model.{model.id}]")
        parts = urlsplit(model.url)
        secure = parts.scheme == "https"
        headers = []
        if model.upstream_key_env:
            key = os.environ.get(model.upstream_key_env)
            if not key:
                raise SetupError(f"model '{model.id}' needs a key in the environment variable {model.upstream_key_env}")
            headers.append(("authorization", f"Bearer {key}"))
        self.replica = f"{model.id}/0"
        self.model = model.id
        self.pool_id = model.pool
        self.slots = model.slots
        self._base = parts.path.removesuffix("/").removesuffix("/v1")
        self._upstream_model = model.upstream_model or model.id
        self._counts_path = model.counts_path
        self._cancel_path = model.cancel_path
        self._sent = Sent()
        self.answers_whole = model.cancel_path is not None
        self.connections = Pool(
            (parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)),
            name=self.replica,
            headers=headers,
            tls=ssl.create_default_context() if secure else None,
        )

    def request(self, route: str, body: bytes, request_id: str, tier: str) -> bytes:
        """See `Engine`."""
        self._sent.note(request_id)
        return self.connections.request("POST", self._base + route, body, f"x-request-id: {request_id}\r\n")

    def upstream_model(self) -> str:
        """See `Engine`."""
        return self._upstream_model

    async def count(self, request_id: str) -> EngineCount | None:
        """See `Engine`."""
        return None if self._counts_path is None else await self._ask("GET", self._counts_path, request_id)

    async def cancel(self, request_id: str) -> EngineCount | None:
        """See `Engine`. Cancels first where it can, then asks until the count is final."""
        if self._cancel_path is None and self._counts_path is None:
            return None
        said = await self._sent.known(request_id, lambda: self._cancel(request_id))
        for _ in range(POLLS):
            if said is None or said.final:
                return said
            await asyncio.sleep(POLL_S)
            said = await (self._cancel(request_id) if self._counts_path is None else self.count(request_id))
        raise EngineDown(f"the engine of {self.replica} gives no final count for {request_id}")

    async def _cancel(self, request_id: str) -> EngineCount | None:
        if self._cancel_path is None:
            return await self.count(request_id)
        return await self._ask("POST", self._cancel_path, request_id)

    async def _ask(self, method: str, path: str, request_id: str) -> EngineCount | None:
        """What one endpoint says of a request; None when it does not know it."""
        target = path.replace("{id}", request_id)
        reply = await self.connections.fetch(method, target)
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise EngineRefused(reply.status, reply.body)
        try:
            said = _decode(reply.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as e:
            raise EngineError(f"the engine of {self.replica} answers {target} with what is no count: {e}") from e
        return EngineCount(
            prompt=said.prompt_tokens, prefilled=said.prompt_tokens, emitted=said.emitted, state=said.state
        )

    def post_mortem(self, request_id: str) -> EngineCount | None:
        """See `Engine`: nothing of it is ours to read."""
        return None

    async def order(self, flex_slots: int) -> None:
        """See `Engine`: its queue is held back in the gateway instead."""

    async def health(self) -> Health:
        """See `Engine`: any HTTP answer will do, a model list is the cheapest."""
        try:
            reply = await self.connections.fetch("GET", f"{self._base}/v1/models", timeout_s=3.0)
        except EngineSilent:
            return "silent"
        except EngineError:
            return "down"
        return "up" if reply.status < 500 else "down"

    async def metrics(self) -> dict[str, float]:
        """See `Engine`: none are known."""
        return {}
