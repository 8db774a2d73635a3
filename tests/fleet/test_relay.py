"""A relay counts what an engine emitted and what was delivered, whatever way the stream is cut into reads."""

import asyncio
import json
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.errors import EngineDied
from baseload.fleet.chunk import Chunk
from baseload.fleet.relay import Relay


class Taker:
    """A consumer that hangs up after so many deliveries."""

    def __init__(self, patience: int = 10**9) -> None:
        self.patience = patience
        self.events: list[bytes] = []

    def deliver(self, events: list[bytes], chunks: list[Chunk]) -> bool:
        if self.patience == 0:
            return False
        self.patience -= 1
        self.events += events
        return True


def chunk(text: str, finish: str | None = None) -> bytes:
    body = {
        "id": "c",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def worker_stream(steps: list[int]) -> bytes:
    out, total = b": prompt=12 cached=-\n" + chunk(""), 0
    for new in steps:
        total += new
        out += b": tokens=%d\n" % total + chunk("x" * new)
    usage = {"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": total, "total_tokens": 12 + total}}
    return out + b"data: " + json.dumps(usage).encode() + b"\n\ndata: [DONE]\n\n"


def relay(taker: Taker, *, speaks_tokens: bool = True, rename: str | None = None) -> Relay:
    made = Relay(taker, speaks_tokens=speaks_tokens, rename=rename, now_us=lambda: 1)
    made.head(200, {})
    return made


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(st.integers(0, 5), max_size=20), cuts=st.lists(st.integers(1, 40), max_size=60))
def test_counts_do_not_depend_on_how_the_bytes_are_cut(steps: list[int], cuts: list[int]) -> None:
    async def check() -> None:
        taker = Taker()
        made = relay(taker)
        data = worker_stream(steps)
        for size in cuts:
            made.data(data[:size])
            data = data[size:]
        made.data(data)
        made.ended()
        assert made.end.result().reason == "completed"
        assert made.progress.seen == made.progress.delivered == made.progress.usage_tokens == sum(steps)
        assert made.progress.prompt == 12
        assert len(taker.events) == len(steps) + 1, "usage and [DONE] are kept back"
        assert not any(b"tokens=" in e or b"[DONE]" in e for e in taker.events)

    asyncio.run(check())


async def test_a_hang_up_delivers_nothing_of_the_read_it_was_seen_in() -> None:
    made = relay(Taker(patience=1))
    made.data(b": tokens=3\n" + chunk("abc"))
    made.data(b": tokens=7\n" + chunk("defg"))
    assert made.end.result().reason == "client_hangup"
    assert (made.progress.seen, made.progress.delivered) == (7, 3)


async def test_a_stream_without_done_is_a_death() -> None:
    made = relay(Taker())
    made.data(b": tokens=3\n" + chunk("abc"))
    made.lost(EngineDied("gone"))
    assert made.end.result().reason == "engine_died"
    assert made.progress.delivered == 3


async def test_an_engine_that_does_not_speak_tokens_is_counted_by_chunks_until_its_usage_comes() -> None:
    made = relay(Taker(), speaks_tokens=False)
    made.data(chunk("") + chunk("a") + chunk("b"))
    assert made.progress.seen == 2
    made.data(b'data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":9}}\n\ndata: [DONE]\n\n')
    made.ended()
    assert made.progress.usage_tokens == 9


async def test_parking_splits_the_work_into_stretches() -> None:
    made = relay(Taker())
    made.data(b": prompt=10 cached=-\n: tokens=4\n" + chunk("abcd"))
    made.data(b": parked\n\n")
    assert made.progress.parked_since_us
    made.data(b": resumed prefilled=14\n: tokens=6\n" + chunk("ef"))
    assert [(s.prefilled, s.emitted) for s in made.progress.segments] == [(10, 4), (14, 2)]


async def test_a_line_end_cut_between_two_reads_is_still_one() -> None:
    taker = Taker()
    made = relay(taker)
    for byte in worker_stream([2, 3]).replace(b"\n", b"\r\n"):
        made.data(bytes([byte]))
    made.ended()
    assert made.end.result().reason == "completed"
    assert made.progress.seen == made.progress.delivered == 5
    assert not any(b"\r" in e for e in taker.events)


async def test_the_wait_of_a_job_put_back_before_it_was_computed_is_counted_once() -> None:
    now_us = 100
    made = Relay(Taker(), speaks_tokens=True, rename=None, now_us=lambda: now_us)
    made.head(200, {})
    now_us = 150
    made.data(b": started\n\n")
    now_us = 400
    made.data(b": started\n\n")
    now_us = 500
    made.data(b": tokens=1\n" + chunk("a"))
    assert made.progress.held_us == 300


async def test_a_relay_says_that_it_is_held_and_starts_its_silence_anew_when_it_is_not() -> None:
    now_us = 1
    transport = Mock(is_closing=lambda: False)
    made = Relay(Taker(), speaks_tokens=True, rename=None, now_us=lambda: now_us)
    made.connection = Mock(transport=transport)
    made.backlog(True)
    assert made.paused
    now_us = 99
    made.backlog(False)
    assert not made.paused
    assert made.last_data_us == 99
    assert [c[0] for c in transport.method_calls] == ["pause_reading", "resume_reading"]


async def test_the_public_name_replaces_the_engines_own() -> None:
    taker = Taker()
    relay(taker, rename="public").data(chunk('say \\"model\\": "m"'))
    assert json.loads(taker.events[0][6:])["model"] == "public"


@pytest.mark.parametrize("event", [b"data: {nonsense\n\n", b'data: {"error": {"message": "broke"}}\n\n'])
async def test_an_engine_error_in_the_stream_ends_the_attempt(event: bytes) -> None:
    made = relay(Taker())
    made.data(event)
    assert made.end.result().reason == "engine_error"
