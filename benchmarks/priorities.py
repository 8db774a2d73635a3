"""Priorities on one box: what an internal or paying request waits while flex offers sixteen streams.

    python -m benchmarks.priorities --json

Each round: the box idle but for one request a second; flex alone; flex with one internal, then one paying, request a
second. Reported: TTFT p95 against the idle box, flex tokens per second against flex alone, and from the record what
flex waited and whether work that was parked was billed exactly once.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import prompts, report
from benchmarks.audit import duplicates, ledger_rows, missing, query
from benchmarks.cloud import Up, cloud
from benchmarks.load import Tally, closed, opened
from benchmarks.stats import paired_ratio, percentile, rounded

FLEX_STREAMS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long each phase lasts, and how long the answers are."""

    rounds: int = 3
    seconds: float = 24.0
    streams: int = FLEX_STREAMS
    flex_tokens: int = 128
    probe_tokens: int = 16


QUICK = Size(rounds=1, seconds=3.0, streams=3, flex_tokens=12, probe_tokens=2)


class Box:
    """The phases on one running cloud."""

    def __init__(self, up: Up, size: Size) -> None:
        self.up, self.size = up, size
        self.fresh = 1
        self.told: dict[str, dict[str, Any]] = {}

    def _first(self) -> int:
        self.fresh += 10_000
        return self.fresh

    async def probe(self, key: str) -> Tally:
        """One short request a second, each due at its second."""
        target = self.up.target(key)
        make = prompts.chat(target, self.up.model, tokens=self.size.probe_tokens)
        loop = opened(target, make, rate_per_s=1.0, seconds=self.size.seconds, connections=2, first=self._first())
        return self._noted(await loop)

    async def flex(self, seconds: float) -> Tally:
        """As many flex streams as fit, one after another."""
        target = self.up.target(self.up.flex_key)
        make = prompts.chat(target, self.up.model, tokens=self.size.flex_tokens)
        loop = closed(target, make, connections=self.size.streams, seconds=seconds, first=self._first())
        return self._noted(await loop)

    async def both(self, key: str) -> tuple[Tally, Tally]:
        """Flex first; the requests begin once it fills the box."""
        flex = asyncio.create_task(self.flex(self.size.seconds + 2.0))
        await asyncio.sleep(2.0)
        return await self.probe(key), await flex

    def _noted(self, loop: Tally) -> Tally:
        self.told |= {a.header("x-request-id"): a.usage for a in loop.answers if a.usage is not None}
        return loop


async def measure(up: Up, size: Size) -> dict[str, Any]:
    """All rounds; TTFTs pooled, ratios paired by round."""
    box = Box(up, size)
    await box.probe(up.internal_key)
    idle: dict[str, list[float]] = {"internal": [], "paying": []}
    busy: dict[str, list[float]] = {"internal": [], "paying": []}
    kept: dict[str, list[tuple[float, float]]] = {"internal": [], "paying": []}
    failures: Counter[str] = Counter()
    for number in range(size.rounds):
        solo = await box.flex(size.seconds)
        for name, key in (("internal", up.internal_key), ("paying", up.api_key)):
            alone = await box.probe(key)
            beside, flex = await box.both(key)
            idle[name] += alone.ttft_s()
            busy[name] += beside.ttft_s()
            kept[name].append((flex.tokens_per_s, solo.tokens_per_s))
            for loop in (alone, beside, flex):
                failures += loop.faults
        failures += solo.faults
        report.say(f"round {number + 1}: flex solo {solo.tokens_per_s:.0f} tokens/s")
    classes = {name: _class(idle[name], busy[name], kept[name]) for name in idle}
    return {"flex_streams": size.streams, **classes, "failures": dict(failures), "record": record(up.data, box.told)}


def _class(idle: list[float], busy: list[float], kept: list[tuple[float, float]]) -> dict[str, float]:
    before, after = percentile(idle, 0.95), percentile(busy, 0.95)
    return {
        "requests": len(busy),
        "ttft_idle_p95_ms": rounded(before * 1e3),
        "ttft_with_flex_p95_ms": rounded(after * 1e3),
        "ttft_p95_ratio": rounded(after / before),
        "flex_tokens_per_s": rounded(percentile([a for a, _ in kept], 0.5)),
        "flex_solo_tokens_per_s": rounded(percentile([b for _, b in kept], 0.5)),
        "flex_kept_ratio": rounded(paired_ratio(kept)),
    }


def record(data: Path, told: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the ledger says of it: waits of flex, attempts that were preempted, and that each was billed once."""
    time.sleep(1.0)
    waits = [int(row[0]) / 1e3 for row in query(data, "SELECT queue_us FROM usage_event WHERE tier = 'flex'")]
    rows = ledger_rows(data)
    several = [row for row in rows.values() if row.attempts > 1]
    return {
        "flex_requests": len(waits),
        "flex_waited": sum(1 for wait in waits if wait > 0),
        "flex_queue_ms_p50": rounded(percentile(waits, 0.5)),
        "flex_queue_ms_p95": rounded(percentile(waits, 0.95)),
        "resumed_requests": len(several),
        "preempted_attempts": sum(row.reasons.count("preempted") for row in rows.values()),
        "billed_twice": len(duplicates(data)),
        "violations": len(list(missing(told, rows)))
        + sum(row.emitted != row.billed + row.lost for row in rows.values()),
    }


def main() -> None:
    parser = report.options(__doc__)
    options = parser.parse_args()
    report.say("starting baseload up")
    with tempfile.TemporaryDirectory(prefix="baseload-priorities-") as folder, cloud(data=Path(folder) / "data") as up:
        result = asyncio.run(measure(up, QUICK if options.quick else Size()))
    report.publish(result, as_json=options.json)
    if report.failed(result) or result["record"]["violations"] or result["record"]["billed_twice"]:
        report.say("something did not add up: see failures and record")
        sys.exit(3)


if __name__ == "__main__":
    main()
