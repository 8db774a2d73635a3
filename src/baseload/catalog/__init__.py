"""Facts about the world with their sources: chips, models, tariffs, prices, one TOML file each, loaders beside them."""

from baseload.catalog.architecture import Architecture
from baseload.catalog.book import with_list_prices
from baseload.catalog.chip import Chip, Precision
from baseload.catalog.detect import Machine, detect_chip, this_machine
from baseload.catalog.fact import Fact
from baseload.catalog.load import Catalog, catalog, chip, load, model, price, ranking, tariff
from baseload.catalog.model import ModelEntry
from baseload.catalog.parameters import Parameters, count_parameters
from baseload.catalog.price import PriceEntry
from baseload.catalog.ranking import RankingModel
from baseload.catalog.resolve import chips_of, localise, pool_chip, resolve
from baseload.catalog.servable import Servable
from baseload.catalog.shelf import Shelf
from baseload.catalog.tariff import Tariff

__all__ = [
    "Architecture",
    "Catalog",
    "Chip",
    "Fact",
    "Machine",
    "ModelEntry",
    "Parameters",
    "Precision",
    "PriceEntry",
    "RankingModel",
    "Servable",
    "Shelf",
    "Tariff",
    "catalog",
    "chip",
    "chips_of",
    "count_parameters",
    "detect_chip",
    "load",
    "localise",
    "model",
    "pool_chip",
    "price",
    "ranking",
    "resolve",
    "tariff",
    "this_machine",
    "with_list_prices",
]
