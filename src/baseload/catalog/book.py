"""A price book meets the catalogue: what a description leaves to a list price is filled in, with where it came from."""

from collections.abc import Iterator
from dataclasses import replace

from baseload.catalog.fact import Price
from baseload.catalog.load import catalog
from baseload.catalog.price import PriceEntry
from baseload.config import Description, Origin
from baseload.config.cloud import ListedPrice, ModelPrice, PriceBook
from baseload.config.schema import MODEL_PRICE
from baseload.config.settings import dotted
from baseload.config.values import written
from baseload.units import Pico

KEYS = {key.name: key for key in MODEL_PRICE.keys}


def priced(book: PriceBook) -> PriceBook:
    """The book with a price for each listed model; idempotent, for a resolved description."""
    found = (_priced(listed, catalog().prices[listed.catalog]) for listed in book.listed)
    return replace(book, prices=(*book.prices, *found), listed=())


def with_list_prices(description: Description) -> Description:
    """A resolved description that says its list prices, each with the catalogue's file and line as its origin."""
    values, origin = dict(description.values), dict(description.origin)
    for listed in description.cloud.book.listed:
        for name, price in _left_to(catalog().prices[listed.catalog], listed):
            path = dotted(("prices", "models", listed.model, name))
            values[path] = written(KEYS[name], price.pico)
            origin[path] = Origin(kind="catalogue", file=price.file, line=price.line)
    cloud = replace(description.cloud, book=priced(description.cloud.book))
    return replace(description, cloud=cloud, values=values, origin=origin)


def _priced(listed: ListedPrice, entry: PriceEntry) -> ModelPrice:
    """Cached input that neither the description nor the entry speaks of costs as input."""
    asked = _first(listed.input_pico, entry.input_usd_per_mtok.pico)
    cached = entry.cached_input_usd_per_mtok
    return ModelPrice(
        model=listed.model,
        input_pico=asked,
        cached_input_pico=_first(listed.cached_input_pico, cached.pico if cached else asked),
        output_pico=_first(listed.output_pico, entry.output_usd_per_mtok.pico),
    )


def _first(stated: Pico | None, listed: Pico) -> Pico:
    return listed if stated is None else stated


def _left_to(entry: PriceEntry, listed: ListedPrice) -> Iterator[tuple[str, Price]]:
    """The keys that the description left to the entry, and what that says."""
    for stated, price, name in (
        (listed.input_pico, entry.input_usd_per_mtok, "input_usd_per_mtok"),
        (listed.cached_input_pico, entry.cached_input_usd_per_mtok, "cached_input_usd_per_mtok"),
        (listed.output_pico, entry.output_usd_per_mtok, "output_usd_per_mtok"),
    ):
        if stated is None and price is not None:
            yield name, price
