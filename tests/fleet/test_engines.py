"""What an engine says of its counts is believed only when it can be read, and waited for when it may be on its way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from baseload.config import read
from baseload.errors import EngineError
from baseload.fleet.engines import sent
from baseload.fleet.engines.base import EngineCount
from baseload.fleet.engines.external import ExternalEngine
from baseload.http1 import Exchange, serve

ID = "req_" + "0" * 32


@asynccontextmanager
async def engine(handler: Callable[[Exchange], Awaitable[None]]) -> AsyncIterator[ExternalEngine]:
    server = await serve(handler, host="127.0.0.1")
    model = replace(
        read(None).cloud.models[0],
        engine="external",
        url=f"http://127.0.0.1:{server.port}",
        counts_path="/counts/{id}?as={json}",
        cancel_path="/cancel/{id}",
    )
    made = ExternalEngine(model)
    try:
        yield made
    finally:
        made.connections.close()
        await server.close(1.0)


@pytest.mark.parametrize(
    ("state", "final"),
    [
        *((s, False) for s in ("queued", "running", "parked", "cancelling")),
        *((s, True) for s in ("completed", "cancelled", "failed", "died", "hung_up", "finished", "aborted")),
    ],
)
def test_a_count_is_final_unless_something_goes_on(state: str, final: bool) -> None:
    assert EngineCount(prompt=1, prefilled=1, emitted=1, state=state).final is final


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b'{"emitted": "many", "state": "completed"}', b'{"emitted": -1, "state": "x"}']
)
async def test_nonsense_for_a_count_is_an_engine_error(body: bytes) -> None:
    async def answer(exchange: Exchange) -> None:
        exchange.respond(200, body)

    async with engine(answer) as external:
        with pytest.raises(EngineError, match=f"answers /counts/{ID}.as=.json. with what is no count"):
            await external.count(ID)


async def test_a_cancel_that_overtook_its_request_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent, "POLL_S", 0.001)
    asked: list[str] = []

    async def answer(exchange: Exchange) -> None:
        asked.append(exchange.path)
        if len(asked) < 3:
            exchange.respond(404, b"{}")
        elif len(asked) == 3:
            exchange.respond(200, b'{"emitted": 3, "state": "cancelling"}')
        else:
            exchange.respond(200, b'{"emitted": 4, "state": "cancelled", "prompt_tokens": 9}')

    async with engine(answer) as external:
        external.request("/v1/completions", b"{}", ID, "default")
        assert await external.cancel(ID) == EngineCount(prompt=9, prefilled=9, emitted=4, state="cancelled")
        assert asked == [f"/cancel/{ID}"] * 3 + [f"/counts/{ID}"]


async def test_a_request_nobody_sent_lately_is_asked_for_once() -> None:
    asked = 0

    async def answer(exchange: Exchange) -> None:
        nonlocal asked
        asked += 1
        exchange.respond(404, b"{}")

    async with engine(answer) as external:
        assert await external.cancel(ID) is None
        assert asked == 1


async def test_what_was_sent_long_ago_is_no_longer_on_its_way() -> None:
    now = 0.0
    asked = 0
    recent = sent.Sent(lambda: now)

    async def unknown() -> EngineCount | None:
        nonlocal now, asked
        now += 0.6
        asked += 1
        return None

    recent.note("a")
    now = sent.ON_ITS_WAY_S + 1
    recent.note("b")
    assert await asyncio.wait_for(recent.known("a", unknown), 5) is None
    assert asked == 1
    assert await asyncio.wait_for(recent.known("b", unknown), 5) is None
    assert asked == 3
