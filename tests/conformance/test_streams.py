"""Streamed answers: the order of events, usage only when asked for, and what a hang-up costs."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import openai
import pytest

from benchmarks.cloud import Up

pytestmark = pytest.mark.engine

HELLO: Any = [{"role": "user", "content": "Tell me about rivers."}]


@pytest.fixture
def stream(client: openai.OpenAI, up: Up) -> Callable[..., Any]:
    """A streamed chat with defaults that every test wants."""

    def create(**more: Any) -> Any:
        fields = {"model": up.model, "messages": HELLO, "temperature": 0, "stream": True, **more}
        return client.chat.completions.create(**fields)

    return create


def test_a_stream_says_role_then_text_then_why_it_ended(stream: Callable[..., Any], up: Up) -> None:
    chunks = list(stream(max_tokens=8))
    assert {c.object for c in chunks} == {"chat.completion.chunk"}
    assert len({c.id for c in chunks}) == 1
    assert {c.model for c in chunks} == {up.model}
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(c.choices[0].delta.content or "" for c in chunks)
    assert [c.choices[0].finish_reason for c in chunks if c.choices[0].finish_reason] == ["length"]


def test_a_stream_and_a_whole_answer_say_the_same(stream: Callable[..., Any], client: openai.OpenAI, up: Up) -> None:
    streamed = "".join(c.choices[0].delta.content or "" for c in stream(max_tokens=8))
    whole = client.chat.completions.create(model=up.model, messages=HELLO, temperature=0, max_tokens=8)
    assert whole.choices[0].message.content == streamed


def test_usage_is_not_sent_unless_asked_for(stream: Callable[..., Any]) -> None:
    assert all(c.choices and c.usage is None for c in stream(max_tokens=4))


def test_usage_asked_for_comes_in_the_last_chunk_alone(stream: Callable[..., Any]) -> None:
    *rest, last = list(stream(max_tokens=4, stream_options={"include_usage": True}))
    assert all(c.usage is None for c in rest)
    assert last.choices == []
    assert last.usage.completion_tokens == 4
    said = last.usage.model_dump()
    assert said["cost_usd"] > 0
    assert said["energy_joules"] > 0
    assert said["energy_kind"] in ("measured", "modelled")


def test_streamed_choices_are_told_apart(stream: Callable[..., Any]) -> None:
    texts: dict[int, str] = {}
    for chunk in stream(max_tokens=6, n=2, temperature=1.0, seed=3):
        for choice in chunk.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    assert sorted(texts) == [0, 1]
    assert all(texts.values())


def test_a_streamed_stop_string_never_leaks(stream: Callable[..., Any]) -> None:
    whole = "".join(c.choices[0].delta.content or "" for c in stream(max_tokens=40))
    stop = whole.split()[4]
    chunks = list(stream(max_tokens=40, stop=[stop]))
    assert stop not in "".join(c.choices[0].delta.content or "" for c in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_stream_options_without_a_stream_are_refused(client: openai.OpenAI, up: Up) -> None:
    with pytest.raises(openai.BadRequestError, match="stream_options"):
        client.chat.completions.create(model=up.model, messages=HELLO, stream_options={"include_usage": True})


def test_a_stream_is_an_event_stream_with_ids(stream: Callable[..., Any]) -> None:
    with stream(max_tokens=2) as answer:
        headers = answer.response.headers
        list(answer)
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["x-request-id"].startswith("req_")


def test_a_hang_up_frees_the_engine_and_bills_what_was_delivered(
    stream: Callable[..., Any], up: Up, recorded: Callable[[str], dict[str, int]]
) -> None:
    with stream(max_tokens=2000, extra_body={"ignore_eos": True}) as answer:
        request_id = answer.response.headers["x-request-id"]
        read = sum(1 for _, chunk in zip(range(6), answer, strict=False) if chunk.choices[0].delta.content)
    row = recorded(request_id)
    assert read <= row["billed"] < 1000
    assert row["emitted"] == row["billed"] + row["lost"]
    assert row["tok_out"] == row["billed"]
    assert _running(up) == 0


def test_a_client_that_leaves_a_whole_answer_pays_nothing(
    client: openai.OpenAI, up: Up, recorded: Callable[[str], dict[str, int]]
) -> None:
    before = {row["request_id"] for row in up.admin("/admin/requests?limit=50")["rows"]}
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(
            model=up.model, messages=HELLO, max_tokens=2000, timeout=1.0, extra_body={"ignore_eos": True}
        )
    assert _running(up) == 0
    new = [r for r in up.admin("/admin/requests?limit=50")["rows"] if r["request_id"] not in before]
    assert len(new) == 1
    row = recorded(new[0]["request_id"])
    assert (row["billed"], row["amount_nano"]) == (0, 0)
    assert row["emitted"] == row["lost"]


def test_an_async_stream_works(up: Up) -> None:
    async def read() -> str:
        async with openai.AsyncOpenAI(base_url=up.base_url, api_key=up.api_key, max_retries=0) as client:
            answer = await client.chat.completions.create(model=up.model, messages=HELLO, max_tokens=5, stream=True)
            return "".join([c.choices[0].delta.content or "" async for c in answer])

    assert asyncio.run(read())


def _running(up: Up) -> int:
    """Requests in flight, once none is or patience is over."""
    ends = time.monotonic() + 30
    while (left := up.admin("/admin/state")["requests"]["in_flight"]) and time.monotonic() < ends:
        time.sleep(0.05)
    return int(left)
