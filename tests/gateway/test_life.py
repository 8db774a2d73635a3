"""The life of a request at its edges: nothing is billed that was not delivered, nobody gets an empty 200."""

import asyncio
import json
from pathlib import Path

import pytest

from baseload.billing.price import PriceList
from baseload.errors import LedgerUnavailable
from tests.gateway.place import MODEL, place, stream

EXACT = "SELECT sum(emitted), sum(billed), sum(lost) FROM attempt"


async def settled(runtime: object, seconds: float = 5.0) -> None:
    for _ in range(int(seconds / 0.01)):
        if not runtime.live:  # type: ignore[attr-defined]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("a request is still on its way")


async def test_an_answer_is_settled_before_it_says_what_it_cost(tmp_path: Path) -> None:
    async with place(tmp_path, stream(5)) as here:
        reply = await here.ask("acme")
        usage = json.loads(reply.body)["usage"]
        assert (usage["prompt_tokens"], usage["completion_tokens"]) == (3, 5)
        amount, tok_out = await here.one("SELECT amount_nano, tok_out FROM usage_event")
        assert tok_out == 5
        assert round(usage["cost_usd"] * 1e9) == amount > 0


async def test_a_whole_answer_that_could_not_be_settled_is_never_billed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, stream(5)) as here:
        ledger, real = here.runtime.ledger, here.runtime.ledger.settle

        async def full(*_: object) -> None:
            raise LedgerUnavailable("the disk is full; make room")

        monkeypatch.setattr(ledger, "settle", full)
        reply = await here.ask("acme")
        assert reply.status == 503
        assert b"tok" not in reply.body
        monkeypatch.setattr(ledger, "settle", real)
        await here.runtime.settle_waiting()
        assert await here.one(EXACT) == (5, 0, 5)
        assert await here.one("SELECT amount_nano FROM usage_event") == (0,)


async def test_flex_that_waits_when_the_gateway_closes_is_told_so(tmp_path: Path) -> None:
    async with place(tmp_path, stream(5)) as here:
        here.runtime.router.queues[MODEL].order(0, 16)
        asked = asyncio.create_task(here.ask("hobby"))
        while not any(r.waiting for r in here.runtime.live):
            await asyncio.sleep(0.01)
        for request in list(here.runtime.live):
            request.stop("cancelled")
        reply = await asked
        assert reply.status == 503
        assert json.loads(reply.body)["error"]["code"] == "shutting_down"


async def test_a_client_that_leaves_the_queue_pays_nothing_and_holds_nothing(tmp_path: Path) -> None:
    async with place(tmp_path, stream(5)) as here:
        before = await here.runtime.ledger.available("acct_hobby")
        here.runtime.router.queues[MODEL].order(0, 16)
        asked = asyncio.create_task(here.ask("hobby"))
        while not any(r.waiting for r in here.runtime.live):
            await asyncio.sleep(0.01)
        connection = next(iter(here.runtime.live)).exchange.connection  # type: ignore[attr-defined]
        connection.transport.abort()
        await asyncio.gather(asked, return_exceptions=True)
        await settled(here.runtime)
        assert await here.runtime.ledger.available("acct_hobby") == before


async def test_a_hang_up_bills_what_was_delivered_and_loses_the_rest(tmp_path: Path) -> None:
    async with place(tmp_path, stream(200, pause_s=0.005)) as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "stream": True}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nauthorization: Bearer {here.keys['acme']}\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        for _ in range(8):
            await reader.readuntil(b"\n\n")
        writer.close()
        await asyncio.sleep(0.1)
        await settled(here.runtime)
        emitted, billed, lost = await here.one(EXACT)
        assert emitted == billed + lost
        assert 4 <= billed < 200
        assert await here.one("SELECT reason, count_mark FROM attempt") == ("client_hangup", "estimated")


async def test_a_missing_price_is_a_clear_refusal(tmp_path: Path) -> None:
    async with place(tmp_path, stream(5)) as here:
        here.runtime.prices = PriceList()
        reply = await here.ask("acme")
        assert reply.status == 503
        assert b"no price for model" in reply.body


async def test_refusals_are_counted_by_code_and_tenant(tmp_path: Path) -> None:
    async with place(tmp_path, stream(5)) as here:
        assert (await here.ask("acme", n=99)).status == 400
        assert (await here.ask("acme", model="nothing-like-it")).status == 404
        assert here.runtime.meters.tenant("acme").refusals["model_not_found"] == 1
        assert sum(here.runtime.meters.refusals.values()) == 2
