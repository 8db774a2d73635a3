"""How fast the dispatch room decides: `python -m benchmarks.dispatch --json`.

Commit: 6 pools × 40 models, three classes a model, chips and watts both scarce; wall seconds and distance to the bound
of a mixed-integer search that may stop within one per cent. Dispatch: 20 recipes × 20 classes, every pair allowed,
two price blocks a class; solves a second, cold (a new model each time, from the snapshot's values to a plan) and warm
(demand and prices of every class changed, the model kept). Warm is counted to the plan in names, and to its arrays.
CPU-second figures say what the wall figures would be on a core of one's own. One run, rounds interleaved.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from baseload.dispatch import (
    Block,
    Commitment,
    Dispatcher,
    Limits,
    Pool,
    Recipe,
    Reservation,
    Site,
    Snapshot,
    WorkClass,
    commit,
    dispatch,
)
from baseload.dispatch.running import change_to
from benchmarks.report import options, publish, say

SEED = 20261124
TIERS = (("internal", 0.6e-4, 1.0), ("paying", 1.0e-4, 2.0), ("flex", 0.4e-4, 6.0))


def fleet(pools: int, models: int, rng: np.random.Generator) -> Snapshot:
    """Unlike pools behind one envelope, every model runnable on each at 1 to 8 chips."""
    speed = np.geomspace(1.0, 3.0, pools)
    sizes = rng.choice([1, 2, 4, 8], models, p=[0.4, 0.3, 0.2, 0.1])
    recipes = tuple(
        Recipe(
            id=f"m{m}@p{p}", pool=f"p{p}", model=f"m{m}", chips=float(sizes[m]), memory_gb=float(70 * sizes[m]),
            idle_w=float(120 * sizes[m]), busy_w=float(rng.uniform(300, 550) * sizes[m]), load_s=90.0, start_usd=0.02,
            rates_per_s={f"{t}-m{m}": float(speed[p] * rng.uniform(2, 4)) for t, _, _ in TIERS},
        )
        for p in range(pools)
        for m in range(models)
    )  # fmt: skip
    classes = tuple(
        _class(t, m, price * float(sizes[m] * rng.uniform(0.8, 1.3)), rate, rng)
        for m in range(models)
        for t, price, rate in TIERS
    )
    return Snapshot(
        sites=(Site(id="site", envelope_w=models * 1500.0, pue=1.2, tariff_usd_per_kwh=0.08),),
        pools=tuple(
            Pool(id=f"p{p}", site="site", nodes=4, chips_per_node=8, memory_gb_per_node=640) for p in range(pools)
        ),
        recipes=recipes,
        classes=classes,
    )


def _class(tier: str, model: int, price: float, per_s: float, rng: np.random.Generator) -> WorkClass:
    asked = float(per_s * rng.lognormal(0.0, 0.8))
    blocks = (Block(price_usd=price, per_s=asked), Block(price_usd=0.7 * price, per_s=asked))
    promise = Reservation(per_s=1.5 * asked, shortfall_usd=40 * price) if tier == "internal" else None
    return WorkClass(
        id=f"{tier}-m{model}", business="internal" if tier == "internal" else "external",
        tier="flex" if tier == "flex" else "default", model=f"m{model}", blocks=blocks, reservation=promise,
        clear_s=0.1 if tier == "flex" else 20.0,
    )  # fmt: skip


def square(n: int, rng: np.random.Generator) -> tuple[Snapshot, Commitment]:
    """n recipes × n classes of one model, all pairs allowed, one replica of each on, about two thirds of it served."""
    recipes = tuple(
        Recipe(
            id=f"r{i}", pool="pool", model="m", idle_w=80.0, busy_w=float(rng.uniform(300, 900)),
            rates_per_s={f"c{k}": float(rng.uniform(1, 10)) for k in range(n)},
        )
        for i in range(n)
    )  # fmt: skip
    classes = tuple(
        WorkClass(
            id=f"c{k}", business="external", tier="default", model="m", clear_s=0.1 if k % 2 else 20.0,
            blocks=tuple(
                Block(price_usd=float(p), per_s=float(rng.uniform(1, 8))) for p in (1e-4 * rng.uniform(1, 2), 0.5e-4)
            ),
            reservation=Reservation(per_s=3.0, shortfall_usd=2e-3) if k % 5 == 0 else None,
        )
        for k in range(n)
    )  # fmt: skip
    snapshot = Snapshot(
        sites=(Site(id="site", envelope_w=n * 620.0, pue=1.2, tariff_usd_per_kwh=0.08),),
        pools=(Pool(id="pool", site="site", nodes=n, memory_gb_per_node=80),),
        recipes=recipes,
        classes=classes,
    )
    return snapshot, change_to(snapshot, {r.id: 1 for r in recipes})


def stir(snapshot: Snapshot, rng: np.random.Generator) -> Snapshot:
    """A second later: every class asks up to a tenth more or less, at prices a few per cent away."""

    def moved(c: WorkClass) -> WorkClass:
        more, dearer = rng.uniform(0.9, 1.1), rng.uniform(0.97, 1.03)
        return replace(c, blocks=tuple(Block(price_usd=b.price_usd * dearer, per_s=b.per_s * more) for b in c.blocks))

    return replace(snapshot, classes=tuple(moved(c) for c in snapshot.classes))


def per_second(solve: Callable[[Snapshot], object], snapshots: list[Snapshot]) -> tuple[float, float]:
    """(solves a wall second, solves a CPU second)."""
    wall, cpu = time.perf_counter(), time.process_time()
    for snapshot in snapshots:
        solve(snapshot)
    n = len(snapshots)
    return n / (time.perf_counter() - wall), n / (time.process_time() - cpu)


def solves(rounds: int, n: int, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """Cold and warm rates, median of interleaved rounds."""
    snapshot, commitment = square(20, rng)
    warm = Dispatcher(snapshot)
    warm.solve(snapshot, commitment)
    kinds: dict[str, Callable[[Snapshot], object]] = {
        "cold_plan": lambda s: dispatch(s, commitment),
        "warm_plan": lambda s: warm.solve(s, commitment),
        "warm_arrays": lambda s: warm.solved(s, commitment),
    }
    seen: dict[str, list[tuple[float, float]]] = {k: [] for k in kinds}
    for i in range(rounds):
        say(f"dispatch 20 x 20, round {i + 1} of {rounds}")
        stirred = [stir(snapshot, rng) for _ in range(n)]
        for name, solve in kinds.items():
            seen[name].append(per_second(solve, stirred))
    return {
        name: {"per_s": round(median(w for w, _ in runs), 1), "per_cpu_s": round(median(c for _, c in runs), 1)}
        for name, runs in seen.items()
    }


def commits(rounds: int, pools: int, models: int, rng: np.random.Generator) -> dict[str, Any]:
    """Wall seconds and proven distance to the bound, worst of the rounds, each on another fleet."""
    wall, cpu, gaps = [], [], []
    for i in range(rounds):
        say(f"commit {pools} pools x {models} models, round {i + 1} of {rounds}")
        snapshot = fleet(pools, models, rng)
        at, at_cpu = time.perf_counter(), time.process_time()
        found = commit(snapshot, limits=Limits(time_s=2.0, gap=0.01))
        wall.append(time.perf_counter() - at)
        cpu.append(time.process_time() - at_cpu)
        gaps.append(found.proof.gap if found.proof else float("nan"))
    return {
        "pools": pools, "models": models, "recipes": pools * models, "classes": 3 * models, "rounds": rounds,
        "wall_s_median": round(median(wall), 3), "wall_s_worst": round(max(wall), 3),
        "cpu_s_worst": round(max(cpu), 3), "gap_worst": round(max(gaps), 6),
    }  # fmt: skip


def main() -> int:
    args = options(__doc__).parse_args()
    rng = np.random.default_rng(SEED)
    result = {
        "seed": SEED,
        "commit": commits(2, 2, 6, rng) if args.quick else commits(7, 6, 40, rng),
        "dispatch_20x20": solves(1, 20, rng) if args.quick else solves(5, 400, rng),
    }
    publish(result, as_json=args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
