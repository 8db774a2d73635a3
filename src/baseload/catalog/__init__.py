"""Facts about the world with their sources: chips, models, tariffs, prices, one TOML file each, loaders beside them."""

from baseload.catalog.book import with_list_prices
from baseload.catalog.chip import Chip
from baseload.catalog.detect import Machine, detect_chip, this_machine
from baseload.catalog.fact import Fact
from baseload.catalog.load import Catalog, catalog, chip, load, model, price, tariff
from baseload.catalog.model import ModelEntry
from baseload.catalog.price import PriceEntry
from baseload.catalog.resolve import chips_of, localise, pool_chip, resolve
from baseload.catalog.tariff import Tariff

__all__ = [
    "Catalog",
    "Chip",
    "Fact",
    "Machine",
    "ModelEntry",
    "PriceEntry",
    "Tariff",
    "catalog",
    "chip",
    "chips_of",
    "detect_chip",
    "load",
    "localise",
    "model",
    "pool_chip",
    "price",
    "resolve",
    "tariff",
    "this_machine",
    "with_list_prices",
]
