"""The whole catalogue from its folders, and look-up by id or alias."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file
from importlib.resources import files as resources
from pathlib import Path
from typing import TypeVar

from baseload.catalog.chip import Chip, read_chip
from baseload.catalog.model import ModelEntry, read_model
from baseload.catalog.price import PriceEntry, read_price
from baseload.catalog.ranking import RankingModel, read_ranking
from baseload.catalog.shelf import Shelf
from baseload.catalog.tariff import Tariff, read_tariff
from baseload.errors import DescriptionError, SetupError

T = TypeVar("T", bound=Chip | ModelEntry | RankingModel | Tariff | PriceEntry)

RANKING = "ranking-"
"""How the files in models/ begin that are ranking models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Facts by id or alias."""

    chips: Shelf[Chip]
    models: Shelf[ModelEntry]
    rankings: Shelf[RankingModel]
    tariffs: Shelf[Tariff]
    prices: Shelf[PriceEntry]


def load(folder: Path) -> Catalog:
    """Read every file under chips/, models/, tariffs/ and prices/; all faults of all files are raised together."""
    found = _open(folder)
    shelves = (found.chips, found.models, found.rankings, found.tariffs, found.prices)
    faults = [fault for shelf in shelves for fault in shelf.read_all()]
    if faults:
        raise DescriptionError(sorted(faults, key=lambda fault: (fault.file, fault.line)))
    return found


@cache
def catalog() -> Catalog:
    """The catalogue that ships with Baseload; an entry is read when it is first asked for."""
    with as_file(resources("baseload.catalog")) as folder:
        return _open(folder)


def chip(name: str) -> Chip:
    """A chip by id or alias."""
    return _find(catalog().chips, "chip", name)


def model(name: str) -> ModelEntry:
    """A language model by id or alias."""
    return _find(catalog().models, "model", name)


def ranking(name: str) -> RankingModel:
    """A ranking model by id or alias."""
    return _find(catalog().rankings, "ranking model", name)


def tariff(name: str) -> Tariff:
    """A tariff by id."""
    return _find(catalog().tariffs, "tariff", name)


def price(name: str) -> PriceEntry:
    """A list price by id."""
    return _find(catalog().prices, "price", name)


def nothing_named(kind: str, name: str, known: Shelf[T]) -> str:
    """The sentence for a name that the catalogue does not have."""
    near = " or ".join(repr(found) for found in known.nearest(name))
    hint = f"did you mean {near}?" if near else f"it has: {', '.join(sorted(known))}"
    return f"the catalogue has no {kind} {name!r}; {hint}"


def _open(folder: Path) -> Catalog:
    def files(kind: str) -> list[Path]:
        return list((folder / kind).glob("*.toml"))

    rankings = [path for path in files("models") if path.name.startswith(RANKING)]
    return Catalog(
        chips=Shelf(files("chips"), read_chip),
        models=Shelf([path for path in files("models") if path not in rankings], read_model),
        rankings=Shelf(rankings, read_ranking),
        tariffs=Shelf(files("tariffs"), read_tariff),
        prices=Shelf(files("prices"), read_price),
    )


def _find(known: Shelf[T], kind: str, name: str) -> T:
    if name not in known:
        raise SetupError(nothing_named(kind, name, known))
    return known[name]
