"""Where each variable and row of the model sits, and its matrix: what stays when demand and prices change.

Variables, in this order (docs/method/dispatch.md gives the algebra):
block     work served of each price block          in units of the class
load      replicas' worth of busy time, per (class, recipe) that may meet
extra     work forced in, one per class            normally fixed at 0; finite steps use it
short     shortfall of each reservation
stand     replicas' worth kept free for the idle part of a reservation, per (class, recipe)
unheld    idle part that could not be kept free

A class's unit is its fastest rate on any recipe, and an envelope row is divided by the site's largest busy watts, so
that entries stay near one from a laptop to a gigawatt.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baseload.dispatch.solver import Floats, Ints
from baseload.dispatch.values import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """(class, recipe) pairs that may meet, with the rate of one replica in requests a second."""

    cls: Ints
    recipe: Ints
    rate: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Positions (first column or row of each family), scales, and the matrix as triplets."""

    pairs: Pairs
    stand: Pairs
    block_cls: Ints
    reserved: Ints
    recalls: tuple[float, ...]
    unit: Floats
    site_of: Ints
    busy_w: Floats
    busy_scale: Floats
    load_at: int
    extra_at: int
    short_at: int
    stand_at: int
    unheld_at: int
    n_cols: int
    promise_at: int
    capacity_at: int
    envelope_at: int
    standby_at: int
    held_capacity_at: int
    held_envelope_at: int
    n_rows: int
    row: Ints
    col: Ints
    value: Floats


def structure(snapshot: Snapshot) -> tuple[object, ...]:
    """What the matrix depends on: while this is equal, a solve may be repeated in place."""
    return (
        snapshot.recipes,
        tuple((p.id, p.site) for p in snapshot.pools),
        tuple(s.id for s in snapshot.sites),
        tuple(
            (c.id, c.model, c.sites, c.clear_s, len(c.blocks), c.reservation and c.reservation.recall_s)
            for c in snapshot.classes
        ),
    )


def find_pairs(snapshot: Snapshot) -> Pairs:
    """All pairs that may meet: same model, a rate within the class's SLO, a site its residency allows."""
    sites = {p.id: p.site for p in snapshot.pools}
    number = {c.id: k for k, c in enumerate(snapshot.classes)}
    cls: list[int] = []
    recipe: list[int] = []
    rates: list[float] = []
    for i, r in enumerate(snapshot.recipes):
        site = sites[r.pool]
        for name, rate in r.rates_per_s.items():
            if (k := number.get(name)) is None:
                continue
            c = snapshot.classes[k]
            if c.model == r.model and rate > 0 and (not c.sites or site in c.sites):
                cls.append(k)
                recipe.append(i)
                rates.append(rate)
    return Pairs(cls=np.array(cls, np.int32), recipe=np.array(recipe, np.int32), rate=np.array(rates, np.float64))


def build_layout(snapshot: Snapshot) -> Layout:
    """Lay out variables and rows and fill the matrix."""
    pairs = find_pairs(snapshot)
    n_classes, n_recipes, n_sites = len(snapshot.classes), len(snapshot.recipes), len(snapshot.sites)
    reserved = np.array([k for k, c in enumerate(snapshot.classes) if c.reservation], np.int32)
    place = np.full(n_classes, -1, np.int32)
    place[reserved] = np.arange(len(reserved))
    at = place[pairs.cls] >= 0
    stand = Pairs(cls=pairs.cls[at], recipe=pairs.recipe[at], rate=pairs.rate[at])
    recalls = tuple(sorted({c.reservation.recall_s for c in snapshot.classes if c.reservation}))
    block_cls = np.repeat(np.arange(n_classes, dtype=np.int32), [len(c.blocks) for c in snapshot.classes])
    unit = np.zeros(n_classes)
    np.maximum.at(unit, pairs.cls, pairs.rate)
    unit[unit == 0] = 1.0
    site_number = {s.id: i for i, s in enumerate(snapshot.sites)}
    site_of_pool = {p.id: site_number[p.site] for p in snapshot.pools}
    site_of = np.array([site_of_pool[r.pool] for r in snapshot.recipes], np.int32)
    busy_w = np.array([r.busy_w for r in snapshot.recipes], np.float64)
    busy_scale = np.zeros(n_sites)
    np.maximum.at(busy_scale, site_of, busy_w)
    busy_scale[busy_scale == 0] = 1.0

    cols = np.cumsum([0, len(block_cls), len(pairs.cls), n_classes, len(reserved), len(stand.cls), len(reserved)])
    levels = len(recalls)
    rows = np.cumsum(
        [0, n_classes, len(reserved), n_recipes, n_sites, len(reserved), levels * n_recipes, levels * n_sites]
    )
    _, load, extra, short, stand_at, unheld, n_cols = (int(c) for c in cols)
    _, promise, capacity, envelope, standby, held_capacity, held_envelope, n_rows = (int(r) for r in rows)

    every_block, every_load = np.arange(len(block_cls)), load + np.arange(len(pairs.cls))
    every_stand, every_promise = stand_at + np.arange(len(stand.cls)), np.arange(len(reserved))
    promised = place[block_cls] >= 0
    share = busy_w / busy_scale[site_of]
    parts: list[tuple[NDArray[Any], NDArray[Any], Floats | float]] = [
        (block_cls, every_block, 1.0),
        (np.arange(n_classes), extra + np.arange(n_classes), 1.0),
        (pairs.cls, every_load, -pairs.rate / unit[pairs.cls]),
        (promise + place[block_cls][promised], every_block[promised], 1.0),
        (promise + every_promise, short + every_promise, 1.0),
        (capacity + pairs.recipe, every_load, 1.0),
        (envelope + site_of[pairs.recipe], every_load, share[pairs.recipe]),
        (standby + place[stand.cls], every_stand, stand.rate / unit[stand.cls]),
        (standby + every_promise, unheld + every_promise, 1.0),
    ]
    clear_s = np.array([c.clear_s for c in snapshot.classes], np.float64)
    recall_s = np.array([c.reservation.recall_s if c.reservation else 0.0 for c in snapshot.classes], np.float64)
    for level, recall in enumerate(recalls):
        stays = (clear_s[pairs.cls] > recall) | at  # promised work is never cleared for another promise
        comes = recall_s[stand.cls] <= recall
        in_capacity, in_envelope = held_capacity + level * n_recipes, held_envelope + level * n_sites
        for who, recipe, columns in ((stays, pairs.recipe, every_load), (comes, stand.recipe, every_stand)):
            parts.append((in_capacity + recipe[who], columns[who], 1.0))
            parts.append((in_envelope + site_of[recipe[who]], columns[who], share[recipe[who]]))
    row, col = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
    value = np.concatenate([np.full(len(r), v) if isinstance(v, float) else v for r, _, v in parts])
    keep = value != 0
    return Layout(
        pairs=pairs, stand=stand, block_cls=block_cls, reserved=reserved, recalls=recalls, unit=unit, site_of=site_of,
        busy_w=busy_w, busy_scale=busy_scale, load_at=load, extra_at=extra, short_at=short, stand_at=stand_at,
        unheld_at=unheld, n_cols=n_cols,
        promise_at=promise, capacity_at=capacity, envelope_at=envelope, standby_at=standby,
        held_capacity_at=held_capacity, held_envelope_at=held_envelope, n_rows=n_rows,
        row=row[keep].astype(np.int32), col=col[keep].astype(np.int32), value=value[keep].astype(np.float64),
    )  # fmt: skip
