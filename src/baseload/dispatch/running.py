"""What is on now, recipe by recipe, and the commitment that leaves it as it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from baseload.dispatch.packing import Packing, packing
from baseload.dispatch.results import Commitment
from baseload.dispatch.terms import spread_s
from baseload.dispatch.values import Recipe, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """Replicas of one recipe: ready ones, loading ones and the seconds they still need, and those that must stay."""

    ready: int = 0
    loading: int = 0
    ready_in_s: float = 0.0
    locked: int = 0

    @property
    def replicas(self) -> int:
        return self.ready + self.loading


def now(snapshot: Snapshot, recipe: Recipe) -> Now:
    """Add up the rows of `current` that name this recipe."""
    rows = [c for c in snapshot.current if c.recipe == recipe.id]
    return Now(
        ready=sum(c.replicas for c in rows if c.ready_in_s <= 0),
        loading=sum(c.replicas for c in rows if c.ready_in_s > 0),
        ready_in_s=max((c.ready_in_s for c in rows), default=0.0),
        locked=sum(c.replicas for c in rows if c.up_s < recipe.min_up_s),
    )


def start_s(recipe: Recipe, here: Now) -> float:
    """Seconds a replica started now needs: no less than those that one already loading still needs."""
    return max(recipe.load_s, here.ready_in_s)


def as_running(snapshot: Snapshot) -> Commitment:
    """Leave everything as it is: what loads draws watts and serves nothing yet."""
    rows = {r.id: now(snapshot, r) for r in snapshot.recipes}
    replicas = {i: n.replicas for i, n in rows.items()}
    return Commitment(
        replicas=replicas,
        ready={i: float(n.ready) for i, n in rows.items()},
        started={},
        stopped={},
        nodes_held=nodes_held(snapshot, replicas),
    )


def change_to(snapshot: Snapshot, replicas: Mapping[str, int]) -> Commitment:
    """The commitment with these replicas on: what starts or still loads gives only its share of the horizon."""
    pools = {p.id: p for p in snapshot.pools}
    ready: dict[str, float] = {}
    started: dict[str, int] = {}
    stopped: dict[str, int] = {}
    for r in snapshot.recipes:
        n, here = replicas.get(r.id, 0), now(snapshot, r)
        kept, loading = min(n, here.ready), min(max(n - here.ready, 0), here.loading)
        started[r.id], stopped[r.id] = max(n - here.replicas, 0), max(here.replicas - n, 0)
        over = spread_s(snapshot, pools[r.pool])
        ready[r.id] = (
            kept
            + loading * (1 - min(1.0, here.ready_in_s / over))
            + started[r.id] * (1 - min(1.0, start_s(r, here) / over))
        )
    return Commitment(
        replicas=dict(replicas),
        ready=ready,
        started=started,
        stopped=stopped,
        nodes_held=nodes_held(snapshot, replicas),
    )


def packings(snapshot: Snapshot) -> list[tuple[list[int], Packing]]:
    """For each pool its recipes, by number, and how they share its nodes."""
    mine = [[i for i, r in enumerate(snapshot.recipes) if r.pool == p.id] for p in snapshot.pools]
    return [(at, packing(p, [snapshot.recipes[i] for i in at])) for p, at in zip(snapshot.pools, mine, strict=True)]


def nodes_held(snapshot: Snapshot, replicas: Mapping[str, int]) -> dict[str, int]:
    """Whole nodes these replicas take in each pool."""
    return {
        p.id: pack.nodes([replicas.get(snapshot.recipes[i].id, 0) for i in at])
        for p, (at, pack) in zip(snapshot.pools, packings(snapshot), strict=True)
    }
