"""Every fault of a snapshot, found together, each with the path of the key it is about."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from math import isfinite

from baseload.dispatch.running import nodes_held, now
from baseload.dispatch.values import Pool, Recipe, Site, Snapshot, WorkClass, nodes_usable
from baseload.errors import DescriptionError, Fault


def faults(snapshot: Snapshot) -> list[str]:
    """All that is wrong, in the order of the file. An empty list means every function of this room will answer."""
    found = [*_names(snapshot), *_sites(snapshot), *_pools(snapshot), *_recipes(snapshot)]
    found += [*_classes(snapshot), *_current(snapshot)]
    if not (isfinite(snapshot.horizon_s) and snapshot.horizon_s > 0):
        found.append(f"horizon_s: must be above 0 seconds, is {snapshot.horizon_s}")
    return found or list(_overfull(snapshot))


def check(snapshot: Snapshot, file: str = "snapshot") -> Snapshot:
    """The snapshot itself when it has no fault; otherwise all faults as one error."""
    found = faults(snapshot)
    if found:
        raise DescriptionError([Fault(file=file, line=0, message=m) for m in found])
    return snapshot


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that is not there, with the nearest that is."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"no {what} '{name}'" + (f"; did you mean '{near[0]}'?" if near else "")


def _names(s: Snapshot) -> Iterator[str]:
    groups: tuple[tuple[str, tuple[Site | Pool | Recipe | WorkClass, ...]], ...] = (
        ("sites", s.sites), ("pools", s.pools), ("recipes", s.recipes), ("classes", s.classes),
    )  # fmt: skip
    for group, items in groups:
        seen: set[str] = set()
        for item in items:
            if not item.id:
                yield f"{group}: an entry has an empty id"
            if item.id in seen:
                yield f"{group}[{item.id}].id: used twice"
            seen.add(item.id)


def _at_least(path: str, low: float, strict: bool = False, **values: float) -> Iterator[str]:
    for key, value in values.items():
        if not isfinite(value) or value < low or (strict and value == low):
            yield f"{path}.{key}: must be {'above' if strict else 'at least'} {low:g}, is {value}"


def _sites(s: Snapshot) -> Iterator[str]:
    for x in s.sites:
        at = f"sites[{x.id}]"
        yield from _at_least(at, 0, envelope_w=x.envelope_w)
        yield from _at_least(at, 1, pue=x.pue)
        if not isfinite(x.tariff_usd_per_kwh):
            yield f"{at}.tariff_usd_per_kwh: must be a number, is {x.tariff_usd_per_kwh}"


def _pools(s: Snapshot) -> Iterator[str]:
    sites = [x.id for x in s.sites]
    for p in s.pools:
        at = f"pools[{p.id}]"
        if p.site not in sites:
            yield f"{at}.site: {unknown('site', p.site, sites)}"
        yield from _at_least(at, 0, nodes=p.nodes, node_idle_w=p.node_idle_w, memory_gb_per_node=p.memory_gb_per_node)
        yield from _at_least(at, 0, rent_usd_per_node_hour=p.rent_usd_per_node_hour)
        yield from _at_least(at, 0, strict=True, chips_per_node=p.chips_per_node)


def _recipes(s: Snapshot) -> Iterator[str]:
    pools = {p.id: p for p in s.pools}
    classes = [c.id for c in s.classes]
    for r in s.recipes:
        at = f"recipes[{r.id}]"
        if r.pool not in pools:
            yield f"{at}.pool: {unknown('pool', r.pool, pools)}"
        elif r.memory_gb > 0 and pools[r.pool].memory_gb_per_node == 0:
            yield f"{at}.memory_gb: pool '{r.pool}' has no memory (memory_gb_per_node = 0)"
        yield from _at_least(at, 0, strict=True, chips=r.chips)
        yield from _at_least(at, 1, slots=r.slots)
        yield from _at_least(at, 0, memory_gb=r.memory_gb, idle_w=r.idle_w, busy_w=r.busy_w, load_s=r.load_s)
        yield from _at_least(at, 0, min_up_s=r.min_up_s, start_usd=r.start_usd, stop_usd=r.stop_usd)
        yield from _at_least(at, 0, max_replicas=r.max_replicas or 0)
        for name, rate in r.rates_per_s.items():
            if name not in classes:
                yield f"{at}.rates_per_s.{name}: {unknown('class', name, classes)}"
            yield from _at_least(f"{at}.rates_per_s", 0, strict=True, **{name: rate})


def _classes(s: Snapshot) -> Iterator[str]:
    sites = [x.id for x in s.sites]
    models = sorted({r.model for r in s.recipes})
    for c in s.classes:
        at = f"classes[{c.id}]"
        if c.model not in models:
            yield f"{at}.model: {unknown('recipe serves model', c.model, models)}"
        for name in c.sites:
            if name not in sites:
                yield f"{at}.sites: {unknown('site', name, sites)}"
        yield from _at_least(at, 0, clear_s=c.clear_s)
        if c.service_s is not None:
            yield from _at_least(at, 0, strict=True, service_s=c.service_s)
        for i, b in enumerate(c.blocks):
            yield from _at_least(f"{at}.blocks[{i}]", 0, price_usd=b.price_usd, per_s=b.per_s)
            if i and b.price_usd > c.blocks[i - 1].price_usd:
                yield f"{at}.blocks[{i}].price_usd: {b.price_usd:g} is dearer than the one before; dear ones come first"
        if c.reservation is not None:
            yield from _at_least(f"{at}.reservation", 0, per_s=c.reservation.per_s, recall_s=c.reservation.recall_s)
            top = max((b.price_usd for b in c.blocks), default=0.0)
            yield from _at_least(f"{at}.reservation", top, strict=True, shortfall_usd=c.reservation.shortfall_usd)


def _current(s: Snapshot) -> Iterator[str]:
    recipes = [r.id for r in s.recipes]
    for i, x in enumerate(s.current):
        if x.recipe not in recipes:
            yield f"current[{i}].recipe: {unknown('recipe', x.recipe, recipes)}"
        yield from _at_least(f"current[{i}]", 0, replicas=x.replicas, up_s=x.up_s, ready_in_s=x.ready_in_s)


def _overfull(s: Snapshot) -> Iterator[str]:
    """What runs now must fit: a snapshot that says otherwise is mistaken about nodes or about replicas."""
    held = nodes_held(s, {r.id: now(s, r).replicas for r in s.recipes})
    for p in s.pools:
        if held[p.id] > nodes_usable(p):
            yield f"pools[{p.id}].nodes: what runs now takes {held[p.id]} nodes, the pool has {nodes_usable(p)}"
