"""Economic dispatch: the linear program at a fixed commitment, each second.

`dispatch` is the pure function. `Dispatcher` gives the same answers while keeping the model in HiGHS between solves:
new demand, prices or limits of an equal structure change it in place.
"""

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baseload.dispatch.layout import Layout, build_layout, structure
from baseload.dispatch.results import Break, BreakKind, Commitment, Plan
from baseload.dispatch.solver import Floats, Model, Solver, by_columns
from baseload.dispatch.terms import (
    SECONDS,
    Standing,
    Terms,
    block_asked,
    block_prices,
    objective_scale,
    overrun_usd_per_w,
    standing,
    terms,
    watt_usd_per_h,
)
from baseload.dispatch.values import Snapshot

TOLERANCE = 1e-6
"""Relative to the scaled model: below this a slack is rounding, not a break."""


def dispatch(snapshot: Snapshot, commitment: Commitment) -> Plan:
    """Who runs this second with these replicas on: always an answer, with whatever breaks named in it."""
    if not hasattr(_thread, "solver"):
        _thread.solver = Solver()
    return Dispatcher(snapshot, _thread.solver).solve(snapshot, commitment)


_thread = threading.local()
"""A solver per thread for `dispatch`, emptied by each model: its memory costs more to make than a solve."""


class Point:
    """One solved point of the model: arrays, and the layout that says what they mean. `Plan` is its readable form."""

    __slots__ = ("layout", "standing", "terms", "x")

    def __init__(self, x: Floats, layout: Layout, terms: Terms, standing: Standing) -> None:
        self.x = x
        self.layout = layout
        self.terms = terms
        self.standing = standing


class Dispatcher:
    """The linear program of one structure, warm. Not shared between threads."""

    def __init__(self, snapshot: Snapshot, solver: Solver | None = None) -> None:
        self._solver = solver or Solver()
        self._loaded = False
        self._scale = 1.0
        self._given: tuple[object, ...] | None = None
        self._stands: tuple[Standing, Floats]
        self._rebuild(snapshot)

    def solve(self, snapshot: Snapshot, commitment: Commitment) -> Plan:
        """The plan for this snapshot, warm when only numbers changed since the last."""
        return read_plan(snapshot, self.solved(snapshot, commitment))

    def solved(self, snapshot: Snapshot, commitment: Commitment) -> Point:
        """The plan still in arrays: all that a caller needs who solves thousands."""
        point = self.point(snapshot, commitment)
        if point is None:
            raise RuntimeError("the dispatch model has no solution, which its slacks rule out")
        return point

    def point(self, snapshot: Snapshot, commitment: Commitment, extra: tuple[int, float] | None = None) -> Point | None:
        """Solve, with `extra` = (class number, requests a second) forced in unpaid; None if that cannot be served."""
        if structure(snapshot) != self._structure:
            self._rebuild(snapshot)
        layout = self.layout
        fixed, ready = self._still(snapshot, commitment)
        limits = terms(snapshot, layout, ready, fixed.watts)
        lower = np.zeros(layout.n_cols)
        if extra is not None:
            k, per_s = extra
            lower[layout.extra_at + k] = limits.upper[layout.extra_at + k] = per_s / layout.unit[k]
        scale = objective_scale(limits.cost, layout.load_at)
        if not (self._loaded and 0.2 < scale / self._scale < 5.0):  # a steady scale leaves unchanged prices unchanged
            self._scale = scale
        cost = limits.cost * self._scale
        if self._loaded:
            self._solver.change(
                cost=cost, lower=lower, upper=limits.upper, row_lower=limits.row_lower, row_upper=limits.row_upper
            )
        else:
            matrix = by_columns(layout.row, layout.col, layout.value, layout.n_cols)
            self._solver.load(
                Model(
                    matrix=matrix, cost=cost, lower=lower, upper=limits.upper, row_lower=limits.row_lower,
                    row_upper=limits.row_upper, integer=np.zeros(0, np.int32),
                )
            )  # fmt: skip
            self._loaded = True
        x = self._solver.run()
        return None if x is None else Point(x, layout, limits, fixed)

    def _still(self, snapshot: Snapshot, commitment: Commitment) -> tuple[Standing, Floats]:
        """What stands before any work; kept while the very same values are given again."""
        given = (snapshot.sites, snapshot.pools, snapshot.recipes, commitment)
        if self._given is None or any(a is not b for a, b in zip(given, self._given, strict=True)):
            ready = np.array([commitment.ready.get(r.id, 0.0) for r in snapshot.recipes], np.float64)
            self._given, self._stands = given, (standing(snapshot, commitment), ready)
        return self._stands

    def _rebuild(self, snapshot: Snapshot) -> None:
        self._structure = structure(snapshot)
        self.layout: Layout = build_layout(snapshot)
        self._loaded = False


def value_of(snapshot: Snapshot, point: Point) -> tuple[float, float]:
    """(money, penalty) in USD per hour of a solved point: value is the first less the second."""
    layout = point.layout
    gain = point.terms.cost * point.x
    fined = float(gain[layout.short_at : layout.stand_at].sum() + gain[layout.unheld_at :].sum())
    fixed = point.standing
    money = float(gain.sum()) - fined - fixed.energy_usd_per_h - fixed.rent_usd_per_h - fixed.start_usd_per_h
    over = point.terms.overrun_w
    return money, -fined + (float(over @ overrun_usd_per_w(snapshot, layout)) if over.any() else 0.0)


def read_plan(snapshot: Snapshot, point: Point) -> Plan:
    """Arrays back to names and units."""
    layout = point.layout
    x = np.maximum(point.x, 0.0)
    asked = block_asked(snapshot)
    served = np.minimum(x[: layout.load_at] * layout.unit[layout.block_cls], asked)
    load = x[layout.load_at : layout.extra_at]
    n = len(snapshot.classes)
    busy = np.bincount(layout.pairs.recipe, load, minlength=len(snapshot.recipes))
    busy_w = np.bincount(layout.site_of, busy * layout.busy_w, minlength=len(snapshot.sites))
    pue = np.array([s.pue for s in snapshot.sites], np.float64)
    energy = float(busy_w @ watt_usd_per_h(snapshot)) + point.standing.energy_usd_per_h
    stand = np.bincount(layout.stand.cls, x[layout.stand_at : layout.unheld_at] * layout.stand.rate, minlength=n)
    _, penalty = value_of(snapshot, point)
    ids = [c.id for c in snapshot.classes]
    return Plan(
        asked_per_s=_by(ids, np.bincount(layout.block_cls, asked, minlength=n)),
        served_per_s=_by(ids, np.bincount(layout.block_cls, served, minlength=n)),
        served_blocks_per_s=_blocks(snapshot, served),
        work_per_s=_work(snapshot, layout, load * layout.pairs.rate),
        standby_per_s={c.id: float(stand[k]) for k, c in enumerate(snapshot.classes) if c.reservation},
        busy=_by([r.id for r in snapshot.recipes], busy),
        watts=_by([s.id for s in snapshot.sites], (busy_w + point.standing.watts) * pue),
        revenue_usd_per_h=SECONDS * float(served @ block_prices(snapshot)),
        energy_usd_per_h=energy,
        rent_usd_per_h=point.standing.rent_usd_per_h,
        start_usd_per_h=point.standing.start_usd_per_h,
        penalty_usd_per_h=penalty,
        breaks=tuple(_breaks(snapshot, layout, x, point.terms.overrun_w)),
    )


def _by(ids: list[str], values: NDArray[Any]) -> dict[str, float]:
    return dict(zip(ids, values.tolist(), strict=True))


def _blocks(snapshot: Snapshot, served: Floats) -> dict[str, tuple[float, ...]]:
    """Served work of each class, block by block."""
    each = iter(served.tolist())
    return {c.id: tuple(islice(each, len(c.blocks))) for c in snapshot.classes}


def _work(snapshot: Snapshot, layout: Layout, flow: Floats) -> dict[str, dict[str, float]]:
    """Flow by class and recipe, only where there is any."""
    work: dict[str, dict[str, float]] = {c.id: {} for c in snapshot.classes}
    some = np.flatnonzero(flow > 0)
    cls, recipe = layout.pairs.cls[some].tolist(), layout.pairs.recipe[some].tolist()
    for k, i, per_s in zip(cls, recipe, flow[some].tolist(), strict=True):
        work[snapshot.classes[k].id][snapshot.recipes[i].id] = per_s
    return work


def _breaks(snapshot: Snapshot, layout: Layout, x: Floats, overrun_w: Floats) -> Iterator[Break]:
    """Slacks that are more than rounding, worst first within a kind."""
    slack = max(x[layout.short_at : layout.stand_at].max(initial=0.0), x[layout.unheld_at :].max(initial=0.0))
    if slack <= TOLERANCE and not overrun_w.any():
        return
    unit = layout.unit[layout.reserved]
    reserved = [snapshot.classes[k].id for k in layout.reserved]
    sites = [s.id for s in snapshot.sites]
    for kind, ids, amounts, scale in (
        (BreakKind.ENVELOPE, sites, overrun_w, np.ones(len(sites))),
        (BreakKind.RESERVATION, reserved, x[layout.short_at : layout.stand_at] * unit, unit),
        (BreakKind.STANDBY, reserved, x[layout.unheld_at :] * unit, unit),
    ):
        for i in np.argsort(-amounts, kind="stable"):
            if amounts[i] > TOLERANCE * scale[i]:
                yield Break(kind=kind, id=ids[i], amount=float(amounts[i]))
