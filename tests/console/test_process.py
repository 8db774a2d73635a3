"""The console as a process: one ready line, live events, and no orphan."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from baseload.console import ticket
from baseload.console.access import now_us
from tests.console.fake_admin import FakeCloud

COMMAND = [sys.executable, "-m", "baseload.console", "--data"]


def ready(process: subprocess.Popen[str]) -> tuple[str, int]:
    assert process.stdout is not None
    line = process.stdout.readline().split()
    assert line[0] == "ready"
    host, _, port = line[1].removeprefix("http://").rpartition(":")
    return host, int(port)


def test_it_prints_one_line_and_streams_the_live_numbers(fake: FakeCloud) -> None:
    with subprocess.Popen(
        [*COMMAND, str(fake.data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            connection = http.client.HTTPConnection(*ready(process), timeout=20)
            connection.request("GET", f"/login?ticket={ticket(fake.data, 'operator', now_us())}")
            answer = connection.getresponse()
            answer.read()
            cookie = answer.headers["set-cookie"].split(";")[0]
            connection.request("GET", "/live", headers={"cookie": cookie})
            events = connection.getresponse()
            assert events.headers["content-type"].startswith("text/event-stream")
            seen: list[dict[str, float]] = []
            while len(seen) < 2:
                line = events.readline().decode()
                if line.startswith('data: {"at"'):
                    seen.append(json.loads(line[6:]))
            assert seen[1]["at"] > seen[0]["at"]
            connection.close()
        finally:
            process.terminate()
            out, err = process.communicate(timeout=10)
    assert (out, err) == ("", "")


def test_it_ends_when_the_process_that_started_it_is_killed(fake: FakeCloud) -> None:
    parent = f"import subprocess, time; subprocess.Popen({[*COMMAND, str(fake.data)]!r}); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        host, port = ready(process)
        os.kill(process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection((host, port), timeout=1).close()
            except OSError:
                return
            time.sleep(0.1)
    pytest.fail("the console outlived its parent by ten seconds")


def test_a_taken_port_is_one_sentence(fake: FakeCloud, tmp_path: Path) -> None:
    with subprocess.Popen([*COMMAND, str(fake.data)], stdout=subprocess.PIPE, text=True) as process:
        try:
            _, port = ready(process)
            second = subprocess.run(
                [*COMMAND, str(fake.data), "--port", str(port)], capture_output=True, text=True, check=False, timeout=20
            )
        finally:
            process.terminate()
    assert second.returncode == 1
    assert second.stderr == f"the console cannot listen on 127.0.0.1:{port}: Address already in use\n"
