"""A disk that fills up: nothing new is admitted, nothing acknowledged is lost, and room makes it well again."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from typing import Any

import pytest

from benchmarks.audit import compare, missing, settled
from benchmarks.cloud import Up
from benchmarks.fakes import fake_cloud as a_fake_cloud
from tests.faults.conftest import Reply, Wire, until

pytestmark = pytest.mark.slow

Squeeze = Callable[[Up, bool], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, Squeeze]]:
    """A data directory on a disk of its own that can be filled (root), else a limit on the gateway's files."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(disk)], check=False, capture_output=True
        ).returncode
    )
    ballast = disk / "ballast"

    def fill(up: Up, full: bool) -> None:
        if not full:
            ballast.unlink()
            return
        with ballast.open("wb", buffering=0) as file:
            for block in (1 << 16, 4096, 1):
                try:
                    while file.write(b"\0" * block):
                        pass
                except OSError:
                    continue

    def limit(up: Up, full: bool) -> None:
        prlimit(up.gateway_pid, RLIMIT_FSIZE, (4096 if full else RLIM_INFINITY, RLIM_INFINITY))

    yield disk / "data", fill if mounted else limit
    if mounted:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def ask(up: Up, **more: Any) -> Reply:
    body = {"model": up.model, "max_tokens": 8, "messages": [{"role": "user", "content": "@fake chunks=8"}], **more}
    line = Wire(up.target().port)
    try:
        line.send(up.target().request("POST", "/v1/chat/completions", body))
        reply = line.reply()
    finally:
        line.close()
    assert reply is not None
    return reply


def test_a_full_disk_stops_admission_and_loses_nothing(small_disk: tuple[Path, Squeeze]) -> None:
    data, squeeze = small_disk
    with a_fake_cloud(data=data) as (up, fake):
        told: dict[str, dict[str, Any]] = {}
        _note(told, ask(up))
        squeeze(up, True)
        refused = 0
        for number in range(400):
            reply = ask(up, stream=True, stream_options={"include_usage": True}) if number % 2 else ask(up)
            _note(told, reply)
            if b"text/event-stream" in reply.head and b"[DONE]" not in reply.body:
                assert b'"usage":{' not in reply.body
                continue
            if reply.status != 200:
                refused += 1
                assert reply.status == 503
                assert "disk" in reply.error["message"] or "ledger" in reply.error["message"]
                if refused > 3:
                    break
        assert refused, "the disk was full and yet everything was acknowledged"
        squeeze(up, False)
        until(lambda: ask(up).status == 200, "it is well again", 30)
        rows, calls = settled(up.data, fake)
        assert list(missing(told, rows)) == []
        assert compare(rows, calls).faults == []
        assert up.current_gateway() == up.gateway_pid


def _note(told: dict[str, dict[str, Any]], reply: Reply) -> None:
    head = dict(line.split(b": ", 1) for line in reply.head.lower().split(b"\r\n")[1:])
    if reply.status != 200:
        return
    events = [e for e in reply.body.split(b"\n\n") if b'"usage":{' in e]
    if events:
        told[head[b"x-request-id"].decode()] = json.loads(events[-1].removeprefix(b"data: "))["usage"]
