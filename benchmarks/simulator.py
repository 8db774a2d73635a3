"""How fast the serving simulator serves: `python -m benchmarks.simulator --json`.

Requests a wall second of whole `simulate` calls on one core, latencies and percentiles included, with three priority
classes and the prefix cache on; the loads are made beforehand. Three loads: a comfortable one and a saturated one of
128 output tokens on average, and a closed loop. First call: a fresh process from its start to the first figures, with
the compiled code on disk; and the same with nothing on disk. One run, rounds interleaved.
"""

import os
import subprocess
import sys
import tempfile
import time
from statistics import median
from typing import Any

from baseload.silicon.coefficients import Coefficients
from baseload.silicon.simulator import (
    Engine,
    Load,
    LogNormal,
    Mix,
    Prefixes,
    Result,
    Watts,
    closed_loop,
    poisson,
    simulate,
)
from benchmarks.report import options, publish, say

SEED = 20261124
REPLICA = Coefficients(*(0.0 for _ in Coefficients._fields))._replace(
    weights_s=5.6e-3, experts_s=9e-3, experts=64.0, experts_per_token=6.0, compute_s=1.2e-5, kv_s=4.9e-8,
    window_kv_s=1e-8, window_tokens=1024.0, attention_s=1e-9, network_s=1e-4, network_token_s=3e-7,
    fixed_s=1e-3, sequence_s=5e-6,
)  # fmt: skip
"""Assumed: of the size of a small mixture of experts on one large GPU. The speed does not hang on the figures."""
ENGINE = Engine(max_sequences=256, max_batched_tokens=8192, kv_tokens=400_000, front_end_s=5e-3, per_token_s=1e-5)
WATTS = Watts(idle_w=90.0, compute_w=350.0, memory_w=250.0)
MIX = Mix(
    input=LogNormal(mean=512, p90=1024),
    output=LogNormal(mean=128, p90=256),
    priorities={0: 0.2, 1: 0.5, 2: 0.3},
    prefixes=Prefixes(count=200, tokens=256, share=0.6),
)
FIRST = """
from benchmarks.simulator import ENGINE, MIX, REPLICA, SEED, WATTS, poisson, simulate
simulate(REPLICA, ENGINE, poisson(MIX, requests=100, rate_per_s=20.0, seed=SEED), WATTS)
"""


def loads(n: int) -> dict[str, Load]:
    return {
        "comfortable": poisson(MIX, requests=n, rate_per_s=30.0, seed=SEED),
        "saturated": poisson(MIX, requests=n, rate_per_s=120.0, seed=SEED),
        "closed_loop": closed_loop(MIX, requests=n, clients=128, seed=SEED),
    }


def timed(load: Load) -> tuple[float, float, Result]:
    """(wall seconds, CPU seconds, figures) of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = simulate(REPLICA, ENGINE, load, WATTS)
    return time.perf_counter() - wall, time.process_time() - cpu, result


def speeds(rounds: int, n: int) -> dict[str, Any]:
    """Requests a second by load, median of interleaved rounds, with what the run was like."""
    asked = loads(n)
    timed(asked["comfortable"])
    seen: dict[str, list[tuple[float, float, Result]]] = {name: [] for name in asked}
    for k in range(rounds):
        say(f"{n} requests each, round {k + 1} of {rounds}")
        for name, load in asked.items():
            seen[name].append(timed(load))
    return {
        name: {
            "requests": n,
            "requests_per_wall_s": round(n / median(w for w, _, _ in runs)),
            "requests_per_wall_s_worst": round(n / max(w for w, _, _ in runs)),
            "requests_per_cpu_s": round(n / median(c for _, c, _ in runs)),
            "simulated_s": round(runs[0][2].duration_s, 1),
            "sequences_mean": round(runs[0][2].sequences_mean, 1),
            "preemptions": runs[0][2].preemptions,
            "prefix_hit_fraction": round(runs[0][2].prefix_hit_fraction, 3),
        }
        for name, runs in seen.items()
    }


def first_call_s(cache: str) -> float:
    """Wall seconds of a fresh process that simulates once and ends."""
    at = time.perf_counter()
    subprocess.run([sys.executable, "-c", FIRST], check=True, env=os.environ | {"NUMBA_CACHE_DIR": cache}, timeout=300)
    return time.perf_counter() - at


def first_calls(rounds: int) -> dict[str, float | int]:
    """With nothing on disk, once; then warm."""
    with tempfile.TemporaryDirectory() as cache:
        say("first call, nothing on disk")
        cold = first_call_s(cache)
        say("first call, compiled code on disk")
        warm = [first_call_s(cache) for _ in range(rounds)]
    return {
        "rounds": rounds, "cold_s": round(cold, 2), "warm_s_median": round(median(warm), 2),
        "warm_s_worst": round(max(warm), 2),
    }  # fmt: skip


def main() -> int:
    args = options(__doc__).parse_args()
    result = {
        "seed": SEED,
        "speed": speeds(1, 2000) if args.quick else speeds(7, 200_000),
        "first_call": first_calls(1 if args.quick else 5),
    }
    publish(result, as_json=args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
