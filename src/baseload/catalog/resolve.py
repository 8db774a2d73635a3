"""A description meets the catalogue: names are looked up, and what was left to the machine is filled in."""

import math
from collections.abc import Mapping
from dataclasses import replace

from baseload.catalog.book import priced
from baseload.catalog.chip import Chip
from baseload.catalog.detect import Machine, detect_chip, this_machine
from baseload.catalog.load import catalog, nothing_named
from baseload.config import Cloud, Origin
from baseload.config.cloud import Pool, Site
from baseload.config.settings import dotted
from baseload.errors import Fault

HEADROOM = 1.2
"""An automatic envelope is full load plus a fifth, so that it does not bind on one machine."""


def resolve(cloud: Cloud, origin: Mapping[str, Origin] | None = None) -> list[Fault]:
    """Names that the catalogue does not have, all of them; with the description's origins they carry file and line."""
    faults: list[Fault] = []

    def look_up(path: tuple[str, ...], kind: str, name: str | None, known: Mapping[str, object]) -> None:
        if name is not None and name not in known:
            where = (origin or {}).get(dotted(path))
            file = (where.file or where.name) if where else dotted(path)
            faults.append(Fault(file=file, line=where.line if where else 0, message=nothing_named(kind, name, known)))

    for site in cloud.sites:
        look_up(("site", site.id, "tariff"), "tariff", site.tariff, catalog().tariffs)
    for pool in cloud.pools:
        look_up(("pool", pool.id, "chip"), "chip", None if pool.chip == "auto" else pool.chip, catalog().chips)
    for model in cloud.models:
        look_up(("model", model.id, "catalog"), "model", model.catalog, catalog().models)
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


def _fitted(pool: Pool, machine: Machine) -> Pool:
    chip = detect_chip(machine) if pool.chip == "auto" else catalog().chips[pool.chip]
    count = pool.chips_per_node or (machine.vcpus if chip.kind == "cpu" else 1)
    return replace(pool, chip=chip.id, chips_per_node=count)


def _with_envelope(site: Site, pools: tuple[Pool, ...]) -> Site:
    if site.envelope_w:
        return site
    full = sum(chips_of(pool) * pool_chip(pool).max_w.value for pool in pools if pool.site == site.id)
    return replace(site, envelope_w=float(max(1, math.ceil(full * site.pue * HEADROOM))))
