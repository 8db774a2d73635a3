"""A worker as a process of its own, and a client that reads its streams."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from baseload.errors import EngineError
from baseload.fleet.worker import TwinSpec, WorkerSpec
from baseload.http1 import Connection, Pool, Reply
from baseload.store.tally import Count, Tally

SECRET = "a secret between two processes"
FAST = TwinSpec(decode_tokens_per_s=400.0, prefill_tokens_per_s=100_000.0)
START_S = 120.0


@dataclass
class Answer:
    """What a stream brought."""

    status: int = 0
    raw: bytes = b""
    whole: bool = False
    broken: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def head(self, status: int, headers: dict[bytes, bytes]) -> None:
        self.status = status

    def data(self, data: bytes) -> None:
        self.raw += data
        self.moved.set()

    def ended(self) -> None:
        self.whole = True
        self.done.set()
        self.moved.set()

    def lost(self, error: Exception) -> None:
        self.broken = True
        self.done.set()
        self.moved.set()

    @property
    def comments(self) -> list[str]:
        return [line[2:].decode() for line in self.raw.split(b"\n") if line.startswith(b": ")]

    @property
    def tokens(self) -> int:
        """The last cumulative count."""
        counts = [int(c.removeprefix("tokens=")) for c in self.comments if c.startswith("tokens=")]
        return counts[-1] if counts else 0

    @property
    def chunks(self) -> list[dict[str, Any]]:
        lines = [line[6:] for line in self.raw.split(b"\n") if line.startswith(b"data: {")]
        return [json.loads(line) for line in lines]

    def text(self, index: int = 0) -> str:
        choices = [c for chunk in self.chunks for c in chunk["choices"] if c["index"] == index]
        return "".join(c["delta"]["content"] if "delta" in c else c["text"] for c in choices)

    def finish(self, index: int = 0) -> str | None:
        reasons = [
            c["finish_reason"] for k in self.chunks for c in k["choices"] if c["index"] == index and c["finish_reason"]
        ]
        return reasons[0] if reasons else None

    @property
    def usage(self) -> dict[str, int]:
        return next(c["usage"] for c in self.chunks if "usage" in c)

    async def until(self, mark: bytes) -> None:
        """Wait until these bytes have come, or the stream has ended."""
        async with asyncio.timeout(60):
            while mark not in self.raw and not self.done.is_set():
                self.moved.clear()
                await self.moved.wait()

    async def until_tokens(self, count: int) -> None:
        async with asyncio.timeout(60):
            while self.tokens < count and not self.done.is_set():
                self.moved.clear()
                await self.moved.wait()


class Worker:
    """A running worker."""

    def __init__(self, spec: WorkerSpec, process: subprocess.Popen[bytes], log: Path) -> None:
        self.spec = spec
        self.process = process
        self.log = log

    def pool(self) -> Pool:
        return Pool(self.spec.socket, name="worker", headers=[("authorization", f"Bearer {SECRET}")])

    def count(self, request_id: str) -> Count | None:
        """From the tally, as somebody else reads it when the worker is dead."""
        table = Tally(Path(self.spec.tally))
        try:
            return table.find(bytes.fromhex(request_id.removeprefix("req_")))
        finally:
            table.close()


class Client:
    """Asks a worker."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.answers: list[tuple[Connection, Answer]] = []

    async def fetch(self, method: str, target: str, body: Any = None) -> Reply:
        data = b"" if body is None else json.dumps(body).encode()
        return await self.pool.fetch(method, target, data, timeout_s=60.0)

    async def get(self, target: str) -> Any:
        return json.loads((await self.fetch("GET", target)).body)

    async def post(self, target: str, body: Any = None) -> Any:
        return json.loads((await self.fetch("POST", target, body)).body)

    async def ask(
        self, body: dict[str, Any], *, tier: str = "default", request_id: str = "", chat: bool = True
    ) -> Answer:
        """Send a request; the answer comes in while the test goes on."""
        connection = await self.pool.connect()
        route = "/v1/chat/completions" if chat else "/v1/completions"
        headers = f"x-baseload-tier: {tier}\r\n" + (f"x-request-id: {request_id}\r\n" if request_id else "")
        answer = Answer()
        connection.send(self.pool.request("POST", route, json.dumps(body).encode(), headers), answer)
        self.answers.append((connection, answer))
        return answer

    async def whole(self, body: dict[str, Any], **how: Any) -> Answer:
        answer = await self.ask(body, **how)
        async with asyncio.timeout(120):
            await answer.done.wait()
        return answer

    def hang_up(self, answer: Answer) -> None:
        next(c for c, a in self.answers if a is answer).release()

    async def until_metric(self, name: str, value: float) -> dict[str, float]:
        async with asyncio.timeout(30):
            while True:
                metrics = await self.get("/metrics")
                if metrics[name] == value:
                    return metrics
                await asyncio.sleep(0.02)

    def close(self) -> None:
        for connection, _ in self.answers:
            connection.release()
        self.pool.close()


def chat(text: str = "Tell me about rivers.", **fields: Any) -> dict[str, Any]:
    """A request that streams and never stops before its limit, unless told otherwise."""
    return {
        "messages": [{"role": "user", "content": text}],
        "stream": True,
        "temperature": 0,
        "ignore_eos": True,
        **fields,
    }


def request_id(number: int) -> str:
    return f"req_{number:032x}"


@contextlib.contextmanager
def running(folder: Path, **fields: Any) -> Iterator[Worker]:
    """A worker process that has answered its health check."""
    with tempfile.TemporaryDirectory(prefix="bl") as short:
        fields = {"replica": "twin/0", "model": "twin", "engine": "twin", "twin": FAST, **fields}
        spec = WorkerSpec(socket=f"{short}/w.sock", secret=SECRET, tally=str(folder / "w.tally"), **fields)
        (folder / "spec.json").write_bytes(msgspec.json.encode(spec))
        log = folder / "worker.log"
        with log.open("wb") as out:
            argv = [sys.executable, "-m", "baseload.fleet.worker", "--spec", str(folder / "spec.json")]
            process = subprocess.Popen(argv, stdout=out, stderr=out)
        try:
            asyncio.run(_healthy(spec, process, log))
            yield Worker(spec, process, log)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait()


async def _healthy(spec: WorkerSpec, process: subprocess.Popen[bytes], log: Path) -> None:
    pool = Pool(spec.socket, name="worker", headers=[("authorization", f"Bearer {SECRET}")])
    async with asyncio.timeout(START_S):
        while True:
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(EngineError):
                if (await pool.fetch("GET", "/health")).status == 200:
                    break
            await asyncio.sleep(0.05)
    pool.close()


@contextlib.asynccontextmanager
async def client_of(worker: Worker) -> AsyncIterator[Client]:
    client = Client(worker.pool())
    try:
        yield client
    finally:
        client.close()
        await asyncio.sleep(0.01)
