"""Ctrl-C: running answers end, everything settles, nothing is left."""

import os
import signal
import threading
from pathlib import Path

import pytest

from benchmarks.audit import compare, ledger_rows, query, settled
from benchmarks.fakes import fake_cloud as a_fake_cloud
from benchmarks.processes import wait_until_gone
from tests.faults.conftest import Reply, Wire, until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("chunks", "itl_ms", "ends"), [(60, 20, True), (5000, 20, False)])
def test_ctrl_c_drains_and_settles(tmp_path: Path, chunks: int, itl_ms: int, ends: bool) -> None:
    replies: list[Reply | None] = []
    with a_fake_cloud(data=tmp_path / "data") as (up, fake):
        line = Wire(up.target().port)
        body = {"model": up.model, "stream": True, "max_tokens": chunks, "stream_options": {"include_usage": True}}
        body["messages"] = [{"role": "user", "content": f"@fake chunks={chunks} itl_ms={itl_ms}"}]
        line.send(up.target().request("POST", "/v1/chat/completions", body))
        until(lambda: up.admin("/admin/state")["requests"]["in_flight"] == 1, "the stream runs")
        family = up.processes()
        reader = threading.Thread(target=lambda: replies.append(line.reply()))
        reader.start()
        os.kill(up.pid, signal.SIGINT)
        assert wait_until_gone(family, 40) == []
        reader.join(10)
        line.close()
        reply = replies[0]
        assert reply is not None
        assert (b"[DONE]" in reply.body) is ends
        rows, calls = settled(up.data, fake)
        assert compare(rows, calls).faults == []
        assert query(up.data, "SELECT count(*) FROM hold WHERE state = 'held'") == [(0,)]
        row = next(iter(ledger_rows(up.data).values()))
        assert row.billed > 0
