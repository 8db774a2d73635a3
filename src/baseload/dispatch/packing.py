"""Whole nodes: which sets of replicas fit a pool's nodes, as rows of a linear program.

Three ways, the first that is exact and small:

1. *Shares*. When chips and memory say the same and the sizes divide one another (1, 2, 4 and 8 chips of 8), replicas
   pack without loss, so one row (sum of node shares ≤ nodes) is exact.
2. *Patterns*. Otherwise every maximal filling of one node is listed and counted in whole nodes (the cutting-stock
   model of Gilmore and Gomory 1961): exact.
3. *Rounded shares*. With more than `MAX_PATTERNS` fillings each replica's share is rounded up to a power of one half,
   which never overfills a node and may waste some.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log2

from baseload.dispatch.values import Pool, Recipe, nodes_per_replica

MAX_PATTERNS = 64
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """`share[i]` is what one replica of recipe i takes, in nodes. With patterns, shares above zero are whole nodes
    and `shape[i]` (−1 for those) indexes the columns of each pattern.
    """

    share: tuple[float, ...]
    shape: tuple[int, ...]
    patterns: tuple[tuple[int, ...], ...]

    def nodes(self, counts: Sequence[int]) -> int:
        """Nodes that hold these replicas: the least by shares, first fit decreasing by patterns."""
        whole = ceil(sum(s * n for s, n in zip(self.share, counts, strict=True)) - 1e-6)
        if not self.patterns:
            return whole
        need = [0] * len(self.patterns[0])
        for shape, n in zip(self.shape, counts, strict=True):
            if shape >= 0:
                need[shape] += n
        return whole + _cover(need, self.patterns)


def packing(pool: Pool, recipes: Sequence[Recipe]) -> Packing:
    """How these recipes share the pool's nodes."""
    whole = [nodes_per_replica(r, pool) for r in recipes]
    sizes = [_size(r, pool) for r in recipes]
    shares = [float(w) if w else max(size) for w, size in zip(whole, sizes, strict=True)]
    if _memory_follows_chips(sizes, whole) and _divide(shares, whole):
        return Packing(share=tuple(shares), shape=(-1,) * len(recipes), patterns=())
    shapes = sorted({size for w, size in zip(whole, sizes, strict=True) if not w}, reverse=True)
    patterns = fillings(shapes)
    if patterns is None:
        rounded = tuple(float(w) if w else _power_of_half(s) for w, s in zip(whole, shares, strict=True))
        return Packing(share=rounded, shape=(-1,) * len(recipes), patterns=())
    place: Mapping[tuple[float, float], int] = {s: i for i, s in enumerate(shapes)}
    return Packing(
        share=tuple(float(w) for w in whole),
        shape=tuple(-1 if w else place[s] for w, s in zip(whole, sizes, strict=True)),
        patterns=tuple(patterns),
    )


def fillings(shapes: Sequence[tuple[float, float]]) -> list[tuple[int, ...]] | None:
    """Every maximal way to fill one node with these (chips, memory) shares, or None when there are too many."""
    found: list[tuple[int, ...]] = []
    stack: list[tuple[tuple[int, ...], float, float]] = [((), 1.0, 1.0)]
    while stack:
        counts, chips, memory = stack.pop()
        if len(counts) == len(shapes):
            if not any(c <= chips + _SLACK and m <= memory + _SLACK for c, m in shapes):
                found.append(counts)
            if len(found) > MAX_PATTERNS:
                return None
            continue
        c, m = shapes[len(counts)]
        most = floor(min(chips / c if c else 1e6, memory / m if m else 1e6) + _SLACK)
        stack.extend(((*counts, n), chips - n * c, memory - n * m) for n in range(most + 1))
        if len(stack) > 50 * MAX_PATTERNS:
            return None
    return found


def _size(recipe: Recipe, pool: Pool) -> tuple[float, float]:
    """Shares of one node's chips and memory."""
    memory = recipe.memory_gb / pool.memory_gb_per_node if pool.memory_gb_per_node > 0 else 0.0
    return round(recipe.chips / pool.chips_per_node, 9), round(memory, 9)


def _memory_follows_chips(sizes: Sequence[tuple[float, float]], whole: Sequence[int]) -> bool:
    """Memory never binds before chips do."""
    return all(m <= c + _SLACK for (c, m), w in zip(sizes, whole, strict=True) if not w)


def _divide(shares: Sequence[float], whole: Sequence[int]) -> bool:
    """Each size divides the next and the largest divides the node, so first fit decreasing leaves no gap."""
    sizes = [*sorted({s for s, w in zip(shares, whole, strict=True) if not w}), 1.0]
    ratios = [large / small for small, large in pairwise(sizes)]
    return all(abs(r - round(r)) < 1e-6 for r in ratios)


def _power_of_half(share: float) -> float:
    """The smallest 1/2^k that holds this share."""
    return float(2.0 ** -floor(-log2(share) + _SLACK)) if share > 0 else 0.0


def _cover(need: list[int], patterns: Sequence[tuple[int, ...]]) -> int:
    """Nodes for these shapes, taking at each step the pattern that places most of what is left."""
    nodes = 0
    while any(n > 0 for n in need):
        best = max(patterns, key=lambda p: [min(a, b) for a, b in zip(p, need, strict=True)])
        times = max(1, min((n // k for n, k in zip(need, best, strict=True) if k and n >= k), default=1))
        need = [max(0, n - times * k) for n, k in zip(need, best, strict=True)]
        nodes += times
    return nodes
