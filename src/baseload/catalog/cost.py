"""What chips cost to make: prices, yields, margins and carbon by name, each a range with its source and its date."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path

from baseload.catalog.cost_spec import spec_of
from baseload.catalog.entry import Entry
from baseload.catalog.fact import Fact, Source
from baseload.catalog.folder import raise_all
from baseload.catalog.row import Row
from baseload.errors import DescriptionError, Fault

OURS = Source(title="stated for this calculation", kind="assumed", date=date(2026, 11, 24))


@dataclass(frozen=True, slots=True, kw_only=True)
class CostInputs(Mapping[str, Fact]):
    """Facts by name. Those that change with time hold one fact for each day that a source speaks of, in order."""

    series: Mapping[str, tuple[Fact, ...]]

    def __getitem__(self, name: str) -> Fact:
        """The newest fact of that name; an unknown name is an error that names the nearest."""
        return self.dated(name)[-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)

    def dated(self, name: str) -> tuple[Fact, ...]:
        """All facts of that name, oldest first."""
        if name not in self.series:
            near = get_close_matches(name, self.series, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else "add it under catalog/costs/"
            message = f"the catalogue has no cost input {name!r}; {hint}"
            raise DescriptionError([Fault(file="catalogue", line=0, message=message)])
        return self.series[name]

    def at(self, name: str, day: date) -> Fact:
        """The fact on a day: by straight line between two dated ones, the first before them and the last after."""
        return along(self.dated(name), day)

    def replaced(self, **values: float) -> "CostInputs":
        """The same with some inputs stated exactly, for a what-if; their kind becomes assumed."""
        stated = {name: (self._stated(name, value),) for name, value in values.items()}
        return CostInputs(series={**self.series, **stated})

    def _stated(self, name: str, value: float) -> Fact:
        return replace(self[name], value=value, low=value, high=value, cited=OURS)


def along(facts: tuple[Fact, ...], day: date) -> Fact:
    """The fact on a day from facts in order of their dates, straight lines between them."""
    if day <= facts[0].date:
        return facts[0]
    for before, after in pairwise(facts):
        if day < after.date:
            share = (day - before.date).days / (after.date - before.date).days
            return _between(before, after, share)
    return facts[-1]


def _between(before: Fact, after: Fact, share: float) -> Fact:
    value, low, high = (
        getattr(before, key) + share * (getattr(after, key) - getattr(before, key)) for key in ("value", "low", "high")
    )
    return replace(after, value=value, low=low, high=high)


def load_costs(folder: Path) -> CostInputs:
    """Read every file of a folder; all faults of all files are raised together."""
    faults: list[Fault] = []
    series: dict[str, tuple[Fact, ...]] = {}
    for path in sorted(folder.glob("*.toml")):
        entry = Entry(f"costs/{path.name}", path.read_text(encoding="utf-8"), faults)
        for name, facts in _read(entry, path.stem).items():
            if name in series:
                entry.fault((name,), f"{name} is already told in {series[name][0].file}; drop one of them")
            series[name] = facts
    raise_all(faults)
    return CostInputs(series=series)


@cache
def cost_inputs() -> CostInputs:
    """The inputs that ship with Baseload, read once."""
    with as_file(files("baseload.catalog")) as folder:
        return load_costs(folder / "costs")


def _read(entry: Entry, stem: str) -> dict[str, tuple[Fact, ...]]:
    if not entry.tree:
        return {}
    entry.text("name")
    if entry.text("id") not in ("", stem):
        entry.fault(("id",), "id is not the name of its file; rename one of them")
    found = {}
    for name in [name for name in entry.tree if name not in ("id", "name", "source")]:
        facts = tuple(_facts(entry, name))
        if facts:
            found[name] = facts
    entry.finish()
    return found


def _facts(entry: Entry, name: str) -> Iterable[Fact]:
    """One fact, or those of `[[name]]` in order of their dates."""
    said = entry.take(name)
    spec = spec_of(name)
    if spec is None:
        entry.fault((name,), f"{name!r} belongs to no family of cost inputs; see catalog/cost_spec.py")
        return ()
    if not isinstance(said, list):
        fact = entry.fact(spec)
        return (fact,) if fact else ()
    rows = [Row(entry, (name, i), {name: row}, drop=1) for i, row in enumerate(said)]
    facts = [fact for fact in (row.fact(spec) for row in rows) if fact]
    dates = [fact.date for fact in facts]
    if len(set(dates)) < len(dates):
        entry.fault((name, 0), f"{name} says two figures for one day")
    return sorted(facts, key=lambda fact: fact.date)
