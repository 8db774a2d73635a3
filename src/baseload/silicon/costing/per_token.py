"""Dollars per million tokens: capital, energy, and the rest, on three bases that are never mixed.

marginal: the energy of one more token. cash: what is paid while it runs: energy, idle included, and running costs.
fully loaded: cash, and the capital of server, network, installation and building. As in docs/method/economics.md.
Arrays broadcast; money in USD, power in W at the chip's share of the server, tokens per second when busy.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.draw import Pick

HOURS_PER_YEAR = 8766.0
SECONDS_PER_HOUR = 3600.0
W_PER_MW, TOKENS_PER_MTOK = 1e6, 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a site and its money cost; `terms` takes them from the catalogue.

    Shares are of the servers' price: network and installation once, opex a year. Utilisation is the share of hours
    that the chip is busy.
    """

    life_years: Number
    cost_of_capital: Number
    network_share: Number
    install_share: Number
    opex_share: Number
    facility_usd_per_w: Number
    facility_life_years: Number
    pue: Number
    usd_per_mwh: Number
    utilisation: Number


class Yearly(NamedTuple):
    """USD a year per chip. `work` is the energy above idle, while busy."""

    capital: Array
    facility: Array
    opex: Array
    idle: Array
    work: Array

    @property
    def cash(self) -> Array:
        return np.asarray(self.opex + self.idle + self.work)

    @property
    def full(self) -> Array:
        return np.asarray(self.cash + self.capital + self.facility)


class PerToken(NamedTuple):
    """USD per million tokens: the parts, which add up to `fully_loaded`."""

    capital: Array
    facility: Array
    opex: Array
    idle_energy: Array
    work_energy: Array

    @property
    def marginal(self) -> Array:
        return self.work_energy

    @property
    def cash(self) -> Array:
        return np.asarray(self.opex + self.idle_energy + self.work_energy)

    @property
    def fully_loaded(self) -> Array:
        return np.asarray(self.cash + self.capital + self.facility)


def terms(pick: Pick, **stated: Number) -> Terms:
    """The catalogue's terms (costs/capital.toml), those stated in their place."""
    known: dict[str, Number] = {
        "life_years": pick("life_years"),
        "cost_of_capital": pick("cost_of_capital"),
        "network_share": pick("network_share_of_server"),
        "install_share": pick("install_share"),
        "opex_share": pick("opex_share"),
        "facility_usd_per_w": pick("facility_cost"),
        "facility_life_years": pick("facility_life_years"),
        "pue": pick("pue"),
        "usd_per_mwh": pick("power_price"),
        "utilisation": pick("utilisation"),
    }
    return Terms(**{**known, **stated})


def annuity(rate: Number, years: Number) -> Array:
    """The yearly payment that repays one dollar with interest: r / (1 − (1+r)^−n); 1/n without interest."""
    r, n = np.broadcast_arrays(np.asarray(rate, dtype=float), np.asarray(years, dtype=float))
    paid = -np.expm1(-n * np.log1p(r))
    return np.where(r > 0, r / np.where(r > 0, paid, 1.0), 1.0 / n)


def yearly_usd(price_usd: Number, busy_w: Number, site: Terms, *, idle_w: Number = 0.0) -> Yearly:
    """What a chip costs a year. `price_usd` is the chip with its share of the server."""
    servers = np.asarray(price_usd, dtype=float) * (1.0 + np.asarray(site.network_share) + site.install_share)
    building = np.asarray(busy_w, dtype=float) * site.facility_usd_per_w
    mwh_per_w = HOURS_PER_YEAR / W_PER_MW * np.asarray(site.pue)
    return Yearly(
        capital=servers * annuity(site.cost_of_capital, site.life_years),
        facility=building * annuity(site.cost_of_capital, site.facility_life_years),
        opex=np.asarray(price_usd * np.asarray(site.opex_share)),
        idle=np.asarray(idle_w * mwh_per_w * site.usd_per_mwh),
        work=np.asarray((np.asarray(busy_w) - idle_w) * mwh_per_w * site.usd_per_mwh * site.utilisation),
    )


def usd_per_mtok(
    *, tokens_per_s: Number, busy_w: Number, price_usd: Number, site: Terms, idle_w: Number = 0.0
) -> PerToken:
    """Cost per million tokens of one chip that makes `tokens_per_s` when busy."""
    year = yearly_usd(price_usd, busy_w, site, idle_w=idle_w)
    busy_s = HOURS_PER_YEAR * SECONDS_PER_HOUR * np.asarray(site.utilisation)
    mtok = np.asarray(tokens_per_s, dtype=float) * busy_s / TOKENS_PER_MTOK
    return PerToken(*(np.asarray(part / mtok) for part in year))


def usd_per_hour(price_usd: Number, busy_w: Number, site: Terms, *, idle_w: Number = 0.0) -> Array:
    """The rent at which an owner neither gains nor loses: the full yearly cost over the hours that are rented."""
    full = yearly_usd(price_usd, busy_w, site, idle_w=idle_w).full
    return np.asarray(full / (HOURS_PER_YEAR * np.asarray(site.utilisation)))
