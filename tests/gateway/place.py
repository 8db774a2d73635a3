"""A gateway in the test's own process: the real routes, ledger and router before an upstream of the test's making."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from baseload import catalog, config
from baseload.cli.opening import open_books
from baseload.fleet.replicas import Replicas
from baseload.gateway.control import Control
from baseload.gateway.routes import Routes
from baseload.gateway.runtime import Runtime
from baseload.gateway.serve import build
from baseload.http1 import Exchange, Pool, Reply, serve
from baseload.store import read_only

MODEL = "fake-model"


@dataclass
class Place:
    """What a test holds."""

    runtime: Runtime
    control: Control
    port: int
    keys: dict[str, str]
    data: Path

    def pool(self, tenant: str) -> Pool:
        return Pool(
            ("127.0.0.1", self.port), name="gateway", headers=[("authorization", f"Bearer {self.keys[tenant]}")]
        )

    async def ask(self, tenant: str, **fields: Any) -> Reply:
        body = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 8, **fields}
        pool = self.pool(tenant)
        try:
            return await pool.fetch("POST", "/v1/chat/completions", json.dumps(body).encode(), timeout_s=20)
        finally:
            pool.close()

    async def one(self, sql: str) -> tuple[Any, ...]:
        """A row of the books, once all that is settled by now is posted there."""
        await self.runtime.ledger.day_book.posted()
        conn = read_only(self.data / "ledger.db")
        try:
            row = conn.execute(sql).fetchone()
        finally:
            conn.close()
        assert row is not None, sql
        return tuple(row)


@asynccontextmanager
async def place(data: Path, upstream: Callable[[Exchange], Awaitable[None]]) -> AsyncIterator[Place]:
    behind = await serve(upstream, host="127.0.0.1", port=0)
    for folder in ("run", "tally"):
        (data / folder).mkdir(parents=True)
    cloud = catalog.localise(_described(behind.port))
    keys = open_books(data, cloud)
    runtime, control = await build(data, cloud, Replicas(data))
    await control.tick()
    server = await serve(Routes(runtime), host="127.0.0.1", port=0)
    try:
        yield Place(runtime=runtime, control=control, port=server.port, keys=keys.tenants, data=data)
    finally:
        for request in list(runtime.live):
            request.stop("cancelled")
        await server.close(5.0)
        await runtime.ledger.close()
        runtime.power.close()
        for engine in runtime.router.engines:
            engine.connections.close()
        await behind.close(1.0)
        await asyncio.sleep(0)


def _described(port: int) -> config.Cloud:
    text = files("baseload.config").joinpath("onebox.toml").read_text()
    start, end = text.index("[model.smollm2-135m]"), text.index("# ── who asks")
    model = f'[model.{MODEL}]\npool = "cpu"\nengine = "external"\nurl = "http://127.0.0.1:{port}"\n\n'
    text = text[:start] + model + text[end:].replace("[prices.models.smollm2-135m]", f"[prices.models.{MODEL}]")
    cloud = config.read_text(text, "test.toml").cloud
    return replace(cloud, gateway=replace(cloud.gateway, port=0))


def stream(tokens: int, *, pause_s: float = 0.0) -> Callable[[Exchange], Awaitable[None]]:
    """An upstream that streams so many one-token chunks and then says what it counted."""

    async def answer(exchange: Exchange) -> None:
        if exchange.method == "GET":
            exchange.respond(200, b'{"object":"list","data":[]}')
            return
        exchange.start()
        head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
        for _ in range(tokens):
            choice = {"index": 0, "delta": {"content": "tok "}, "finish_reason": None}
            exchange.write(b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n")
            await asyncio.sleep(pause_s)
        last = {"index": 0, "delta": {}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": tokens, "total_tokens": tokens + 3}
        for more in ({"choices": [last]}, {"choices": [], "usage": usage}):
            exchange.write(b"data: " + json.dumps({**head, **more}).encode() + b"\n\n")
        exchange.end(b"data: [DONE]\n\n")

    return answer
