"""Prices: what a seller asks for a million tokens of a model, as of a day. A new price is a new entry, not an edit."""

from dataclasses import dataclass

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Price, PriceSpec

INPUT = PriceSpec(name="input_usd_per_mtok", unit="USD/Mtok", least=0, most=1e4)
CACHED = PriceSpec(name="cached_input_usd_per_mtok", unit="USD/Mtok", least=0, most=1e4, required=False)
OUTPUT = PriceSpec(name="output_usd_per_mtok", unit="USD/Mtok", least=0, most=1e4)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """One entry of catalog/prices/. `model` and `seller` are as the seller calls them; without `cached`, as input."""

    id: str
    name: str
    model: str
    seller: str
    input_usd_per_mtok: Price
    cached_input_usd_per_mtok: Price | None
    output_usd_per_mtok: Price


def read_price(entry: Entry) -> PriceEntry:
    """A price from its file; faults go to the entry's list."""
    price = PriceEntry(
        id=entry.text("id"),
        name=entry.text("name"),
        model=entry.text("model"),
        seller=entry.text("seller"),
        input_usd_per_mtok=entry.needed(INPUT),
        cached_input_usd_per_mtok=entry.fact(CACHED),
        output_usd_per_mtok=entry.needed(OUTPUT),
    )
    cached = price.cached_input_usd_per_mtok
    if cached is not None and cached.pico > price.input_usd_per_mtok.pico:
        entry.fault((CACHED.name,), f"{CACHED.name} {cached.value:g} is above {INPUT.name}; cached input costs less")
    return price
