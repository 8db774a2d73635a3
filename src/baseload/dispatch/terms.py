"""The numbers of a solve: prices, demand and limits as arrays over a layout's columns and rows.

Money is USD per hour: a rate of one request a second at price p brings 3600 p. Energy is USD per hour for each watt
drawn behind the meter: PUE × tariff / 1000.
"""

from dataclasses import dataclass

import numpy as np

from baseload.dispatch.layout import Layout
from baseload.dispatch.results import Commitment
from baseload.dispatch.solver import INF, Floats
from baseload.dispatch.values import Pool, Snapshot, nodes_usable

SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a commitment costs before any work: IT watts by site, and USD per hour."""

    watts: Floats
    energy_usd_per_h: float
    rent_usd_per_h: float
    start_usd_per_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Bounds and prices of the core model. `overrun_w` is by how much standing watts alone break each envelope."""

    cost: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    overrun_w: Floats


def watt_usd_per_h(snapshot: Snapshot) -> Floats:
    """What a watt of IT load costs per hour at each site."""
    return np.array([s.pue * s.tariff_usd_per_kwh / 1000.0 for s in snapshot.sites], np.float64)


def node_watts(snapshot: Snapshot) -> Floats:
    """IT watts that every node of a site draws whether or not anything is on it."""
    watts = np.zeros(len(snapshot.sites))
    number = {s.id: i for i, s in enumerate(snapshot.sites)}
    for p in snapshot.pools:
        watts[number[p.site]] += nodes_usable(p) * p.node_idle_w
    return watts


def spread_s(snapshot: Snapshot, pool: Pool) -> float:
    """Seconds a start is spread over: the horizon, or what is left of the pool's term."""
    return max(1.0, min(snapshot.horizon_s, INF if pool.ends_in_s is None else pool.ends_in_s))


def rent_usd_per_node_h(pool: Pool) -> float:
    """Marginal rent of holding a node: nothing where it is owned or already committed to."""
    return pool.rent_usd_per_node_hour if pool.tenure != "owned" and not pool.take_or_pay else 0.0


def standing(snapshot: Snapshot, commitment: Commitment) -> Standing:
    """Idle watts of all that is on, and the money that comes with the commitment itself."""
    number = {s.id: i for i, s in enumerate(snapshot.sites)}
    pools = {p.id: p for p in snapshot.pools}
    watts = node_watts(snapshot)
    start = 0.0
    for r in snapshot.recipes:
        pool = pools[r.pool]
        watts[number[pool.site]] += commitment.replicas.get(r.id, 0) * r.idle_w
        once = commitment.started.get(r.id, 0) * r.start_usd + commitment.stopped.get(r.id, 0) * r.stop_usd
        start += once * SECONDS / spread_s(snapshot, pool) if once else 0.0
    return Standing(
        watts=watts,
        energy_usd_per_h=float(watts @ watt_usd_per_h(snapshot)),
        rent_usd_per_h=sum(rent_usd_per_node_h(p) * commitment.nodes_held.get(p.id, 0) for p in snapshot.pools),
        start_usd_per_h=start,
    )


def block_prices(snapshot: Snapshot) -> Floats:
    """USD a request, block after block."""
    return np.array([b.price_usd for c in snapshot.classes for b in c.blocks], np.float64)


def block_asked(snapshot: Snapshot) -> Floats:
    """Requests a second asked, block after block."""
    return np.array([b.per_s for c in snapshot.classes for b in c.blocks], np.float64)


def costs(snapshot: Snapshot, layout: Layout) -> Floats:
    """The objective in USD per hour, for each core column."""
    cost = np.zeros(layout.n_cols)
    cost[: layout.load_at] = SECONDS * block_prices(snapshot) * layout.unit[layout.block_cls]
    recipe = layout.pairs.recipe
    cost[layout.load_at : layout.extra_at] = -(layout.busy_w * watt_usd_per_h(snapshot)[layout.site_of])[recipe]
    fine = -SECONDS * _shortfall(snapshot, layout) * layout.unit[layout.reserved]
    cost[layout.short_at : layout.stand_at] = fine
    cost[layout.unheld_at :] = fine
    return cost


def terms(snapshot: Snapshot, layout: Layout, ready: Floats, standing_w: Floats) -> Terms:
    """All bounds, with capacity as `ready` replicas by recipe and `standing_w` IT watts already drawn by site."""
    asked = block_asked(snapshot)
    upper = np.full(layout.n_cols, INF)
    upper[: layout.load_at] = asked / layout.unit[layout.block_cls]
    upper[layout.extra_at : layout.short_at] = 0.0
    by_class = np.bincount(layout.block_cls, asked, minlength=len(snapshot.classes))[layout.reserved]
    option = np.array([c.reservation.per_s for c in snapshot.classes if c.reservation], np.float64)
    unit = layout.unit[layout.reserved]
    allowed = np.array([s.envelope_w / s.pue for s in snapshot.sites], np.float64)
    room = np.maximum(allowed - standing_w, 0.0) / layout.busy_scale

    lower, top = np.full(layout.n_rows, -INF), np.full(layout.n_rows, INF)
    lower[: layout.promise_at] = top[: layout.promise_at] = 0.0
    lower[layout.promise_at : layout.capacity_at] = np.minimum(by_class, option) / unit
    idle = slice(layout.standby_at, layout.held_capacity_at)
    lower[idle] = top[idle] = np.maximum(option - by_class, 0.0) / unit
    top[layout.capacity_at : layout.envelope_at] = ready
    top[layout.envelope_at : layout.standby_at] = room
    levels = len(layout.recalls)
    top[layout.held_capacity_at : layout.held_envelope_at].reshape(levels, len(ready))[:] = ready
    top[layout.held_envelope_at :].reshape(levels, len(room))[:] = room
    pue = np.array([s.pue for s in snapshot.sites], np.float64)
    overrun = np.maximum(standing_w - allowed, 0.0) * pue
    return Terms(cost=costs(snapshot, layout), upper=upper, row_lower=lower, row_upper=top, overrun_w=overrun)


def overrun_usd_per_w(snapshot: Snapshot, layout: Layout) -> Floats:
    """The penalty for a watt over each envelope: twice the most any watt could earn there, so that a broken
    envelope is never worth it and value stays concave in watts.
    """
    best = np.array([max((b.price_usd for b in c.blocks), default=0.0) for c in snapshot.classes], np.float64)
    fine = np.zeros(len(snapshot.classes))
    fine[layout.reserved] = 2.0 * _shortfall(snapshot, layout)
    pairs = layout.pairs
    busy = layout.busy_w[pairs.recipe]
    drawing = busy > 0
    site = layout.site_of[pairs.recipe][drawing]
    pue = np.array([s.pue for s in snapshot.sites], np.float64)
    earns = SECONDS * ((best + fine)[pairs.cls] * pairs.rate)[drawing] / (busy[drawing] * pue[site])
    top = np.zeros(len(snapshot.sites))
    np.maximum.at(top, site, earns)
    return 2.0 * top + 1e-3


def objective_scale(cost: Floats, n_blocks: int) -> float:
    """The dearest price becomes a thousand, so that absolute tolerances mean the same in cents and in millions."""
    top = float(np.max(np.abs(cost[:n_blocks]), initial=0.0)) or float(np.max(np.abs(cost), initial=0.0))
    return 1000.0 / top if top > 0 else 1.0


def _shortfall(snapshot: Snapshot, layout: Layout) -> Floats:
    """USD a request of each reservation's shortfall."""
    return np.array([c.reservation.shortfall_usd for c in snapshot.classes if c.reservation], np.float64)
