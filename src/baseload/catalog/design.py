"""What chips are made of, as far as it is public: dies, memory, package, board. One file each in catalog/designs/."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Count, CountSpec, Fact, FactSpec
from baseload.catalog.folder import raise_all, read_folder
from baseload.catalog.load import catalog
from baseload.catalog.row import Row, rows
from baseload.errors import Fault

SELLERS = ("merchant", "partner", "own")
"""Sold at the maker's price; made with a silicon partner who takes a margin; made on one's own account."""
PACKAGES = ("organic", "cowos_s", "cowos_l", "cowos_soic")
SERVERS = ("hgx", "nvl72", "card")
MEMORIES = ("hbm2", "hbm2e", "hbm3", "hbm3e", "hbm4", "lpddr5", "lpddr5x", "ddr5", "gddr6", "gddr7", "none")
NODES = ("n14", "n12", "n10", "n7", "n6", "n5", "n4", "n3", "n2", "a16")

AREA = FactSpec(name="area_mm2", unit="mm2", least=1, most=900)
COUNT = CountSpec(name="count", unit="dies", least=1, most=64)
UNITS = CountSpec(name="units", unit="units", least=1, most=4096, required=False)
NEEDED = CountSpec(name="units_needed", unit="units", least=1, most=4096, required=False)
REPAIRABLE = FactSpec(name="repairable_fraction", unit="fraction", least=0, most=1, required=False)
CAPACITY = FactSpec(name="memory_gb", unit="GB", least=0, most=10_000)
SITES = CountSpec(name="memory_sites", unit="stacks", least=0, most=32)
PER_SERVER = CountSpec(name="chips_per_server", unit="chips", least=1, most=1024)
TEST = FactSpec(name="test_usd", unit="USD", least=0, most=20_000, required=False)
POWER = FactSpec(name="tdp_w", unit="W", least=1, most=30_000, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DieEntry:
    """One kind of die. `units` identical repairable units, of which `units_needed` must work; absent: no repair."""

    name: str
    node: str
    stacked: bool
    area_mm2: Fact
    count: Count
    units: Count | None
    units_needed: Count | None
    repairable_fraction: Fact | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignEntry:
    """One entry of catalog/designs/; its id is the chip's. `memory_sites` counts stacks and their dummies."""

    id: str
    name: str
    aliases: tuple[str, ...]
    seller: str
    package: str
    memory_type: str
    server: str
    memory_gb: Fact
    memory_sites: Count
    chips_per_server: Count
    test_usd: Fact | None
    tdp_w: Fact | None
    dies: tuple[DieEntry, ...]

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.id, self.name, *self.aliases)

    @property
    def facts(self) -> dict[str, Fact]:
        """Every number of the entry, those of a die under its name."""
        own = ("memory_gb", "memory_sites", "chips_per_server", "test_usd", "tdp_w")
        die = ("area_mm2", "count", "units", "units_needed", "repairable_fraction")
        found: dict[str, Fact | None] = {name: getattr(self, name) for name in own}
        found |= {f"{one.name} {name}": getattr(one, name) for one in self.dies for name in die}
        return {name: fact for name, fact in found.items() if fact is not None}


def load_designs(folder: Path) -> dict[str, DesignEntry]:
    """Read every file of a folder; all faults of all files are raised together."""
    faults: list[Fault] = []
    found = read_folder(folder, _read, faults)
    raise_all(faults)
    return found


@cache
def designs() -> Mapping[str, DesignEntry]:
    """The designs that ship with Baseload, by chip id, read once."""
    with as_file(files("baseload.catalog")) as folder:
        return load_designs(folder / "designs")


def plain(spelling: str) -> str:
    """A name as it is compared: letters and digits only, so that `H100 SXM` is `H100-SXM`."""
    return "".join(c for c in spelling.casefold() if c.isalnum())


def find_design(name: str) -> DesignEntry | None:
    """The design of a chip by any of its spellings, or by those of catalog/chips/; None without a parts list."""
    chips = catalog().chips
    wanted = {plain(name), plain(chips[name].id) if name in chips else ""}
    return next((d for d in designs().values() if wanted & set(map(plain, d.spellings))), None)


def _read(entry: Entry, name: str) -> DesignEntry:
    return DesignEntry(
        id=name,
        name=entry.text("name"),
        aliases=read_aliases(entry),
        seller=read_one_of(entry, "seller", SELLERS),
        package=read_one_of(entry, "package", PACKAGES),
        memory_type=read_one_of(entry, "memory_type", MEMORIES),
        server=read_one_of(entry, "server", SERVERS),
        memory_gb=entry.needed(CAPACITY),
        memory_sites=entry.needed(SITES),
        chips_per_server=entry.needed(PER_SERVER),
        test_usd=entry.fact(TEST),
        tdp_w=entry.fact(POWER),
        dies=tuple(_die(row) for row in rows(entry, "die")),
    )


def _die(row: Row) -> DieEntry:
    die = DieEntry(
        name=row.text("name"),
        node=read_one_of(row, "node", NODES),
        stacked=row.flag("stacked", default=False),
        area_mm2=row.needed(AREA),
        count=row.needed(COUNT),
        units=row.fact(UNITS),
        units_needed=row.fact(NEEDED),
        repairable_fraction=row.fact(REPAIRABLE),
    )
    if (die.units is None) != (die.units_needed is None):
        row.fault(("units",), "units and units_needed go together: say both or neither")
    elif die.units and die.units_needed and die.units_needed.value > die.units.value:
        row.fault(("units_needed",), f"units_needed {die.units_needed.value} is above units {die.units.value}")
    row.finish()
    return die


def read_one_of(entry: Entry, name: str, known: tuple[str, ...]) -> str:
    """A text that must be one of a few."""
    said = entry.text(name)
    if said and said not in known:
        entry.fault((name,), f"{name} must be one of {', '.join(known)}, not {said!r}")
    return said


def read_aliases(entry: Entry) -> tuple[str, ...]:
    """Other spellings of a name."""
    said = entry.take("aliases")
    if said is None:
        return ()
    if isinstance(said, list) and all(isinstance(name, str) and name for name in said):
        return tuple(said)
    entry.fault(("aliases",), "aliases must be a list of texts in quotes")
    return ()
