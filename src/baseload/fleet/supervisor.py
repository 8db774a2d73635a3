"""The supervisor: every process of a cloud, kept alive and ended in order. It serves nobody and so has little to fail.

    baseload up = supervisor ── gateway      hot path, ledger
                             ├─ console      pages
                             └─ workers      one a replica

A killed gateway is started again while the workers stay; when the supervisor itself dies, all of them go with it.
"""

import asyncio
import json
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from baseload.fleet.child import Backoff, Child
from baseload.fleet.keeper import Keeper

log = logging.getLogger(__name__)


class Supervisor:
    """Children by name. `changed` is called whenever one has another pid or state."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        backoff: Backoff | None = None,
        changed: Callable[["Supervisor"], None] = lambda _: None,
    ) -> None:
        self._leash, self._leash_end = os.pipe()
        self._report = changed
        self.stopping = asyncio.Event()
        """Set when somebody asked the whole cloud to stop."""
        backoff = backoff or Backoff()
        self.keepers = {c.name: Keeper(c, self._leash, backoff, self._changed) for c in children}
        self._control: asyncio.Server | None = None
        self._control_path: Path | None = None
        self._stops: set[asyncio.Task[None]] = set()

    def _changed(self) -> None:
        self._report(self)

    @property
    def pids(self) -> dict[str, int]:
        """Of the children that run now."""
        return {name: k.pid for name, k in self.keepers.items() if k.pid is not None}

    def status(self) -> list[dict[str, Any]]:
        """One row a child."""
        return [
            {
                "name": name,
                "pid": k.pid,
                "state": k.state,
                "wanted": k.wanted,
                "restarts": max(0, k.starts - 1),
                "progress": k.progress,
                "why": k.why,
            }
            for name, k in self.keepers.items()
        ]

    def start(self, names: Sequence[str] | None = None) -> None:
        """Start these children, or all."""
        for name in self.keepers if names is None else names:
            self.keepers[name].start()

    def want(self, wanted: dict[str, bool]) -> list[str]:
        """Switch children on and off, without waiting for it; the names nobody here knows are returned."""
        for name, on in wanted.items():
            keeper = self.keepers.get(name)
            if keeper is not None and on and (not keeper.wanted or keeper.state == "refused"):
                keeper.start()
            elif keeper is not None and not on and keeper.wanted:
                task = asyncio.get_running_loop().create_task(keeper.stop())
                self._stops.add(task)
                task.add_done_callback(self._stops.discard)
        return [name for name in wanted if name not in self.keepers]

    async def stop(self) -> None:
        """End every child: first the gateway, which drains, then the rest, by rank."""
        for rank in sorted({k.child.stop_rank for k in self.keepers.values()}):
            await asyncio.gather(*(k.stop() for k in self.keepers.values() if k.child.stop_rank == rank))
        if self._control is not None and self._control_path is not None:
            self._control.close()
            self._control_path.unlink(missing_ok=True)
        os.close(self._leash_end)
        os.close(self._leash)

    # control
    async def listen(self, path: Path) -> None:
        """Take commands on a Unix socket: one JSON object a line, one JSON object back."""
        path.unlink(missing_ok=True)
        self._control = await asyncio.start_unix_server(self._converse, path)
        path.chmod(0o600)
        self._control_path = path

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._obey(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError) as e:
            log.info("a caller on the control socket went away: %s", e)
        finally:
            writer.close()

    def _obey(self, line: bytes) -> dict[str, Any]:
        """`{"want": {"<replica>": true}}`, `{"status": true}` or `{"stop": true}`."""
        try:
            said = json.loads(line)
        except ValueError:
            return {"error": "one JSON object a line, please"}
        match said:
            case {"want": dict(wanted)} if all(isinstance(v, bool) for v in wanted.values()):
                return {"ok": True, "unknown": self.want(wanted)}
            case {"status": True}:
                return {"ok": True, "children": self.status()}
            case {"stop": True}:
                self.stopping.set()
                return {"ok": True}
            case _:
                return {"error": "commands are want, status and stop"}
