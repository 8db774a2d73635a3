"""Tariffs: what a megawatt-hour costs at the meter."""

from dataclasses import dataclass

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Fact, FactSpec

ENERGY = FactSpec(name="usd_per_mwh", unit="USD/MWh", least=0.1, most=5000)
CAPACITY = FactSpec(name="capacity_usd_per_mw_day", unit="USD/MW-day", least=0, most=1e5, required=False)
CARBON = FactSpec(name="carbon_kg_per_mwh", unit="kg/MWh", least=0, most=2000, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One entry of catalog/tariffs/. Carbon is the annual, location-based average."""

    id: str
    name: str
    region: str
    usd_per_mwh: Fact
    capacity_usd_per_mw_day: Fact | None
    carbon_kg_per_mwh: Fact | None


def read_tariff(entry: Entry) -> Tariff:
    """A tariff from its file; faults go to the entry's list."""
    return Tariff(
        id=entry.text("id"),
        name=entry.text("name"),
        region=entry.text("region"),
        usd_per_mwh=entry.needed(ENERGY),
        capacity_usd_per_mw_day=entry.fact(CAPACITY),
        carbon_kg_per_mwh=entry.fact(CARBON),
    )
