"""Truth: after thousands of mixed requests, every token the upstream emitted is billed or lost in the ledger.

    python -m benchmarks.truth --requests 20000 --json

Streams and whole answers, hang-ups at random points by FIN and RST, engine deaths in the middle, injected errors, n,
limits, refusals. Then, request by request: emitted (ledger) = billed + lost = emitted (upstream), exactly; no client
read more than was billed; no client was told a usage that the ledger does not hold. Exit 3 when one does not add up.
"""

import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.audit import Verdict, compare, duplicates, invariants, missing, open_holds, query, settled
from benchmarks.cloud import Up
from benchmarks.fakes import Fake, fake_cloud
from benchmarks.mix import Odds, Seen, draw, drive

CONNECTIONS = 48


async def load(up: Up, seen: Seen, *, requests: int, seed: int) -> None:
    """The whole mix, drawn from the seed."""
    rng = random.Random(seed)

    def cases() -> Any:
        for number in range(requests):
            if number and number % 2000 == 0:
                report.say(f"{number} of {requests} requests sent: {dict(seen.outcomes)}")
            yield draw(rng, Odds(), up.model)

    await drive(up.target(), cases(), CONNECTIONS, seen)


def judge(up: Up, fake: Fake, seen: Seen) -> Verdict:
    """Everything that has to hold once the load is over."""
    rows, calls = settled(up.data, fake)
    verdict = compare(rows, calls)
    verdict.faults += missing(seen.told, rows)
    for key, tokens in seen.read.items():
        row = rows.get(key)
        if row is None and tokens:
            verdict.faults.append(f"{key}: a client read {tokens} tokens, the ledger has no such request")
        elif row is not None and tokens > row.delivered and "gateway_died" not in row.reasons:  # then nobody pays
            verdict.faults.append(f"{key}: a client read {tokens} tokens, the ledger says {row.delivered} delivered")
    verdict.faults += [f"{key}: billed twice" for key in duplicates(up.data)]
    if (held := open_holds(up.data)) > 0:
        verdict.faults.append(f"{held} holds are still open")
    return verdict


def run(*, requests: int, seed: int) -> dict[str, Any]:
    """One cloud, one load, one verdict."""
    import uvloop

    with tempfile.TemporaryDirectory(prefix="baseload-truth-") as folder:
        data, seen = Path(folder) / "data", Seen()
        with fake_cloud(data=data) as (up, fake):
            uvloop.run(load(up, seen, requests=requests, seed=seed))
            verdict = judge(up, fake, seen)
            broken = invariants(up)
        left = query(data, "SELECT count(*) FROM hold WHERE state = 'held'")[0][0]
        if left:
            verdict.faults.append(f"{left} holds or leases are open after a clean stop")
    return {
        "requests_sent": requests,
        "seed": seed,
        "clients_saw": dict(seen.outcomes),
        "told_usage": len(seen.told),
        **verdict.as_json(),
        "invariants_broken": broken,
    }


def main() -> None:
    parser = report.options(__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = run(requests=300 if options.quick else options.requests, seed=options.seed)
    report.publish(result, as_json=options.json)
    sys.exit(3 if result["violations"] or result["invariants_broken"] else 0)


if __name__ == "__main__":
    main()
