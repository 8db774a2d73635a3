"""Serving: tokens per second through the gateway against the bare engine, and against llama.cpp's server.

    python -m benchmarks.serve --json
    python -m benchmarks.serve --ready-file ready.json --data DIR     # a cloud that is already up

Rounds are paired: through the gateway and straight to the same worker's socket, one right after the other, the order
swapped each round; the ratio is the median over the pairs. CPU is read from /proc over the legs through the gateway.
The rival gets the same prompts on the same GGUF file, and on Q8_0, at 16 streams, with a new connection per request.
Exit 3 when a request failed: the ratios would then compare unlike work.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import prompts, report
from benchmarks.cloud import Up, cloud
from benchmarks.load import Tally, closed, failures
from benchmarks.processes import cpu_of, cpu_since
from benchmarks.rival import as_q8_0, embedded_model, needed, rival
from benchmarks.stats import paired_ratio, percentile, rounded
from benchmarks.wire import Target

MOST_STREAMS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured: streams, rounds, and requests per stream in a leg."""

    streams: tuple[int, ...] = (1, 4, 16)
    rounds: int = 5
    rival_rounds: int = 3
    waves: tuple[int, ...] = (4, 3, 2)
    tokens: int = 128


QUICK = Size(streams=(1, 4), rounds=1, rival_rounds=0, waves=(1, 1), tokens=8)


@dataclass(slots=True, kw_only=True)
class Legs:
    """The legs at one number of streams: pairs of loops, and CPU seconds over those through the gateway."""

    through: list[Tally] = field(default_factory=list)
    straight: list[Tally] = field(default_factory=list)
    gateway_cpu_s: float = 0.0
    engine_cpu_s: float = 0.0

    def as_json(self) -> dict[str, Any]:
        pairs = [(a.tokens_per_s, b.tokens_per_s) for a, b in zip(self.through, self.straight, strict=True)]
        return {
            "tokens_per_s_ratio": rounded(paired_ratio(pairs)),
            "tokens_per_s_ratio_rounds": [rounded(a / b) if b else None for a, b in pairs],
            "through_gateway": figures(self.through),
            "straight_to_engine": figures(self.straight),
            "gateway_cpu_s": rounded(self.gateway_cpu_s),
            "engine_cpu_s": rounded(self.engine_cpu_s),
            "gateway_cpu_over_engine_cpu": rounded(self.gateway_cpu_s / self.engine_cpu_s)
            if self.engine_cpu_s
            else None,
        }


def figures(loops: list[Tally]) -> dict[str, Any]:
    """One side over its rounds: the median rate, times pooled, and every failure."""
    ttft = [x for loop in loops for x in loop.ttft_s()]
    tpot = [x for loop in loops for x in loop.tpot_s()]
    return {
        "requests": sum(len(loop.answers) for loop in loops),
        "tokens_per_s": rounded(percentile([loop.tokens_per_s for loop in loops], 0.5)),
        "ttft_ms_p50": rounded(percentile(ttft, 0.5) * 1e3),
        "ttft_ms_p95": rounded(percentile(ttft, 0.95) * 1e3),
        "tpot_ms_p50": rounded(percentile(tpot, 0.5) * 1e3),
        "tpot_ms_p95": rounded(percentile(tpot, 0.95) * 1e3),
        "failures": failures(loops),
    }


class Serving:
    """The measurement on one running cloud. Every leg takes prompts no leg before it has used."""

    def __init__(self, up: Up, size: Size) -> None:
        self.up, self.size = up, size
        self.fresh = 1
        self.gateway = up.target()
        self.engine, self.engine_pid = up.worker()

    async def leg(self, target: Target, streams: int, requests: int, first: int) -> Tally:
        make = prompts.chat(target, self.up.model, tokens=self.size.tokens)
        return await closed(target, make, connections=streams, requests=requests, first=first)

    def take(self, requests: int) -> int:
        self.fresh += requests
        return self.fresh - requests

    async def pairs(self, streams: int, waves: int) -> Legs:
        legs, requests = Legs(), streams * waves
        for number in range(self.size.rounds):
            for side in ("through", "straight") if number % 2 == 0 else ("straight", "through"):
                if side == "straight":
                    legs.straight.append(await self.leg(self.engine, streams, requests, self.take(requests)))
                    continue
                gateway, engine = cpu_of(self.up.gateway_pid), cpu_of(self.engine_pid)
                legs.through.append(await self.leg(self.gateway, streams, requests, self.take(requests)))
                legs.gateway_cpu_s += cpu_since(gateway)
                legs.engine_cpu_s += cpu_since(engine)
            through, straight = legs.through[-1].tokens_per_s, legs.straight[-1].tokens_per_s
            report.say(
                f"{streams} streams, round {number + 1}: {through:.0f} through, {straight:.0f} straight, tokens/s"
            )
        return legs

    async def against_rivals(self, rivals: dict[str, Target]) -> dict[str, Any]:
        """Ours through the gateway, then each rival on the same prompts, round by round."""
        loops: dict[str, list[Tally]] = {name: [] for name in ("baseload", *rivals)}
        requests = 2 * MOST_STREAMS
        for number in range(self.size.rival_rounds):
            first = self.take(requests)
            for name, target in {"baseload": self.gateway, **rivals}.items():
                loops[name].append(await self.leg(target, MOST_STREAMS, requests, first))
                report.say(f"rivals, round {number + 1}: {name} {loops[name][-1].tokens_per_s:.0f} tokens/s")
        ours = [loop.tokens_per_s for loop in loops["baseload"]]
        sides = {name: figures(loops[name]) for name in loops}
        for name in rivals:
            theirs = [loop.tokens_per_s for loop in loops[name]]
            sides[name]["baseload_over_this"] = rounded(paired_ratio(list(zip(ours, theirs, strict=True))))
        return {"streams": MOST_STREAMS, **sides}


@contextlib.asynccontextmanager
async def rivals_up(folder: Path) -> AsyncIterator[dict[str, Target]]:
    """llama.cpp's server on the shipped file and on its Q8_0."""
    model = embedded_model()
    with contextlib.ExitStack() as stack:
        report.say("rewriting the model as Q8_0 and starting llama.cpp's server on both files")
        files = {"llama_cpp_q4_1": model, "llama_cpp_q8_0": as_q8_0(model, folder / "q8_0.gguf")}
        yield {name: stack.enter_context(rival(file, MOST_STREAMS))[0] for name, file in files.items()}


async def measure(up: Up, size: Size) -> dict[str, Any]:
    """All of it, as one object."""
    serving = Serving(up, size)
    warm = size.streams[-1]
    await serving.leg(serving.gateway, warm, warm, serving.take(warm))
    by_streams = {}
    for streams, waves in zip(size.streams, size.waves, strict=True):
        by_streams[str(streams)] = (await serving.pairs(streams, waves)).as_json()
    result: dict[str, Any] = {"model": up.model, "output_tokens": size.tokens, "streams": by_streams}
    if size.rival_rounds:
        with tempfile.TemporaryDirectory(prefix="baseload-rival-") as folder:
            async with rivals_up(Path(folder)) as rivals:
                result["rivals"] = await serving.against_rivals(rivals)
    return result


def main() -> None:
    parser = report.options(__doc__)
    parser.add_argument("--ready-file", type=Path, help="of a cloud that is already up; needs --data")
    parser.add_argument("--data", type=Path, help="its data directory")
    parser.add_argument("--no-rivals", action="store_true")
    options = parser.parse_args()
    result = run(options)
    report.publish(result, as_json=options.json)
    if report.failed(result):
        report.say("requests failed, so the ratios compare unlike work: see failures")
        sys.exit(3)


def run(options: argparse.Namespace) -> dict[str, Any]:
    size = QUICK if options.quick else Size(rival_rounds=0) if options.no_rivals else Size()
    if size.rival_rounds:
        needed()
    if options.ready_file:
        return asyncio.run(measure(Up.read(options.ready_file, options.data), size))
    report.say("starting baseload up")
    with cloud() as up:
        return asyncio.run(measure(up, size))


if __name__ == "__main__":
    main()
