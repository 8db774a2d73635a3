"""Kills: SIGKILL the gateway a hundred times under load; nothing acknowledged is lost, nothing counted twice.

    python -m benchmarks.kills --kills 100 --json

The supervisor restarts the gateway, the upstream stays. A client that was told its usage holds a receipt: the row must
be there with the same numbers. Afterwards every request adds up as in `truth`, and no hold is open. Exit 3 when not.
"""

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.audit import invariants, query
from benchmarks.cloud import Up
from benchmarks.fakes import fake_cloud
from benchmarks.mix import Case, Odds, Seen, draw, drive
from benchmarks.stats import rounded
from benchmarks.truth import judge

CONNECTIONS = 24
PATIENCE_S = 60.0


def current_gateway(up: Up, not_this: int) -> int:
    """The pid of the gateway that answers now, once it is another than the one that was killed."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        try:
            pid = up.current_gateway()
        except (OSError, urllib.error.URLError, ValueError):
            pid = not_this
        if pid != not_this:
            return pid
        time.sleep(0.02)
    raise TimeoutError(f"no new gateway within {PATIENCE_S:.0f} s of the kill")


async def killing(up: Up, kills: int, rng: random.Random) -> list[float]:
    """Kill, wait until it is back, let it work a moment, kill again. Returns seconds each return took."""
    pid, back = up.gateway_pid, []
    for number in range(kills):
        await asyncio.sleep(rng.uniform(0.05, 0.6))
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        pid = await asyncio.to_thread(current_gateway, up, pid)
        back.append(time.monotonic() - began)
        if number % 10 == 9:
            report.say(f"{number + 1} of {kills} kills, back after {back[-1]:.2f} s")
    return back


async def load(up: Up, seen: Seen, *, kills: int, seed: int) -> list[float]:
    """Clients ask until the last kill is over."""
    rng, over = random.Random(seed), False

    def cases() -> Iterator[Case]:
        while not over:
            yield draw(rng, Odds(hang_up=0.1, death=0.03, error=0.02, slow=0.8), up.model)

    clients = asyncio.create_task(drive(up.target(), cases(), CONNECTIONS, seen))
    try:
        back = await killing(up, kills, random.Random(seed + 1))
        await asyncio.sleep(0.5)
    finally:
        over = True
    await clients
    return back


def run(*, kills: int, seed: int) -> dict[str, Any]:
    """One cloud, all the kills, one verdict."""
    import uvloop

    with tempfile.TemporaryDirectory(prefix="baseload-kills-") as folder:
        data, seen = Path(folder) / "data", Seen()
        with fake_cloud(data=data) as (up, fake):
            back = uvloop.run(load(up, seen, kills=kills, seed=seed))
            verdict = judge(up, fake, seen)
            broken = invariants(up)
        left = query(data, "SELECT count(*) FROM hold WHERE state = 'held'")[0][0]
        if left:
            verdict.faults.append(f"{left} holds or leases are open after a clean stop")
    return {
        "kills": kills,
        "seed": seed,
        "clients_saw": dict(seen.outcomes),
        "acknowledged": len(seen.told),
        "seconds_to_return_max": rounded(max(back)),
        **verdict.as_json(),
        "invariants_broken": broken,
    }


def main() -> None:
    parser = report.options(__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = run(kills=3 if options.quick else options.kills, seed=options.seed)
    report.publish(result, as_json=options.json)
    sys.exit(3 if result["violations"] or result["invariants_broken"] else 0)


if __name__ == "__main__":
    main()
