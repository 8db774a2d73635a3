"""A description meets the catalogue: names are looked up, and what was left to the machine is filled in."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from baseload.catalog.book import priced
from baseload.catalog.chip import Chip, OperatingFact
from baseload.catalog.detect import Machine, detect_chip, this_machine
from baseload.catalog.load import T, catalog, nothing_named
from baseload.catalog.shelf import Shelf
from baseload.config import Cloud, Origin
from baseload.config.cloud import Pool, Site
from baseload.config.settings import dotted
from baseload.errors import Fault

HEADROOM = 1.2
"""An automatic envelope is full load plus a fifth, so that it does not bind on one machine."""


def resolve(cloud: Cloud, origin: Mapping[str, Origin] | None = None) -> list[Fault]:
    """Names and needed facts that the catalogue lacks, all of them; with the origins they carry file and line."""
    faults: list[Fault] = []

    def fault(path: tuple[str, ...], message: str) -> None:
        where = (origin or {}).get(dotted(path))
        file = (where.file or where.name) if where else dotted(path)
        faults.append(Fault(file=file, line=where.line if where else 0, message=message))

    def look_up(path: tuple[str, ...], kind: str, name: str | None, known: Shelf[T]) -> None:
        if name is not None and name not in known:
            fault(path, nothing_named(kind, name, known))

    for site in cloud.sites:
        look_up(("site", site.id, "tariff"), "tariff", site.tariff, catalog().tariffs)
    for pool in cloud.pools:
        look_up(("pool", pool.id, "chip"), "chip", None if pool.chip == "auto" else pool.chip, catalog().chips)
        for message in _lacks(pool):
            fault(("pool", pool.id, "chip"), message)
    for model in cloud.models:
        look_up(("model", model.id, "catalog"), "model", model.catalog, catalog().models)
        if model.engine == "openvino" and model.catalog in catalog().models and not _servable(model.catalog):
            fault(("model", model.id, "catalog"), f"the catalogue has the shape of {model.catalog!r} but no file of it")
    for price in cloud.book.listed:
        look_up(("prices", "models", price.model, "catalog"), "price", price.catalog, catalog().prices)
    return faults


def localise(cloud: Cloud, machine: Machine | None = None) -> Cloud:
    """The description with every "auto" replaced by what this machine is, and every list price by its figures.

    Idempotent, for a resolved description.
    """
    here = machine or this_machine()
    pools = tuple(_fitted(pool, here) for pool in cloud.pools)
    sites = tuple(_with_envelope(site, pools) for site in cloud.sites)
    return replace(cloud, pools=pools, sites=sites, book=priced(cloud.book))


def chips_of(pool: Pool) -> int:
    """How many chips a localised pool has."""
    return pool.nodes * pool.chips_per_node


def pool_chip(pool: Pool) -> Chip:
    """The catalogue's entry for a localised pool."""
    return catalog().chips[pool.chip]


def _lacks(pool: Pool) -> Iterator[str]:
    """What no source says of a pool's chip although running and paying it needs it."""
    if pool.chip not in catalog().chips:
        return
    needs: dict[OperatingFact, bool] = {
        "idle_w": True,
        "max_w": True,
        "price_usd": pool.tenure == "owned" and pool.price_usd_per_chip is None,
        "life_years": pool.life_years is None,
    }
    chip = pool_chip(pool)
    yield from (chip.lacks(name) for name, needed in needs.items() if needed and getattr(chip, name) is None)


def _servable(name: str | None) -> bool:
    return name is not None and catalog().models[name].servable is not None


def _fitted(pool: Pool, machine: Machine) -> Pool:
    chip = detect_chip(machine) if pool.chip == "auto" else catalog().chips[pool.chip]
    count = pool.chips_per_node or (machine.vcpus if chip.kind == "cpu" else 1)
    return replace(pool, chip=chip.id, chips_per_node=count)


def _with_envelope(site: Site, pools: tuple[Pool, ...]) -> Site:
    if site.envelope_w:
        return site
    full = sum(chips_of(pool) * pool_chip(pool).need("max_w").value for pool in pools if pool.site == site.id)
    return replace(site, envelope_w=float(max(1, math.ceil(full * site.pue * HEADROOM))))
