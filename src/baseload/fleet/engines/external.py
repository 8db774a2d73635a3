"""An OpenAI-compatible URL somebody else runs, as an engine.

Where it offers an endpoint that says what a request really emitted, that is asked; where it does not, its usage
chunk is believed, and a stream that broke before one is counted in chunks and marked *estimated*.
"""

import asyncio
import json
import os
import ssl
from urllib.parse import urlsplit

from baseload.config.cloud import Model
from baseload.errors import EngineDown, EngineError, EngineSilent, SetupError
from baseload.fleet.engines.base import EngineCount, Health
from baseload.http1 import Pool

POLL_S = 0.05
POLLS = 200


class ExternalEngine:
    """One URL. `keep_alive` is off for servers that close a connection after a stream."""

    kind = "external"
    billable = True
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
        self.answers_whole = model.cancel_path is not None
        self.connections = Pool(
            (parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)),
            name=self.replica,
            headers=headers,
            tls=ssl.create_default_context() if secure else None,
        )

    def request(self, route: str, body: bytes, request_id: str, tier: str) -> bytes:
        """See `Engine`."""
        return self.connections.request("POST", self._base + route, body, f"x-request-id: {request_id}\r\n")

    def upstream_model(self) -> str:
        """See `Engine`."""
        return self._upstream_model

    async def count(self, request_id: str) -> EngineCount | None:
        """See `Engine`."""
        if self._counts_path is None:
            return None
        reply = await self.connections.fetch("GET", self._counts_path.format(id=request_id))
        return _read_count(reply.status, reply.body)

    async def cancel(self, request_id: str) -> EngineCount | None:
        """See `Engine`. Cancels first where it can, then asks until the count is final."""
        if self._cancel_path is not None:
            reply = await self.connections.fetch("POST", self._cancel_path.format(id=request_id))
            said = _read_count(reply.status, reply.body)
            if said is None or said.final:
                return said
        for _ in range(POLLS):
            said = await self.count(request_id)
            if said is None or said.final:
                return said
            await asyncio.sleep(POLL_S)
        raise EngineDown(f"the engine of {self.replica} gives no final count for {request_id}")

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


def _read_count(status: int, body: bytes) -> EngineCount | None:
    if status != 200:
        return None
    said = json.loads(body)
    prompt = int(said.get("prompt_tokens", 0))
    return EngineCount(prompt=prompt, prefilled=prompt, emitted=int(said["emitted"]), state=str(said["state"]))
