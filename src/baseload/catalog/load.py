"""The whole catalogue from its folders, and look-up by id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Protocol, TypeVar

from baseload.catalog.chip import Chip, read_chip
from baseload.catalog.entry import Entry
from baseload.catalog.model import ModelEntry, read_model
from baseload.catalog.price import PriceEntry, read_price
from baseload.catalog.tariff import Tariff, read_tariff
from baseload.errors import DescriptionError, Fault


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Facts by id."""

    chips: Mapping[str, Chip]
    models: Mapping[str, ModelEntry]
    tariffs: Mapping[str, Tariff]
    prices: Mapping[str, PriceEntry]


def load(folder: Path) -> Catalog:
    """Read every file under chips/, models/, tariffs/ and prices/; all faults of all files are raised together."""
    faults: list[Fault] = []
    catalog = Catalog(
        chips=_read_folder(folder, "chips", read_chip, faults),
        models=_read_folder(folder, "models", read_model, faults),
        tariffs=_read_folder(folder, "tariffs", read_tariff, faults),
        prices=_read_folder(folder, "prices", read_price, faults),
    )
    if faults:
        raise DescriptionError(sorted(faults, key=lambda fault: (fault.file, fault.line)))
    return catalog


@cache
def catalog() -> Catalog:
    """The catalogue that ships with Baseload, read once."""
    with as_file(files("baseload.catalog")) as folder:
        return load(folder)


def chip(name: str) -> Chip:
    """A chip by id."""
    return _find(catalog().chips, "chip", name)


def model(name: str) -> ModelEntry:
    """A model's weights by id."""
    return _find(catalog().models, "model", name)


def tariff(name: str) -> Tariff:
    """A tariff by id."""
    return _find(catalog().tariffs, "tariff", name)


def price(name: str) -> PriceEntry:
    """A list price by id."""
    return _find(catalog().prices, "price", name)


def nothing_named(kind: str, name: str, known: Mapping[str, object]) -> str:
    """The sentence for a name that the catalogue does not have."""
    near = get_close_matches(name, known, 1, 0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(sorted(known))}"
    return f"the catalogue has no {kind} {name!r}; {hint}"


def _find(known: Mapping[str, T], kind: str, name: str) -> T:
    if name not in known:
        raise DescriptionError([Fault(file="catalogue", line=0, message=nothing_named(kind, name, known))])
    return known[name]


def _read_folder(folder: Path, kind: str, read: Callable[[Entry], T], faults: list[Fault]) -> dict[str, T]:
    found: dict[str, T] = {}
    for path in sorted((folder / kind).glob("*.toml")):
        entry = Entry(f"{kind}/{path.name}", path.read_text(encoding="utf-8"), faults)
        if not entry.tree:
            continue
        thing = read(entry)
        entry.finish()
        if thing.id and thing.id != path.stem:
            entry.fault(("id",), f"id {thing.id!r} is not the name of its file; rename one of them")
        found[thing.id] = thing
    return found
