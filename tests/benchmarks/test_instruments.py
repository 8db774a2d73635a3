"""The measuring instruments themselves: the fake's ledger is exact, the client counts what it read."""

import asyncio
from typing import Any

import pytest

from benchmarks.fakes import Fake, fake_upstream
from benchmarks.load import closed, opened
from benchmarks.wire import Answer, Connection, HangUp


def ask(fake: Fake, words: str, request_id: str, hang_up: HangUp | None = None, **more: Any) -> Answer:
    body = {"stream": True, "messages": [{"role": "user", "content": f"@fake {words}"}], **more}
    line = Connection(fake.target)

    async def once() -> Answer:
        try:
            return await line.ask(
                fake.target.request("POST", "/v1/chat/completions", body, x_request_id=request_id), hang_up
            )
        finally:
            line.close()

    return asyncio.run(once())


@pytest.fixture(scope="module")
def fake() -> Any:
    with fake_upstream() as running:
        yield running


def test_a_whole_stream_is_counted_by_both_sides(fake: Fake) -> None:
    answer = ask(fake, "chunks=9 tokens_per_chunk=2", "whole", n=2, stream_options={"include_usage": True})
    assert (answer.ok, answer.events, answer.tokens) == (True, 18, 36)
    assert fake.get("/__ledger?id=whole")["emitted"] == 36


def test_a_death_leaves_exactly_what_was_counted(fake: Fake) -> None:
    answer = ask(fake, "chunks=9 die_after=4", "dies")
    assert (answer.ok, answer.events) == (False, 4)
    assert fake.get("/__ledger?id=dies") | {"prompt_tokens": 0, "prefilled": 0} == {
        "prompt_tokens": 0, "prefilled": 0, "emitted": 4, "attempts": 1, "state": "died"
    }  # fmt: skip


def test_a_cancel_answers_with_a_final_count(fake: Fake) -> None:
    answer = ask(fake, "chunks=500 itl_ms=5", "left", HangUp(after_s=0.1))
    assert answer.hung_up
    final = fake.get("/__cancel?id=left", "POST")
    assert final["state"] in ("cancelled", "hung_up")
    assert final["emitted"] >= answer.events
    assert fake.get("/__ledger?id=left") == final


def test_open_load_counts_from_the_instant_a_request_was_due(fake: Fake) -> None:
    body = {"messages": [{"role": "user", "content": "@fake ttft_ms=50"}]}
    raw = fake.target.request("POST", "/v1/chat/completions", body)
    tally = asyncio.run(opened(fake.target, lambda _: raw, rate_per_s=100, seconds=0.3, connections=1))
    assert (len(tally.answers), tally.faults) == (30, {})
    assert min(tally.latency_s) >= 0.05


def test_closed_load_sends_exactly_what_was_asked(fake: Fake) -> None:
    before = fake.get("/__ledger")["requests"]
    raw = fake.target.request("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]})
    tally = asyncio.run(closed(fake.target, lambda _: raw, connections=4, requests=50))
    assert (len(tally.answers), fake.get("/__ledger")["requests"] - before) == (50, 50)
