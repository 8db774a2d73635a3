"""A Baseload of our own to measure or test: `baseload up` on a data directory, and the whole of it gone afterwards."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import stop, wait_until_gone
from benchmarks.wire import Target

START_PATIENCE_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """A running cloud, as its ready file says it."""

    base_url: str
    console_url: str
    api_key: str
    internal_key: str
    flex_key: str
    admin_key: str
    model: str
    pid: int
    gateway_pid: int
    data: Path
    log: Path | None = None

    @classmethod
    def read(cls, ready: Path, data: Path, log: Path | None = None) -> "Up":
        said = json.loads(ready.read_text())
        names = set(cls.__dataclass_fields__) - {"data", "log"}
        return cls(**{name: said[name] for name in names}, data=data, log=log)

    def as_json(self) -> str:
        """The ready file again, for somebody else to read."""
        return json.dumps(
            {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("data", "log")}
        )

    def target(self, key: str = "", *, keep_alive: bool = True) -> Target:
        """The gateway, asked with the paying tenant's key unless told another."""
        return Target.at(self.base_url, key or self.api_key, keep_alive=keep_alive)

    def replicas(self) -> list[dict[str, Any]]:
        return list(json.loads((self.data / "run" / "replicas.json").read_text()))

    def worker(self) -> tuple[Target, int]:
        """Straight to the first worker, past the gateway: its socket with its secret, and its pid."""
        first = self.replicas()[0]
        return Target.on_socket(first["socket"], first["secret"]), int(first["pid"])

    def admin(self, path: str, method: str = "GET", body: Mapping[str, Any] | None = None) -> Any:
        """Ask the admin listener."""
        where = json.loads((self.data / "run" / "admin.json").read_text())
        request = urllib.request.Request(where["url"] + path, method=method)
        request.add_header("authorization", f"Bearer {where['secret']}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def current_gateway(self) -> int:
        """The gateway's pid now: it changes when the supervisor restarts it."""
        return int(self.admin("/admin/state")["pid"])

    def processes(self) -> list[int]:
        """The supervisor and all its descendants."""
        return [self.pid, *descendants(self.pid)]


def descendants(pid: int) -> list[int]:
    """Every process below this one, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    queue = [pid]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def command(*arguments: str) -> list[str]:
    """The `baseload` command of this environment."""
    return [str(Path(sys.executable).with_name("baseload")), *arguments]


@contextlib.contextmanager
def cloud(
    description: str | None = None,
    *,
    data: Path | None = None,
    environment: Mapping[str, str] | None = None,
    patience_s: float = START_PATIENCE_S,
) -> Iterator[Up]:
    """`baseload up` on a free port, ready when its ready file is there; stopped by pid, with nothing left."""
    with tempfile.TemporaryDirectory(prefix="baseload-bench-") as folder:
        home = Path(folder)
        place = data or home / "data"
        ready, log = home / "ready.json", home / "up.log"
        arguments = command("up", "--port", "0", "--data", str(place), "--ready-file", str(ready))
        if description is not None:
            (home / "baseload.toml").write_text(description)
            arguments += ["--config", str(home / "baseload.toml")]
        with log.open("wb") as out:
            child = subprocess.Popen(
                arguments, cwd=home, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
            )
        pids = [child.pid]
        try:
            _wait_ready(child, ready, log, patience_s)
            up = Up.read(ready, place, log)
            pids = up.processes()
            yield up
            pids = sorted({*pids, *up.processes()})
        finally:
            stop(child)
            for left in wait_until_gone(pids, 6.0):
                os.kill(left, signal.SIGKILL)


def _wait_ready(child: "subprocess.Popen[bytes]", ready: Path, log: Path, patience_s: float) -> None:
    ends = time.monotonic() + patience_s
    while not ready.exists():
        if child.poll() is not None:
            raise RuntimeError(f"baseload up ended with {child.returncode}:\n{tail(log)}")
        if time.monotonic() > ends:
            raise TimeoutError(f"baseload up was not ready within {patience_s:.0f} s:\n{tail(log)}")
        time.sleep(0.05)


def tail(log: Path, characters: int = 4000) -> str:
    return log.read_text(errors="replace")[-characters:] if log.exists() else ""
