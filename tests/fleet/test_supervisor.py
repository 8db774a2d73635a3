import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from baseload.errors import AlreadyRunning
from baseload.fleet.child import Backoff, Child
from baseload.fleet.lock import claim
from baseload.fleet.supervisor import Supervisor

QUICK = Backoff(first_s=0.05, most_s=0.2, steady_s=30.0)
SLEEPER = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
REFUSES = "import sys; print('the model file is not the one described', file=sys.stderr); sys.exit(3)"
ONCE_READY = r"""
import os, socket, sys, time
path = sys.argv[1]
if os.path.exists(path):
    os.unlink(path)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen()
peer, _ = server.accept()
peer.recv(65536)
peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
time.sleep(0.4)
sys.exit(1)
"""
ORPHANAGE = """
import asyncio, os, sys
from pathlib import Path
from baseload.fleet.child import Child
from baseload.fleet.supervisor import Supervisor
async def main():
    python, folder = sys.executable, Path(sys.argv[1])
    held = "import signal, time; from baseload.fleet import leash; leash.hold(); "
    deaf = held + "signal.signal(15, signal.SIG_IGN); "
    children = [
        Child(name=n, argv=(python, "-c", c + "time.sleep(600)"), log=folder / f"{n}.log")
        for n, c in (("held", held), ("deaf", deaf))
    ]
    supervisor = Supervisor(children)
    supervisor.start()
    await asyncio.sleep(1.5)
    print(*supervisor.pids.values(), flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def child(folder: Path, name: str, code: str, **fields: Any) -> Child:
    return Child(name=name, argv=(sys.executable, "-c", code), log=folder / f"{name}.log", **fields)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def until(claim_: Any, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not claim_():
            await asyncio.sleep(0.02)


class Kept:
    """Supervisors of one test, stopped at its end."""

    def __init__(self) -> None:
        self.all: list[Supervisor] = []

    def __call__(self, *children: Child, **fields: Any) -> Supervisor:
        self.all.append(Supervisor(children, backoff=QUICK, **fields))
        return self.all[-1]


@pytest.fixture
async def supervise() -> AsyncIterator[Kept]:
    kept = Kept()
    yield kept
    for supervisor in kept.all:
        await supervisor.stop()


async def test_a_killed_child_is_started_again(tmp_path: Path, supervise: Kept) -> None:
    supervisor = supervise(child(tmp_path, "a", SLEEPER), child(tmp_path, "b", SLEEPER))
    supervisor.start()
    before = dict(supervisor.pids)
    await until(lambda: len(supervisor.pids) == 2)
    before = dict(supervisor.pids)
    os.kill(before["a"], signal.SIGKILL)
    await until(lambda: supervisor.pids.get("a") not in {None, before["a"]})
    assert supervisor.pids["b"] == before["b"]
    assert supervisor.status()[0]["restarts"] == 1


async def test_a_child_that_keeps_dying_is_started_ever_more_seldom(tmp_path: Path, supervise: Kept) -> None:
    supervisor = supervise(child(tmp_path, "a", "raise SystemExit(1)"))
    supervisor.start()
    await until(lambda: supervisor.keepers["a"].starts >= 3)
    assert supervisor.keepers["a"].state in {"waiting", "ready"}
    assert [QUICK.delay_s(n) for n in (1, 2, 3, 4, 9)] == [0.05, 0.1, 0.2, 0.2, 0.2]


@pytest.mark.parametrize(
    ("code", "failures"), [("raise SystemExit(1)", [1, 2, 3]), (ONCE_READY, [1, 1, 1])], ids=["never ready", "ready"]
)
async def test_only_a_child_that_was_ready_starts_with_a_clean_sheet(
    code: str, failures: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that breaks whenever it loads may live for seconds and still never have been of use."""
    asked: list[int] = []

    def delay_s(_: Backoff, failures: int) -> float:
        asked.append(failures)
        return 0.01

    monkeypatch.setattr(Backoff, "delay_s", delay_s)
    path = str(tmp_path / "s.sock")
    argv = (sys.executable, "-c", code, path)
    one = Child(name="a", argv=argv, log=tmp_path / "a.log", probe=(path, "secret"))
    supervisor = Supervisor([one], backoff=Backoff(steady_s=0.0))
    supervisor.start()
    await until(lambda: len(asked) >= 3)
    await supervisor.stop()
    assert asked[:3] == failures


async def test_a_hopeless_child_is_not_started_again_and_says_why(tmp_path: Path, supervise: Kept) -> None:
    supervisor = supervise(child(tmp_path, "a", REFUSES))
    supervisor.start()
    keeper = supervisor.keepers["a"]
    await until(lambda: keeper.state == "refused")
    await asyncio.sleep(0.3)
    assert keeper.starts == 1
    assert keeper.why == "the model file is not the one described"
    assert supervisor.pids == {}


async def test_children_stop_by_rank_and_the_deaf_are_killed(tmp_path: Path, supervise: Kept) -> None:
    order: list[str] = []

    def changed(supervisor: Supervisor) -> None:
        order.extend(n for n, k in supervisor.keepers.items() if k.state == "off" and k.starts and n not in order)

    deaf = child(tmp_path, "deaf", STUBBORN, stop_rank=0, stop_s=0.3)
    supervisor = supervise(deaf, child(tmp_path, "worker", SLEEPER, stop_rank=10), changed=changed)
    supervisor.start()
    await until(lambda: (tmp_path / "deaf.log").exists() and "up" in (tmp_path / "deaf.log").read_text())
    pids = list(supervisor.pids.values())
    supervise.all.clear()
    await supervisor.stop()
    assert order == ["deaf", "worker"]
    assert not any(alive(p) for p in pids)


async def test_a_child_wanted_again_while_it_stops_comes_back(tmp_path: Path, supervise: Kept) -> None:
    slow = "import signal, time; signal.signal(15, lambda *_: (time.sleep(0.5), exit(0)));"
    slow += "print('up', flush=True); time.sleep(600)"
    supervisor = supervise(child(tmp_path, "a", slow))
    supervisor.start()
    await until(lambda: (tmp_path / "a.log").exists() and "up" in (tmp_path / "a.log").read_text())
    before = supervisor.pids["a"]
    supervisor.want({"a": False})
    await until(lambda: supervisor.keepers["a"].state == "stopping")
    supervisor.want({"a": True})
    await until(lambda: supervisor.pids.get("a") not in {None, before})
    assert supervisor.keepers["a"].state == "ready"


async def test_the_control_socket_switches_children_and_tells_their_state(tmp_path: Path, supervise: Kept) -> None:
    supervisor = supervise(child(tmp_path, "a", SLEEPER), child(tmp_path, "b", SLEEPER))
    supervisor.start()
    await until(lambda: len(supervisor.pids) == 2)
    path = tmp_path / "c.sock"
    await supervisor.listen(path)
    assert path.stat().st_mode & 0o077 == 0
    reader, writer = await asyncio.open_unix_connection(path)

    async def say(command: Any) -> Any:
        writer.write((command if isinstance(command, str) else json.dumps(command)).encode() + b"\n")
        return json.loads(await asyncio.wait_for(reader.readline(), 20))

    assert await say({"want": {"a": False, "c": True}}) == {"ok": True, "unknown": ["c"]}
    await until(lambda: supervisor.keepers["a"].state == "off")
    states = {c["name"]: c["state"] for c in (await say({"status": True}))["children"]}
    assert states == {"a": "off", "b": "ready"}
    await say({"want": {"a": True}})
    await until(lambda: len(supervisor.pids) == 2)
    assert "error" in await say("nonsense")
    assert "error" in await say({"want": {"a": 1}})
    await say({"stop": True})
    assert supervisor.stopping.is_set()
    writer.close()
    await writer.wait_closed()


def test_no_child_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", ORPHANAGE, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(p) for p in process.stdout.readline().split()]
        assert len(pids) == 2
        assert all(alive(p) for p in pids)
        process.kill()
    end = time.monotonic() + 20
    while any(alive(p) for p in pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(alive(p) for p in pids)


def test_a_data_directory_has_one_owner(tmp_path: Path) -> None:
    fd = claim(tmp_path)
    code = "import sys; from pathlib import Path; from baseload.fleet.lock import claim; claim(Path(sys.argv[1]))"
    second = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert AlreadyRunning.__name__ in second.stderr
    assert f"(pid {os.getpid()})" in second.stderr
    os.close(fd)
    os.close(claim(tmp_path))
