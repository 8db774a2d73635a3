"""Unit commitment: which whole replicas are on, decided each minute by a mixed-integer program.

With nothing on the program is always feasible, so there is always an answer; what a limit breaks is named in it.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite

import numpy as np

from baseload.dispatch.dive import WORTH_IT, first_answer
from baseload.dispatch.plan import Dispatcher, value_of
from baseload.dispatch.program import Program, build_program
from baseload.dispatch.results import Break, BreakKind, Commitment, Proof
from baseload.dispatch.running import change_to, now
from baseload.dispatch.solver import Limits, Solver
from baseload.dispatch.values import Snapshot


def commit(snapshot: Snapshot, *, limits: Limits | None = None, start: Mapping[str, int] | None = None) -> Commitment:
    """Choose the replicas. The search begins from `start`, a known set of replicas, or in a large problem from a dive.

    The answer is not worse than a start that fits; its proof says how far from the best it can be.
    """
    bounds = limits or Limits()
    begun = time.monotonic()
    program = build_program(snapshot)
    solver = Solver()
    first = None
    if start is None and np.count_nonzero(program.model.integer) > WORTH_IT:
        first = first_answer(program.model, bounds)
    solver.load(program.model, replace(bounds, time_s=max(0.1, bounds.time_s - (time.monotonic() - begun))))
    if start is not None:
        solver.suggest(program.on, np.array([start.get(r.id, 0) for r in snapshot.recipes], np.float64))
    elif first is not None:
        solver.suggest(np.arange(len(first), dtype=np.int32), first)
    x = solver.run()
    counts = np.zeros(len(program.on), int) if x is None else np.rint(x[program.on]).astype(int)
    replicas = {r.id: int(n) for r, n in zip(snapshot.recipes, counts, strict=True)}
    bound = solver.bound if isfinite(solver.bound) else _relaxation(program)  # cut off before its first bound
    return _prove(snapshot, program, change_to(snapshot, replicas), bound, x is not None and solver.optimal)


def relaxation_usd_per_h(snapshot: Snapshot) -> float:
    """The value if replicas could be split: no commitment is worth more."""
    program = build_program(snapshot)
    return _relaxation(program) / program.scale


def _relaxation(program: Program) -> float:
    """The relaxed optimum in the program's own scale."""
    model = replace(program.model, integer=np.zeros(0, np.int32))
    solver = Solver()
    solver.load(model)
    x = solver.run()
    if x is None:
        raise RuntimeError("the relaxed commitment has no solution, which switching everything off rules out")
    return float(model.cost @ x) + model.offset


def _prove(snapshot: Snapshot, program: Program, chosen: Commitment, bound: float, optimal: bool) -> Commitment:
    """Value the chosen whole replicas by the dispatch model itself, and set that against the proven bound."""
    dispatcher = Dispatcher(snapshot)
    money, penalty = value_of(snapshot, dispatcher.solved(snapshot, chosen))
    early = {r.id: now(snapshot, r).locked - chosen.replicas[r.id] for r in snapshot.recipes}
    breaks = [
        Break(kind=BreakKind.MINIMUM_UP_TIME, id=i, amount=float(n))
        for i, n in sorted(early.items(), key=lambda item: -item[1])
        if n > 0
    ]
    fines = dict(zip(early, program.lock_usd_per_h.tolist(), strict=True))
    penalty += sum(fines[b.id] * b.amount for b in breaks)
    proof = Proof(
        value_usd_per_h=money - penalty,
        penalty_usd_per_h=penalty,
        bound_usd_per_h=max(bound / program.scale, money - penalty),
        optimal=optimal,
    )
    return replace(chosen, breaks=tuple(breaks), proof=proof)
