"""Our own worker process (openvino, twin) as an engine: a Unix socket, a secret, exact counts."""

import json
from pathlib import Path

import msgspec

from baseload.errors import EngineError, EngineSilent
from baseload.fleet.engines.base import EngineCount, Health
from baseload.fleet.engines.sent import Sent
from baseload.http1 import Pool
from baseload.store.tally import Tally


class WorkerEngine:
    """A replica this machine's supervisor started."""

    speaks_tokens = True
    answers_whole = False

    def __init__(
        self, *, replica: str, model: str, pool_id: str, kind: str, slots: int, socket: str, secret: str, tally: Path
    ) -> None:
        self.replica = replica
        self.model = model
        self.pool_id = pool_id
        self.kind = kind
        self.slots = slots
        self._tally = tally
        self._sent = Sent()
        self.connections = Pool(socket, name=replica, headers=[("authorization", f"Bearer {secret}")])

    def request(self, route: str, body: bytes, request_id: str, tier: str) -> bytes:
        """See `Engine`."""
        self._sent.note(request_id)
        return self.connections.request(
            "POST", route, body, f"x-request-id: {request_id}\r\nx-baseload-tier: {tier}\r\n"
        )

    def upstream_model(self) -> str:
        """See `Engine`."""
        return self.model

    async def count(self, request_id: str) -> EngineCount | None:
        """See `Engine`."""
        return await self._count("GET", f"/counts?id={request_id}")

    async def cancel(self, request_id: str) -> EngineCount | None:
        """See `Engine`. The worker answers once the step that was running is over."""
        return await self._sent.known(request_id, lambda: self._count("POST", f"/cancel?id={request_id}"))

    async def _count(self, method: str, target: str) -> EngineCount | None:
        reply = await self.connections.fetch(method, target, timeout_s=10.0)
        if reply.status != 200:
            return None
        said = json.loads(reply.body)
        return EngineCount(
            prompt=said["prompt_tokens"], prefilled=said["prefilled"], emitted=said["emitted"], state=said["state"]
        )

    def post_mortem(self, request_id: str) -> EngineCount | None:
        """See `Engine`: the worker's tally outlives it."""
        if not self._tally.exists():
            return None
        table = Tally(self._tally)
        try:
            row = table.find(bytes.fromhex(request_id.removeprefix("req_")))
        finally:
            table.close()
        if row is None:
            return None
        return EngineCount(prompt=row.prompt, prefilled=row.prefilled, emitted=row.emitted, state="died")

    async def order(self, flex_slots: int) -> None:
        """See `Engine`."""
        reply = await self.connections.fetch("POST", "/orders", msgspec.json.encode({"flex_slots": flex_slots}))
        if reply.status != 200:
            raise EngineError(f"replica {self.replica} refused its orders: {reply.body!r}")

    async def health(self) -> Health:
        """See `Engine`. A worker answers between two steps, so a long step makes it silent, not down."""
        try:
            return "up" if (await self.connections.fetch("GET", "/health", timeout_s=2.0)).status == 200 else "down"
        except EngineSilent:
            return "silent"
        except EngineError:
            return "down"

    async def metrics(self) -> dict[str, float]:
        """See `Engine`."""
        try:
            reply = await self.connections.fetch("GET", "/metrics", timeout_s=2.0)
        except EngineError:
            return {}
        return dict(json.loads(reply.body)) if reply.status == 200 else {}
