"""The replicas the supervisor runs, as the gateway finds them: `run/replicas.json`, and the supervisor's socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

from baseload.config.cloud import Cloud
from baseload.errors import SetupError
from baseload.fleet.engines.base import Engine
from baseload.fleet.engines.external import ExternalEngine
from baseload.fleet.engines.worker import WorkerEngine
from baseload.fleet.replica import control_socket


class Replicas:
    """Reads the file again when it has changed: a restarted worker has another pid, the same socket and secret."""

    def __init__(self, data: Path) -> None:
        self._file = data / "run" / "replicas.json"
        self._control = control_socket(data)
        self._read_at = 0
        self._rows: list[dict[str, Any]] = []

    def rows(self) -> list[dict[str, Any]]:
        """One row a replica, as the supervisor wrote it."""
        try:
            changed = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        if changed != self._read_at:
            self._rows, self._read_at = json.loads(self._file.read_text()), changed
        return self._rows

    def pids_by_pool(self) -> dict[str, list[int]]:
        """The workers' processes."""
        pids: dict[str, list[int]] = {}
        for row in self.rows():
            if row.get("pid"):
                pids.setdefault(str(row["pool"]), []).append(int(row["pid"]))
        return pids

    def engines(self, cloud: Cloud) -> list[Engine]:
        """Every replica of the description as an engine."""
        rows = {str(row["id"]): row for row in self.rows()}
        engines: list[Engine] = []
        for model in cloud.models:
            if model.engine == "external":
                engines.append(ExternalEngine(model))
                continue
            mine = [row for row in rows.values() if row["model"] == model.id]
            if not mine:
                raise SetupError(f"{self._file} has no replica of '{model.id}'; start the cloud with: baseload up")
            engines += [self._worker(row, model.slots) for row in mine]
        return engines

    def _worker(self, row: dict[str, Any], slots: int) -> WorkerEngine:
        return WorkerEngine(
            replica=str(row["id"]),
            model=str(row["model"]),
            pool_id=str(row["pool"]),
            kind=str(row["engine"]),
            slots=slots,
            socket=str(row["socket"]),
            secret=str(row["secret"]),
            tally=Path(row["tally"]),
        )

    async def want(self, wanted: dict[str, bool]) -> None:
        """Tell the supervisor which replicas are to be on."""
        reader, writer = await asyncio.open_unix_connection(self._control)
        try:
            writer.write(json.dumps({"want": wanted}).encode() + b"\n")
            await writer.drain()
            await asyncio.wait_for(reader.readline(), 5.0)
        finally:
            writer.close()
