"""The commitment program: the dispatch model with capacity and idle watts now decided.

To the core's columns it adds per recipe: on (whole replicas), started, warming (loading already), stopped, unlocked
(stopped before the minimum up time); per pool: nodes held, and nodes of each pattern where shares are not exact.
"""

from dataclasses import dataclass

import numpy as np

from baseload.dispatch.layout import Layout, build_layout
from baseload.dispatch.packing import packing
from baseload.dispatch.running import now, start_s
from baseload.dispatch.solver import INF, Floats, Ints, Model, by_columns
from baseload.dispatch.terms import (
    SECONDS,
    Terms,
    node_watts,
    objective_scale,
    overrun_usd_per_w,
    rent_usd_per_node_h,
    spread_s,
    terms,
    watt_usd_per_h,
)
from baseload.dispatch.values import Snapshot, nodes_usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The model, the columns that say how many replicas of each recipe are on, and how its objective was scaled."""

    model: Model
    on: Ints
    scale: float
    lock_usd_per_h: Floats


def build_program(snapshot: Snapshot) -> Program:
    """The core model and what commitment adds to it."""
    layout = build_layout(snapshot)
    base_w = node_watts(snapshot)
    core = terms(snapshot, layout, np.zeros(len(snapshot.recipes)), base_w)
    locks = _lock_usd_per_h(snapshot, layout)
    grid = _Grid(layout.n_cols, layout.n_rows)
    grid.add(layout.row, layout.col, layout.value)
    on = _add_replicas(grid, snapshot, layout, locks)
    _tighten(grid, layout, on, core)
    _add_nodes(grid, snapshot, on)
    cost = np.concatenate([core.cost, grid.cost])
    scale = objective_scale(core.cost, layout.load_at)
    fixed = float(base_w @ watt_usd_per_h(snapshot)) + float(core.overrun_w @ overrun_usd_per_w(snapshot, layout))
    model = Model(
        matrix=by_columns(*grid.triplets(), len(cost)),
        cost=cost * scale,
        lower=np.zeros(len(cost)),
        upper=np.concatenate([core.upper, grid.upper]),
        row_lower=np.concatenate([core.row_lower, grid.row_lower]),
        row_upper=np.concatenate([core.row_upper, grid.row_upper]),
        integer=np.concatenate([np.zeros(layout.n_cols), grid.integer]).astype(np.int32),
        offset=-fixed * scale,
    )
    return Program(model=model, on=on, scale=scale, lock_usd_per_h=locks)


class _Grid:
    """Columns and rows added to a core, gathered as triplets."""

    def __init__(self, n_cols: int, n_rows: int) -> None:
        self._cols, self._rows = n_cols, n_rows
        self._parts: list[tuple[Ints, Ints, Floats]] = []
        self.cost = self.upper = self.integer = self.row_lower = self.row_upper = np.zeros(0)

    def columns(self, cost: Floats, upper: Floats, *, whole: bool = False) -> Ints:
        first = self._cols + len(self.cost)
        self.cost, self.upper = np.append(self.cost, cost), np.append(self.upper, upper)
        self.integer = np.append(self.integer, np.full(len(cost), float(whole)))
        return np.arange(first, first + len(cost), dtype=np.int32)

    def rows(self, lower: Floats, upper: Floats) -> Ints:
        first = self._rows + len(self.row_lower)
        self.row_lower, self.row_upper = np.append(self.row_lower, lower), np.append(self.row_upper, upper)
        return np.arange(first, first + len(lower), dtype=np.int32)

    def add(self, row: Ints, col: Ints, value: Floats | float) -> None:
        self._parts.append((row, col, np.broadcast_to(np.asarray(value, np.float64), row.shape)))

    def triplets(self) -> tuple[Ints, Ints, Floats]:
        row, col, value = (np.concatenate(p) for p in zip(*self._parts, strict=True))
        keep = value != 0
        return row[keep].astype(np.int32), col[keep].astype(np.int32), value[keep]


def _add_replicas(grid: _Grid, snapshot: Snapshot, layout: Layout, locks: Floats) -> Ints:
    """Columns per recipe, their part in capacity and envelope, and the rows that tie them to what runs now."""
    recipes, n = snapshot.recipes, len(snapshot.recipes)
    here = [now(snapshot, r) for r in recipes]
    ready, loading = (np.array([float(getattr(h, k)) for h in here]) for k in ("ready", "loading"))
    pools = {p.id: p for p in snapshot.pools}
    over = np.array([spread_s(snapshot, pools[r.pool]) for r in recipes])
    idle_w = np.array([r.idle_w for r in recipes], np.float64)
    never = np.full(n, INF)
    most = np.array([INF if r.max_replicas is None else float(r.max_replicas) for r in recipes])

    on = grid.columns(-idle_w * watt_usd_per_h(snapshot)[layout.site_of], most, whole=True)
    started = grid.columns(-np.array([r.start_usd for r in recipes]) * SECONDS / over, never)
    warming = grid.columns(np.zeros(n), loading)
    stopped = grid.columns(-np.array([r.stop_usd for r in recipes]) * SECONDS / over, never)
    unlocked = grid.columns(-locks, never)

    lost_start = np.minimum(1.0, np.array([start_s(r, h) for r, h in zip(recipes, here, strict=True)]) / over)
    lost_warm = np.minimum(1.0, np.array([h.ready_in_s for h in here]) / over)
    number = np.arange(n, dtype=np.int32)
    idle_share = idle_w / layout.busy_scale[layout.site_of]
    for capacity, envelope in _levels(layout, n, len(snapshot.sites)):
        grid.add(capacity + number, on, -1.0)
        grid.add(capacity + number, started, lost_start)
        grid.add(capacity + number, warming, lost_warm)
        grid.add(envelope + layout.site_of, on, idle_share)
    begin = grid.rows(np.full(n, -INF), ready)
    end = grid.rows(ready + loading, never)
    stay = grid.rows(np.array([float(h.locked) for h in here]), never)
    for rows, column, sign in (
        (begin, on, 1.0), (begin, started, -1.0), (begin, warming, -1.0),
        (end, on, 1.0), (end, stopped, 1.0), (stay, on, 1.0), (stay, unlocked, 1.0),
    ):  # fmt: skip
        grid.add(rows, column, sign)
    return on


def _tighten(grid: _Grid, layout: Layout, on: Ints, core: Terms) -> None:
    """Work of a class on a recipe ≤ the share of one replica that all its demand could fill × replicas on.

    True of whole replicas and cuts off split ones: the strong form of facility location (Cornuéjols, Fisher and
    Nemhauser 1977). Once for each class alone, once for all classes of a recipe together.
    """
    pairs, stand, unit = layout.pairs, layout.stand, layout.unit
    asked = np.bincount(layout.block_cls, core.upper[: layout.load_at], minlength=len(unit)) * unit
    idle = np.zeros(len(unit))
    idle[layout.reserved] = core.row_lower[layout.standby_at : layout.held_capacity_at] * unit[layout.reserved]
    cols = np.concatenate([layout.load_at + np.arange(len(pairs.cls)), layout.stand_at + np.arange(len(stand.cls))])
    recipe = np.concatenate([pairs.recipe, stand.recipe])
    cls = np.concatenate([pairs.cls, stand.cls])
    every = cols.astype(np.int32)
    most = np.concatenate([asked[pairs.cls] / pairs.rate, idle[stand.cls] / stand.rate])
    for key in (cls.astype(np.int64) * len(on) + recipe, recipe.astype(np.int64)):
        groups, group = np.unique(key, return_inverse=True)
        fill = np.bincount(group, most, minlength=len(groups)).astype(np.float64)
        few = np.flatnonzero(fill < 1.0)
        row_of = np.full(len(groups), -1, np.int32)
        rows = grid.rows(np.full(len(few), -INF), np.zeros(len(few)))
        row_of[few] = rows
        inside = row_of[group] >= 0
        grid.add(row_of[group][inside], every[inside], 1.0)
        grid.add(rows, on[groups[few] % len(on)], -fill[few])


def _levels(layout: Layout, n_recipes: int, n_sites: int) -> list[tuple[int, int]]:
    """First capacity and envelope row of now, and of each recall time."""
    return [(layout.capacity_at, layout.envelope_at)] + [
        (layout.held_capacity_at + i * n_recipes, layout.held_envelope_at + i * n_sites)
        for i in range(len(layout.recalls))
    ]


def _add_nodes(grid: _Grid, snapshot: Snapshot, on: Ints) -> None:
    """Whole nodes of each pool, by shares or by patterns (see packing)."""
    for pool in snapshot.pools:
        mine = np.array([i for i, r in enumerate(snapshot.recipes) if r.pool == pool.id], np.int32)
        if not len(mine):
            continue
        pack = packing(pool, [snapshot.recipes[i] for i in mine])
        rent = rent_usd_per_node_h(pool)
        held = grid.columns(np.array([-rent]), np.array([float(nodes_usable(pool))]), whole=rent > 0)
        row = grid.rows(np.array([-INF]), np.zeros(1))
        grid.add(row, held, -1.0)
        grid.add(np.repeat(row, len(mine)), on[mine], np.array(pack.share))
        if pack.patterns:
            z = grid.columns(np.zeros(len(pack.patterns)), np.full(len(pack.patterns), INF), whole=True)
            grid.add(np.repeat(row, len(z)), z, 1.0)
            shape = np.array(pack.shape, np.int32)
            filled = grid.rows(np.full(len(pack.patterns[0]), -INF), np.zeros(len(pack.patterns[0])))
            grid.add(filled[shape[shape >= 0]], on[mine][shape >= 0], 1.0)
            for s, row_s in enumerate(filled):
                grid.add(np.repeat(row_s, len(z)), z, -np.array([float(p[s]) for p in pack.patterns]))


def _lock_usd_per_h(snapshot: Snapshot, layout: Layout) -> Floats:
    """The fine for stopping a replica before its minimum up time: twice what its place could earn elsewhere."""
    pools = {p.id: p for p in snapshot.pools}
    sizes = np.array([_node_share(r.chips, pools[r.pool].chips_per_node) for r in snapshot.recipes])
    best = np.array([max((b.price_usd for b in c.blocks), default=0.0) for c in snapshot.classes])
    fine = np.array([2.0 * c.reservation.shortfall_usd if c.reservation else 0.0 for c in snapshot.classes])
    earns = np.zeros(len(snapshot.recipes))
    pairs = layout.pairs
    np.maximum.at(earns, pairs.recipe, SECONDS * (best + fine)[pairs.cls] * pairs.rate)
    per_node: dict[str, float] = {}
    for r, usd, size in zip(snapshot.recipes, earns, sizes, strict=True):
        per_node[r.pool] = max(per_node.get(r.pool, 0.0), float(usd / size))
    watts = (
        overrun_usd_per_w(snapshot, layout)[layout.site_of] * np.array([s.pue for s in snapshot.sites])[layout.site_of]
    )
    place = np.array([per_node[r.pool] for r in snapshot.recipes]) * sizes
    fine_usd: Floats = 2.0 * place + np.array([r.idle_w for r in snapshot.recipes]) * watts + 1e-3
    return fine_usd


def _node_share(chips: float, chips_per_node: float) -> float:
    return max(chips / chips_per_node, 1e-6)
