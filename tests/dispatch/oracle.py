"""The same questions answered the slow and plain way, sharing no code with the room.

`best` is a textbook linear program (flows q of each class on each recipe, nothing scaled) solved by looking at every
corner; `commitments` is every set of whole replicas, placed on nodes one by one.
"""

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np

from baseload.dispatch import Pool, Recipe, Snapshot


def best(snapshot: Snapshot, ready: dict[str, float], idle_w: float) -> float:
    """The most that can be earned per hour from work at one site with these replicas, less busy energy."""
    site = snapshot.sites[0]
    watt_usd = site.pue * site.tariff_usd_per_kwh / 1000
    flows = [
        (c, b, r)
        for c in snapshot.classes
        for b in range(len(c.blocks))
        for r in snapshot.recipes
        if c.id in r.rates_per_s and ready[r.id] > 0
    ]
    n = len(flows)
    gain = np.array([3600 * c.blocks[b].price_usd - watt_usd * r.busy_w / r.rates_per_s[c.id] for c, b, r in flows])
    rows = [np.array([-float(i == j) for j in range(n)]) for i in range(n)]
    limits = [0.0] * n
    for c in snapshot.classes:
        for b, block in enumerate(c.blocks):
            rows.append(np.array([float(f[0] is c and f[1] == b) for f in flows]))
            limits.append(block.per_s)
    for r in snapshot.recipes:
        rows.append(np.array([1 / r.rates_per_s[c.id] if f is r else 0.0 for c, _, f in flows]))
        limits.append(ready[r.id])
    rows.append(np.array([r.busy_w / r.rates_per_s[c.id] for c, _, r in flows]))
    limits.append(max(0.0, site.envelope_w / site.pue - idle_w))
    return _highest_corner(gain, np.array(rows).reshape(len(limits), n), np.array(limits))


def _highest_corner(gain: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    n = len(gain)
    top = 0.0
    for chosen in combinations(range(len(b)), n):
        corner = a[list(chosen)]
        if n and abs(np.linalg.det(corner)) > 1e-9:
            x = np.linalg.solve(corner, b[list(chosen)])
            if np.all(a @ x <= b + 1e-7):
                top = max(top, float(gain @ x))
    return top


def commitments(snapshot: Snapshot) -> Iterator[dict[str, int]]:
    """Every set of replicas that fits the nodes, tried on them one by one."""
    most = [_most(r, next(p for p in snapshot.pools if p.id == r.pool)) for r in snapshot.recipes]
    for counts in product(*(range(m + 1) for m in most)):
        replicas = {r.id: n for r, n in zip(snapshot.recipes, counts, strict=True)}
        if all(fits(p, [r for r in snapshot.recipes if r.pool == p.id], replicas) for p in snapshot.pools):
            yield replicas


def fits(pool: Pool, recipes: list[Recipe], replicas: dict[str, int]) -> bool:
    """Exhaustive placement on the pool's nodes."""
    items = [r for r in recipes for _ in range(replicas[r.id])]
    return _place([(pool.chips_per_node, pool.memory_gb_per_node)] * pool.nodes, items)


def _place(nodes: list[tuple[float, float]], items: list[Recipe]) -> bool:
    if not items:
        return True
    first, rest = items[0], items[1:]
    if first.chips > 4:  # whole nodes, all of them empty ones
        empty = [i for i, n in enumerate(nodes) if n == (4.0, 40.0)]
        need = int(-(-first.chips // 4))
        return len(empty) >= need and _place([n for i, n in enumerate(nodes) if i not in empty[:need]], rest)
    for i, (chips, memory) in enumerate(nodes):
        if first.chips <= chips and first.memory_gb <= memory:
            changed = [*nodes[:i], (chips - first.chips, memory - first.memory_gb), *nodes[i + 1 :]]
            if _place(changed, rest):
                return True
    return False


def _most(recipe: Recipe, pool: Pool) -> int:
    cap = pool.nodes * max(1, int(4 // recipe.chips))
    return cap if recipe.max_replicas is None else min(cap, recipe.max_replicas)
