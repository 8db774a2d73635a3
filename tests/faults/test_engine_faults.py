"""Engines that are down, that die midway, that answer with errors: said plainly, billed exactly, held money freed."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.audit import compare, invariants, open_holds, settled
from benchmarks.cloud import Up
from benchmarks.fakes import Fake
from benchmarks.fakes import fake_cloud as a_fake_cloud
from benchmarks.processes import wait_until_gone
from tests.faults.conftest import Reply, Wire, until

pytestmark = pytest.mark.slow

Ask = Callable[..., Reply]


@pytest.fixture
def ask(fake_cloud: tuple[Up, Fake]) -> Iterator[Ask]:
    """One chat on the shared fake cloud; `words` is what the upstream is to do."""
    yield _asker(fake_cloud[0])


def _asker(up: Up) -> Ask:
    def create(words: str, **more: Any) -> Reply:
        body = {"model": up.model, "max_tokens": 50, "messages": [{"role": "user", "content": f"@fake {words}"}]}
        line = Wire(up.target().port)
        try:
            line.send(up.target().request("POST", "/v1/chat/completions", {**body, **more}))
            reply = line.reply()
        finally:
            line.close()
        assert reply is not None
        return reply

    return create


def test_an_engine_that_dies_in_a_stream_ends_it_with_an_error_and_no_done(
    ask: Ask, fake_cloud: tuple[Up, Fake]
) -> None:
    reply = ask("chunks=40 die_after=7 itl_ms=2", stream=True)
    events = [e for e in reply.body.split(b"\n\n") if e]
    assert b"[DONE]" not in reply.body
    assert json.loads(events[-1].removeprefix(b"data: "))["error"]["message"]
    _adds_up(fake_cloud)


def test_an_engine_that_dies_once_is_tried_again_when_nothing_has_left(ask: Ask, fake_cloud: tuple[Up, Fake]) -> None:
    reply = ask("chunks=9 die_after=4 die_attempts=1")
    assert reply.status == 200
    assert json.loads(reply.body)["usage"]["completion_tokens"] == 9
    _adds_up(fake_cloud)


def test_an_engine_that_always_dies_is_503_and_costs_nothing(ask: Ask, fake_cloud: tuple[Up, Fake]) -> None:
    reply = ask("chunks=9 die_after=4")
    assert reply.status == 503
    assert "billed" in reply.error["message"] or "again" in reply.error["message"]
    until(lambda: _id(reply) in settled(fake_cloud[0].data, fake_cloud[1])[0], "it is on record")
    assert _adds_up(fake_cloud)[_id(reply)].billed == 0


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_an_engines_error_is_503_with_retry_after(ask: Ask, status: int) -> None:
    reply = ask(f"status={status}")
    assert reply.status == 503
    assert b"retry-after" in reply.head.lower()
    assert reply.error["message"]


def test_an_engine_that_is_down_is_503_and_the_hold_is_released(tmp_path: Path) -> None:
    with a_fake_cloud(data=tmp_path / "data") as (up, fake):
        ask = _asker(up)
        assert ask("chunks=2").status == 200
        os.kill(fake.pid, signal.SIGKILL)
        wait_until_gone([fake.pid], 5)
        for stream in (False, True):
            reply = ask("chunks=2", stream=stream)
            assert reply.status == 503
            assert b"retry-after" in reply.head.lower()
        until(lambda: open_holds(up.data) == 0, "the holds are released")


def test_an_engine_that_dies_in_many_streams_leaves_nothing_held(tmp_path: Path) -> None:
    with a_fake_cloud(data=tmp_path / "data") as (up, fake):
        lines = [Wire(up.target().port) for _ in range(8)]
        body = {"model": up.model, "stream": True, "max_tokens": 500}
        body["messages"] = [{"role": "user", "content": "@fake chunks=500 itl_ms=20"}]
        for line in lines:
            line.send(up.target().request("POST", "/v1/chat/completions", body))
        until(lambda: up.admin("/admin/state")["requests"]["in_flight"] == 8, "all streams run")
        os.kill(fake.pid, signal.SIGKILL)
        replies = [line.reply() for line in lines]
        for line in lines:
            line.close()
        assert all(r is not None and b"[DONE]" not in r.body for r in replies)
        until(lambda: up.admin("/admin/state")["requests"]["in_flight"] == 0, "no stream is left")
        until(lambda: open_holds(up.data) == 0, "the holds are released")
        assert invariants(up) == []


def _id(reply: Reply) -> str:
    return next(x.split(b": ")[1] for x in reply.head.split(b"\r\n") if x.lower().startswith(b"x-request-id")).decode()


def _adds_up(pair: tuple[Up, Fake]) -> Any:
    rows, calls = settled(pair[0].data, pair[1])
    assert compare(rows, calls).faults == []
    return rows
