"""The gateway on one core against an instant upstream, with keys, leases and durable settlement on.

    python -m benchmarks.gateway --json

The gateway (all its threads) is pinned to one core, the fake upstream and the clients to the others. Measured: requests
and chunks per second over 16 connections, and requests over 64; CPU per request; what 1,000 requests/s of open load
gain in latency over the bare upstream (counted from the instant each was due); memory before and after 200,000
requests. Beside it, in the same run: the floor (a relay that does no work) and a second process that makes 4 KiB
durable every 10 ms.
Exit 3 when a request failed, or when the ledger and the upstream do not agree.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import report
from benchmarks.audit import compare, settled
from benchmarks.cloud import Up
from benchmarks.fakes import Fake, fake_cloud
from benchmarks.load import Make, Tally, closed, failures, opened
from benchmarks.processes import cpu_of, cpu_since, memory_mb, pin, stop
from benchmarks.stats import median_of, percentile, rounded
from benchmarks.wire import Target

CONNECTIONS = 16
CROWD = 64
CHUNKS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    rounds: int = 3
    seconds: float = 5.0
    rate_per_s: float = 1000.0
    latency_rounds: int = 7
    latency_seconds: float = 10.0
    memory_requests: int = 200_000


QUICK = Size(rounds=1, seconds=0.5, rate_per_s=100.0, latency_rounds=1, latency_seconds=1.0, memory_requests=500)


def question(target: Target, *, stream: bool) -> Make:
    """A 200-character prompt; an answer of 16 tokens at once, or of 64 chunks back to back."""
    body: dict[str, Any] = {"model": "fake-model", "stream": stream, "max_tokens": CHUNKS if stream else 16}
    text = f"@fake chunks={body['max_tokens']} ".ljust(200, "x")
    body["messages"] = [{"role": "user", "content": text}]
    if stream:
        body["stream_options"] = {"include_usage": True}
    raw = target.request("POST", "/v1/chat/completions", body)
    return lambda _: raw


class Bench:
    """The measurement on one running fake cloud, with the floor beside it."""

    def __init__(self, up: Up, fake: Fake, floor: Target, floor_pid: int, size: Size) -> None:
        self.up, self.fake, self.size = up, fake, size
        self.sides = {"gateway": up.target(), "floor": floor, "direct": fake.target}
        self.pids = {"gateway": up.gateway_pid, "floor": floor_pid, "direct": fake.pid}

    async def rates(self, *, stream: bool, connections: int = CONNECTIONS) -> dict[str, Any]:
        """Closed loops in turn: the median over rounds, and CPU per request of the process in the middle."""
        loops: dict[str, list[Tally]] = {name: [] for name in self.sides}
        cpu = dict.fromkeys(self.sides, 0.0)
        for _ in range(self.size.rounds):
            for name, target in self.sides.items():
                before = cpu_of(self.pids[name])
                make = question(target, stream=stream)
                loops[name].append(await closed(target, make, connections=connections, seconds=self.size.seconds))
                cpu[name] += cpu_since(before)
                what = f"{'streams' if stream else 'requests'} over {connections}"
                report.say(f"{what}, {name}: {loops[name][-1].requests_per_s:.0f}/s")
        return {name: self._rate(loops[name], cpu[name], stream=stream) for name in self.sides}

    def _rate(self, loops: list[Tally], cpu_s: float, *, stream: bool) -> dict[str, Any]:
        answers = sum(len(loop.answers) for loop in loops)
        row = {"requests_per_s": rounded(median_of(loops, lambda loop: loop.requests_per_s))}
        if stream:
            row["chunks_per_s"] = rounded(median_of(loops, lambda loop: loop.events_per_s))
        return row | {"cpu_ms_per_request": rounded(cpu_s / max(1, answers) * 1e3), "failures": failures(loops)}

    async def latency(self, folder: Path) -> dict[str, Any]:
        """Open load, direct and through in turn, each beside the disk probe."""
        rounds = []
        for number in range(self.size.latency_rounds):
            row: dict[str, Any] = {}
            for name in ("direct", "gateway") if number % 2 == 0 else ("gateway", "direct"):
                row |= await self._open(name, folder)
            row |= {f"added_{q}": row[f"gateway_{q}"] - row[f"direct_{q}"] for q in ("p50", "p99")}
            rounds.append({name: value if name == "failures" else rounded(value) for name, value in row.items()})
            report.say(f"latency round {number + 1}: {rounds[-1]}")
        names = (
            "added_p50",
            "added_p99",
            "fsync_p50",
            "fsync_p99",
            "direct_p50",
            "direct_p99",
            "gateway_p50",
            "gateway_p99",
        )
        medians = {f"{name}_ms": rounded(median(row[name] for row in rounds)) for name in names}
        bars = {
            "bar_p50_ms": rounded(1.0 + medians["fsync_p50_ms"]),
            "bar_p99_ms": rounded(8.0 + 2 * medians["fsync_p99_ms"]),
        }
        return {"rate_per_s": self.size.rate_per_s, **medians, **bars, "rounds": rounds}

    async def _open(self, name: str, folder: Path) -> dict[str, Any]:
        target = self.sides[name]
        with fsync_beside(folder, self.size.latency_seconds) as disk:
            loop = await opened(
                target,
                question(target, stream=False),
                rate_per_s=self.size.rate_per_s,
                seconds=self.size.latency_seconds,
                connections=64,
            )
        row: dict[str, Any] = {f"{name}_p{q}": percentile(loop.latency_s, q / 100) * 1e3 for q in (50, 99)}
        if name == "gateway":
            row |= {"fsync_p50": disk["p50"], "fsync_p99": disk["p99"], "failures": failures([loop])}
        return row

    async def memory(self, start_mb: float) -> dict[str, Any]:
        """Resident memory at the start, after all the loads before this one, and after many requests more."""
        target = self.sides["gateway"]
        make = question(target, stream=False)
        warm_mb = memory_mb(self.up.gateway_pid)
        loop = await closed(target, make, connections=CONNECTIONS, requests=self.size.memory_requests)
        end_mb = memory_mb(self.up.gateway_pid)
        return {
            "start_mb": rounded(start_mb),
            "warm_mb": rounded(warm_mb),
            "end_mb": rounded(end_mb),
            "requests": len(loop.answers),
            "failures": failures([loop]),
        }


@contextlib.contextmanager
def fsync_beside(folder: Path, seconds: float) -> Iterator[dict[str, float]]:
    """The disk probe while the block runs; its figures (ms) are there afterwards."""
    figures: dict[str, float] = {}
    command = [sys.executable, "-m", "benchmarks.fsync", str(folder), "--seconds", str(seconds + 60)]
    probe = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield figures
    finally:
        stop(probe)
        assert probe.stdout is not None
        figures.update(json.loads(probe.stdout.read() or "{}"))
        probe.stdout.close()


@contextlib.contextmanager
def floor_beside(fake: Fake) -> Iterator[tuple[Target, int]]:
    """The floor as a child."""
    command = [sys.executable, "-m", "benchmarks.gwfloor", "--upstream", f"127.0.0.1:{fake.target.port}"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        yield Target.at(json.loads(child.stdout.readline())["listening"]), child.pid
    finally:
        stop(child)
        if child.stdout is not None:
            child.stdout.close()


def place(up: Up, fake: Fake, floor_pid: int) -> dict[str, Any]:
    """One core for what is measured, the others for everything else; said, not assumed, when there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return {"gateway": cores, "others": cores, "note": "one core only: rates are lower bounds"}
    mine, others = {cores[0]}, set(cores[1:])
    for pid in (*up.processes(), fake.pid, os.getpid()):
        pin(pid, others)
    for pid in (up.gateway_pid, floor_pid):
        pin(pid, mine)
    return {"gateway": sorted(mine), "others": sorted(others)}


async def measure(up: Up, fake: Fake, floor: Target, floor_pid: int, size: Size) -> dict[str, Any]:
    """All of it, as one object."""
    bench = Bench(up, fake, floor, floor_pid, size)
    await closed(up.target(), question(up.target(), stream=False), connections=CONNECTIONS, requests=100)
    start_mb = memory_mb(up.gateway_pid)
    result: dict[str, Any] = {
        "requests": await bench.rates(stream=False),
        "requests_64": await bench.rates(stream=False, connections=CROWD),
        "streams": await bench.rates(stream=True),
    }
    result["added_latency"] = await bench.latency(up.data)
    result["memory"] = await bench.memory(start_mb)
    return result


def main() -> None:
    import uvloop

    parser = report.options(__doc__)
    parser.add_argument("--folder", type=Path, help="where the data directory goes: the disk that is measured")
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    report.say("starting the fake upstream and baseload up")
    with (
        tempfile.TemporaryDirectory(dir=options.folder, prefix="baseload-gateway-") as folder,
        fake_cloud(data=Path(folder) / "data") as (up, fake),
        floor_beside(fake) as (floor, floor_pid),
    ):
        cores = place(up, fake, floor_pid)
        result = uvloop.run(measure(up, fake, floor, floor_pid, size))
        result["truth"] = compare(*settled(up.data, fake)).as_json()
    report.publish({"cores": cores, **result}, as_json=options.json)
    if report.failed(result) or result["truth"]["violations"]:
        report.say("something did not add up: see failures and truth")
        sys.exit(3)


if __name__ == "__main__":
    main()
