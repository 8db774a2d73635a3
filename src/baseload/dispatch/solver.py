"""HiGHS behind one small class: silent, one thread, fixed seed, limits as arguments.

Answers repeat exactly unless the time limit cuts the search. Arrays go in as they are (CSC); nothing is named, so a
solve of a small model costs well under a millisecond.
"""

from dataclasses import dataclass, replace

import highspy
import numpy as np
from highspy._core import _Highs
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
INF = float(highspy.kHighsInf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how exactly to look. `gap` is relative: 0.01 stops within one per cent of the bound."""

    time_s: float = 2.0
    gap: float = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A sparse matrix by columns."""

    start: Ints
    index: Ints
    value: Floats


def by_columns(row: Ints, col: Ints, value: Floats, n_cols: int) -> Matrix:
    """Triplets to compressed columns."""
    order = np.lexsort((row, col))
    start = np.zeros(n_cols + 1, np.int32)
    np.cumsum(np.bincount(col, minlength=n_cols), out=start[1:])
    return Matrix(start=start, index=row[order], value=value[order])


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Maximise cost·x with lower ≤ x ≤ upper and row_lower ≤ Ax ≤ row_upper."""

    matrix: Matrix
    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    integer: Ints
    """1 where the variable is whole; empty for a linear program."""
    offset: float = 0.0


def _where(changed: NDArray[np.bool_]) -> Ints:
    return np.flatnonzero(changed).astype(np.int32)


class Solver:
    """One HiGHS instance, holding its model and basis between solves."""

    def __init__(self) -> None:
        self._highs = _Highs()  # highspy.Highs prints a banner before it can be silenced
        options = highspy.HighsOptions()
        options.output_flag = False
        options.threads = 1
        options.parallel = "off"
        options.random_seed = 0
        self._highs.passOptions(options)
        self._held: Model

    def load(self, model: Model, limits: Limits | None = None) -> None:
        """Take a new model. Presolve pays for mixed-integer models only; linear ones here are small."""
        m = model.matrix
        n, rows = len(model.cost), len(model.row_lower)
        whole = len(model.integer) > 0
        self._highs.setOptionValue("presolve", "on" if whole else "off")
        self._highs.setOptionValue("solver", "choose" if whole else "simplex")
        if limits is not None:
            self._highs.setOptionValue("time_limit", limits.time_s)
            self._highs.setOptionValue("mip_rel_gap", limits.gap)
        self._highs.passModel(
            n, rows, len(m.value), int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMaximize), model.offset,
            model.cost, model.lower, model.upper, model.row_lower, model.row_upper, m.start, m.index, m.value,
            model.integer if whole else np.zeros(n, np.int32),
        )  # fmt: skip
        self._held = model

    def change(self, *, cost: Floats, lower: Floats, upper: Floats, row_lower: Floats, row_upper: Floats) -> None:
        """New prices, demand and limits in place, where they differ: the basis stays, a re-solve is a few pivots."""
        was = self._held
        if len(at := _where(cost != was.cost)):
            self._highs.changeColsCost(len(at), at, cost[at])
        if len(at := _where((lower != was.lower) | (upper != was.upper))):
            self._highs.changeColsBounds(len(at), at, lower[at], upper[at])
        if len(at := _where((row_lower != was.row_lower) | (row_upper != was.row_upper))):
            self._highs.changeRowsBounds(len(at), at, row_lower[at], row_upper[at])  # type: ignore[attr-defined]
        self._held = replace(was, cost=cost, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)

    def suggest(self, columns: Ints, values: Floats) -> None:
        """A start for the mixed-integer search: the rest of the variables are filled in by HiGHS."""
        self._highs.setSolution(len(columns), columns, values)

    def run(self) -> Floats | None:
        """The best point found, or None when none was found in time. Anything else is a fault of the model."""
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return np.array(self._highs.getSolution().col_value, np.float64)
        if status == highspy.HighsModelStatus.kModelEmpty:
            return np.zeros(len(self._held.cost))
        if status == highspy.HighsModelStatus.kTimeLimit:
            found = self._highs.getInfo().primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
            return np.array(self._highs.getSolution().col_value, np.float64) if found else None
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        said = self._highs.modelStatusToString(status)
        raise RuntimeError(f"HiGHS stopped with '{said}': the model rules that out")

    @property
    def optimal(self) -> bool:
        done = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
        return self._highs.getModelStatus() in done

    @property
    def bound(self) -> float:
        """The proven upper bound of a mixed-integer solve, in the model's objective."""
        return float(self._highs.getInfo().mip_dual_bound)
