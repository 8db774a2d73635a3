import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from baseload.errors import EngineError
from baseload.fleet.worker import TwinSpec
from baseload.http1 import Pool
from baseload.store.tally import RowState
from tests.fleet.place import Client, Worker, chat, client_of, request_id, running

pytestmark = pytest.mark.timeout(120)


async def test_nobody_without_the_secret_is_answered(twin: Worker) -> None:
    for headers in ([], [("authorization", "Bearer guess")]):
        pool = Pool(twin.spec.socket, name="stranger", headers=headers)
        for method, route in (("GET", "/health"), ("POST", "/v1/chat/completions"), ("GET", "/metrics")):
            assert (await pool.fetch(method, route)).status == 401
        pool.close()


async def test_a_stream_says_its_prompt_its_tokens_and_its_usage(client: Client) -> None:
    answer = await client.whole(chat(max_tokens=12))
    assert answer.comments[0].startswith("prompt=")
    assert answer.comments[0].endswith("cached=-")
    assert answer.tokens == answer.usage["completion_tokens"] == 12
    assert answer.finish() == "length"
    assert answer.raw.endswith(b"data: [DONE]\n\n")
    assert len(answer.text().split()) == 12


async def test_the_same_request_gets_the_same_text(client: Client) -> None:
    first = await client.whole(chat(max_tokens=8, temperature=1, seed=7))
    again = await client.whole(chat(max_tokens=8, temperature=1, seed=7))
    other = await client.whole(chat(max_tokens=8, temperature=1, seed=8))
    assert first.text() == again.text() != other.text()


async def test_choices_have_texts_of_their_own_and_one_count(client: Client) -> None:
    answer = await client.whole(chat(max_tokens=6, n=3, temperature=1, seed=1))
    assert len({answer.text(i) for i in range(3)}) == 3
    assert answer.tokens == answer.usage["completion_tokens"] == 18


async def test_text_ends_before_a_stop_string(client: Client) -> None:
    whole = await client.whole(chat(max_tokens=20))
    word = whole.text().split()[5]
    answer = await client.whole(chat(max_tokens=20, stop=[word]))
    assert answer.finish() == "stop"
    assert answer.text() == whole.text().split(word)[0]
    assert answer.tokens == 1 + whole.text().split(word)[0].count(" ") - 1


async def test_an_answer_can_come_whole(client: Client) -> None:
    answer = await client.post("/v1/completions", {"prompt": "one two", "max_tokens": 4, "ignore_eos": True})
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"] == {"prompt_tokens": 2, "completion_tokens": 4, "total_tokens": 6}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (chat("word " * 9000), 400, "maximum context length is 8192"),
        (chat(max_tokens=9000), 400, "maximum context length is 8192"),
        (chat(max_tokens=0), 400, "at least 1"),
        (chat(n=9), 400, "n must be from 1 to 8"),
        (chat(temperature=3), 400, "temperature"),
        (chat(stop=["a"] * 5), 400, "stop"),
        ({"messages": []}, 400, "at least one message"),
        ({"messages": [{"role": "<|im_end|>", "content": "x"}]}, 400, "role"),
        ({"messages": "no"}, 400, "not a valid request"),
    ],
)
async def test_a_request_that_cannot_be_met_gets_one_clear_sentence(
    client: Client, body: dict[str, object], status: int, says: str
) -> None:
    reply = await client.fetch("POST", "/v1/chat/completions", body)
    assert reply.status == status
    assert says in reply.body.decode()


async def test_over_long_prompts_are_named_as_openai_names_them(client: Client) -> None:
    answer = await client.post("/v1/chat/completions", chat("word " * 9000))
    assert answer["error"]["code"] == "context_length_exceeded"
    assert "9007" in answer["error"]["message"]


async def test_tokens_are_counted_without_work(client: Client) -> None:
    answer = await client.post("/tokenize", {"prompt": "one two three"})
    assert answer["count"] == len(answer["tokens"]) == 3
    assert answer["max_model_len"] == 8192


async def test_a_hang_up_stops_the_engine_and_the_count_is_final(twin: Worker, client: Client) -> None:
    name = request_id(1)
    answer = await client.ask(chat(max_tokens=4000), request_id=name)
    await answer.until_tokens(5)
    client.hang_up(answer)
    await client.until_metric("running", 0)
    first = await client.get(f"/counts?id={name}")
    await asyncio.sleep(0.1)
    assert first == await client.get(f"/counts?id={name}")
    assert first["state"] == "cancelled"
    assert answer.tokens <= first["emitted"] < 4000


async def test_a_hang_up_stops_work_nobody_streams(client: Client) -> None:
    answer = await client.ask(chat(max_tokens=4000, stream=False))
    await client.until_metric("running", 1)
    client.hang_up(answer)
    await client.until_metric("running", 0)


async def test_cancel_answers_with_the_final_count(client: Client) -> None:
    name = request_id(2)
    answer = await client.ask(chat(max_tokens=4000), request_id=name)
    await answer.until_tokens(3)
    said = await client.post(f"/cancel?id={name}")
    assert said["state"] == "cancelled"
    assert said == await client.get(f"/counts?id={name}")
    await answer.done.wait()
    assert answer.tokens <= said["emitted"]


async def test_counts_of_strangers_are_not_known(client: Client) -> None:
    assert (await client.fetch("GET", f"/counts?id={request_id(999)}")).status == 404
    assert (await client.fetch("GET", "/counts?id=nonsense")).status == 400


async def test_parked_flex_work_resumes_and_says_the_same(client: Client) -> None:
    name = request_id(3)
    plain = await client.whole(chat("A long flexible story.", max_tokens=60), tier="flex")
    answer = await client.ask(chat("A long flexible story.", max_tokens=60), tier="flex", request_id=name)
    await answer.until_tokens(5)
    await client.post("/orders", {"flex_slots": 0})
    await answer.until(b": parked")
    assert (await client.get(f"/counts?id={name}"))["state"] == "parked"
    held = answer.tokens
    await asyncio.sleep(0.1)
    assert answer.tokens == held
    await client.post("/orders", {"flex_slots": 16})
    await answer.done.wait()
    count = await client.get(f"/counts?id={name}")
    assert answer.whole
    assert answer.tokens == answer.usage["completion_tokens"] == count["emitted"] == 60
    assert len(answer.text().split()) == len(plain.text().split()) == 60
    assert count["attempts"] == 2
    resumed = next(c for c in answer.comments if c.startswith("resumed"))
    prompt = int(answer.comments[0].split()[0].removeprefix("prompt="))
    assert resumed == f"resumed prefilled={prompt + held}"
    assert count["prefilled"] == 2 * prompt + held


async def test_protected_work_is_not_parked_by_orders(client: Client) -> None:
    await client.post("/orders", {"flex_slots": 0})
    answer = await client.whole(chat(max_tokens=5), tier="internal")
    await client.post("/orders", {"flex_slots": 16})
    assert answer.whole
    assert not any(c == "parked" for c in answer.comments)


async def test_a_hang_up_while_parked_ends_it(client: Client) -> None:
    answer = await client.ask(chat(max_tokens=400), tier="flex")
    await answer.until_tokens(3)
    await client.post("/orders", {"flex_slots": 0})
    await answer.until(b": parked")
    client.hang_up(answer)
    await client.until_metric("parked", 0)
    await client.post("/orders", {"flex_slots": 16})


async def test_counters_add_up(client: Client) -> None:
    before = await client.get("/metrics")
    answer = await client.whole(chat(max_tokens=10))
    after = await client.get("/metrics")
    assert after["emitted_tokens"] - before["emitted_tokens"] == 10
    assert after["prefill_tokens"] - before["prefill_tokens"] == answer.usage["prompt_tokens"]
    assert after["steps"] > before["steps"]


async def test_counts_outlive_a_killed_worker(tmp_path: Path) -> None:
    name = request_id(4)
    with contextlib.ExitStack() as stack:
        worker = await asyncio.to_thread(stack.enter_context, running(tmp_path))
        async with client_of(worker) as client:
            answer = await client.ask(chat(max_tokens=4000), request_id=name)
            await answer.until_tokens(20)
            os.kill(worker.process.pid, signal.SIGKILL)
            await answer.done.wait()
        count = worker.count(name)
        assert answer.broken
        assert count is not None
        assert count.state is RowState.RUNNING
        assert count.emitted >= answer.tokens >= 20
        again = await asyncio.to_thread(stack.enter_context, running(tmp_path))
        async with client_of(again) as client:
            after = await client.get(f"/counts?id={name}")
        assert after["state"] == "failed"
        assert after["emitted"] == count.emitted


async def test_an_engine_that_breaks_is_rebuilt_and_its_work_goes_on(tmp_path: Path) -> None:
    twin = TwinSpec(decode_tokens_per_s=400.0, prefill_tokens_per_s=100_000.0, fail_after_tokens=10)
    with contextlib.ExitStack() as stack:
        worker = await asyncio.to_thread(stack.enter_context, running(tmp_path, twin=twin))
        async with client_of(worker) as client:
            answer = await client.whole(chat(max_tokens=30))
    assert answer.whole
    assert "parked" in answer.comments
    assert len(answer.text().split()) == answer.tokens == 30


async def test_a_dead_engine_cuts_the_stream(tmp_path: Path) -> None:
    twin = TwinSpec(decode_tokens_per_s=400.0, prefill_tokens_per_s=100_000.0, die_after_tokens=10)
    with contextlib.ExitStack() as stack:
        worker = await asyncio.to_thread(stack.enter_context, running(tmp_path, twin=twin))
        async with client_of(worker) as client:
            answer = await client.whole(chat(max_tokens=30), request_id=request_id(5))
            with pytest.raises(EngineError):
                await client.get("/health")
        count = worker.count(request_id(5))
    assert answer.broken
    assert count is not None
    assert count.emitted >= answer.tokens


async def test_a_hanging_engine_still_answers_and_cancels(tmp_path: Path) -> None:
    twin = TwinSpec(decode_tokens_per_s=400.0, prefill_tokens_per_s=100_000.0, hang_after_tokens=10)
    with contextlib.ExitStack() as stack:
        worker = await asyncio.to_thread(stack.enter_context, running(tmp_path, twin=twin))
        async with client_of(worker) as client:
            answer = await client.ask(chat(max_tokens=30), request_id=request_id(6))
            await answer.until_tokens(10)
            assert (await client.get("/health"))["state"] == "ready"
            assert (await client.post(f"/cancel?id={request_id(6)}"))["state"] == "cancelled"


async def test_a_worker_told_to_stop_ends_its_answers_first(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        worker = await asyncio.to_thread(stack.enter_context, running(tmp_path))
        async with client_of(worker) as client:
            answer = await client.ask(chat(max_tokens=60))
            await answer.until_tokens(3)
            worker.process.terminate()
            await asyncio.sleep(0.05)
            assert (await client.get("/health"))["state"] == "draining"
            assert (await client.fetch("POST", "/v1/chat/completions", chat(max_tokens=5))).status == 503
            await answer.done.wait()
        assert await asyncio.to_thread(worker.process.wait, 20) == 0
    assert answer.whole
    assert answer.tokens == 60


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1]",
        b"[" * 100_000,
        b'{"messages":' + b"[" * 100_000,
        b'{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"schema":'
        + b'{"a":' * 50_000,
        b'{"messages":[{"role":"user","content":"\\ud800"}],"max_tokens":3}',
        b'{"messages":[{"role":"user","content":"x"}],"max_tokens":1e400}',
        b'{"messages":[{"role":"user","content":"x"}],"max_tokens":%d}' % 10**40,
        b'{"messages":[{"role":"user","content":"x"}],"temperature":"hot"}',
        b'{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}',
        b'{"prompt":[1,2]}',
    ],
)
async def test_hostile_bodies_are_refused_and_harm_nobody(client: Client, body: bytes) -> None:
    for route in ("/v1/chat/completions", "/v1/completions", "/tokenize", "/orders"):
        reply = await client.pool.fetch("POST", route, body, timeout_s=30.0)
        assert reply.status < 500, (route, reply.body)
    assert (await client.get("/health"))["state"] == "ready"
