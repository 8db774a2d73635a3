"""What a pool costs over a period: depreciation or rent, energy at the meter, space, staff; in whole nano-dollars.

Straight-line depreciation over the chip's life from the day it was bought, nothing after it. Rent is take-or-pay: it
runs whether the chips are used or not. A site's space and staff fall on its pools by the watts they can draw.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from baseload.catalog import Chip, chips_of, pool_chip, tariff
from baseload.config import Cloud
from baseload.config.cloud import Pool, Site
from baseload.energy import apportion

HOUR_US = 3_600_000_000
YEAR_US = 31_557_600_000_000
"""A Julian year: 365.25 days."""
MJ_PER_MWH = 3_600_000_000_000
NANO = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCost:
    """One pool's cost over a period. `capex_nano`: what its owned chips cost; `net_nano`: what the books still hold."""

    pool: str
    chips: int
    capex_nano: int
    net_nano: int
    life_us: int
    bought_us: int
    depreciation_nano: int
    rent_nano: int
    energy_nano: int
    space_nano: int
    staff_nano: int

    @property
    def fixed_nano(self) -> int:
        """What runs with the clock, not with the load."""
        return self.depreciation_nano + self.rent_nano + self.space_nano + self.staff_nano

    @property
    def cash_nano(self) -> int:
        """What is paid: everything but depreciation."""
        return self.rent_nano + self.energy_nano + self.space_nano + self.staff_nano

    @property
    def total_nano(self) -> int:
        return self.fixed_nano + self.energy_nano


def real_pools(cloud: Cloud) -> tuple[Pool, ...]:
    """Pools that cost money. One whose models are all simulated is a rehearsal and stays out of the books."""

    def rehearsal(pool: Pool) -> bool:
        engines = [model.engine for model in cloud.models if model.pool == pool.id]
        return bool(engines) and all(engine == "twin" for engine in engines)

    return tuple(pool for pool in cloud.pools if not rehearsal(pool))


def costs_of(cloud: Cloud, meter_mj: Mapping[str, int], from_us: int, to_us: int) -> list[PoolCost]:
    """Each real pool's cost; `meter_mj` is what each drew at the meter, PUE included. The cloud must be localised."""
    pools = real_pools(cloud)
    sites = {site.id: site for site in cloud.sites}
    space, staff = _site_shares(cloud.sites, pools, from_us, to_us)
    return [
        _cost_of(pool, sites[pool.site], meter_mj.get(pool.id, 0), space[pool.id], staff[pool.id], from_us, to_us)
        for pool in pools
    ]


def hourly(cloud: Cloud, watts: Mapping[str, float], now_us: int) -> list[PoolCost]:
    """What an hour costs now, at these watts at the meter by pool; a pool that is not named draws its idle watts."""
    sites = {site.id: site for site in cloud.sites}
    idle = {
        pool.id: pool_chip(pool).need("idle_w").value * chips_of(pool) * sites[pool.site].pue
        for pool in real_pools(cloud)
    }
    meter_mj = {pool: round(watt * 3_600_000) for pool, watt in {**idle, **watts}.items()}
    return costs_of(cloud, meter_mj, now_us, now_us + HOUR_US)


def energy_nano(mj: int, site: Site) -> int:
    """Millijoules at the meter, in nano-dollars at the site's tariff: mJ × USD/MWh × 1e9 / 3.6e12."""
    return round(mj * _exact(tariff(site.tariff).usd_per_mwh.value) * NANO / MJ_PER_MWH)


def _cost_of(pool: Pool, site: Site, mj: int, space: int, staff: int, from_us: int, to_us: int) -> PoolCost:
    chip, chips = pool_chip(pool), chips_of(pool)
    owned = pool.tenure == "owned"
    capex = round(_exact(_price_usd(pool, chip)) * chips * NANO) if owned else 0
    life_us = round(_exact(pool.life_years if pool.life_years is not None else chip.need("life_years").value) * YEAR_US)
    bought_us = pool.bought_us or from_us
    in_life_us = max(0, min(to_us, bought_us + life_us) - max(from_us, bought_us))
    age_us = min(life_us, max(0, to_us - (pool.bought_us or to_us)))
    return PoolCost(
        pool=pool.id,
        chips=chips,
        capex_nano=capex,
        net_nano=capex - round(Fraction(capex * age_us, life_us)),
        life_us=life_us,
        bought_us=pool.bought_us,
        depreciation_nano=round(Fraction(capex * in_life_us, life_us)),
        rent_nano=0 if owned else _hourly(_exact(pool.rent_usd_per_chip_hour or 0) * chips, from_us, to_us),
        energy_nano=energy_nano(mj, site),
        space_nano=space,
        staff_nano=staff,
    )


def _price_usd(pool: Pool, chip: Chip) -> float:
    return pool.price_usd_per_chip if pool.price_usd_per_chip is not None else chip.need("price_usd").value


def _site_shares(
    sites: Iterable[Site], pools: Iterable[Pool], from_us: int, to_us: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Space and staff of each site over its pools, by the milliwatts they can draw, to the last nano-dollar."""
    space: dict[str, int] = {}
    staff: dict[str, int] = {}
    for site in sites:
        here = [pool for pool in pools if pool.site == site.id]
        weights = [max(1, round(chips_of(pool) * pool_chip(pool).need("max_w").value * 1000)) for pool in here]
        for hourly, shares in ((site.space_usd_per_hour, space), (site.staff_usd_per_hour, staff)):
            parts = apportion(_hourly(_exact(hourly), from_us, to_us), weights)
            shares.update({pool.id: part for pool, part in zip(here, parts, strict=True)})
    return space, staff


def _hourly(usd_per_hour: Fraction, from_us: int, to_us: int) -> int:
    return round(usd_per_hour * NANO * (to_us - from_us) / HOUR_US)


def _exact(value: float) -> Fraction:
    """The number its writer wrote: 86.9 is 869/10, not the nearest binary fraction."""
    return Fraction(str(value))
