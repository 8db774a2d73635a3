"""A chip as a parts list: what `cost` is asked about. Numbers may be arrays, all of one shape, for a whole family."""

from dataclasses import dataclass
from datetime import date

from baseload.catalog.design import DesignEntry, DieEntry, designs, find_design
from baseload.catalog.fact import Fact
from baseload.catalog.load import chip
from baseload.errors import SetupError
from baseload.silicon.coefficients import Number
from baseload.silicon.costing.yields import YieldModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Die:
    """One kind of die of a chip.

    `units` identical repairable units, of which `units_needed` must work, fill `repairable_fraction` of it; None: the
    catalogue's share for GPUs where spare units exist, else nothing. `stacked`: on top of another die.
    `module` names the block whose design is paid once; `reused`: it was paid by an earlier chip;
    `elsewhere`: copies of the module that other chips carry, over which its design is spread as well.
    `yield_model`: `harvested` uses the spare units, the textbook ones (costing/yields.py) know of none.
    `placed`: dies of a wafer counted on a grid instead of by formula.
    """

    name: str
    node: str
    area_mm2: Number
    count: Number = 1
    repairable_fraction: Number | None = None
    units: Number = 1
    units_needed: Number = 1
    stacked: bool = False
    module: str = ""
    reused: bool = False
    elsewhere: Number = 0.0
    yield_model: YieldModel = "harvested"
    placed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A chip. `memory_sites` are HBM stacks (and dummies) on the interposer; none for memory on the board.

    `seller`: merchant, partner or own (catalog/design.py). `volume` and `day` are the defaults of `cost`.
    `packaging_premium` raises the package's market price; `replicated`: mostly copies of one block, cheaper to design.
    """

    name: str
    dies: tuple[Die, ...]
    memory_type: str
    memory_gb: Number
    memory_sites: Number = 0
    package: str = "cowos_s"
    seller: str = "partner"
    server: str = "hgx"
    chips_per_server: Number = 8
    test_usd: Fact | None = None
    packaging_premium: Number = 0.0
    replicated: bool = False
    volume: float = 300_000.0
    day: date = date(2026, 11, 1)


def bought(name: str) -> Design:
    """A chip of the catalogue as a design, by any of its spellings."""
    entry = find_design(name)
    if entry is None:
        known = ", ".join(sorted(designs()))
        raise SetupError(f"nothing public says what {chip(name).id} is made of; chips with a parts list: {known}")
    return design_of(entry)


def design_of(entry: DesignEntry) -> Design:
    """The central values of a catalogue entry."""
    return Design(
        name=entry.id,
        dies=tuple(map(_die, entry.dies)),
        memory_type=entry.memory_type,
        memory_gb=entry.memory_gb.value,
        memory_sites=entry.memory_sites.value,
        package=entry.package,
        seller=entry.seller,
        server=entry.server,
        chips_per_server=entry.chips_per_server.value,
        test_usd=entry.test_usd,
    )


def _die(entry: DieEntry) -> Die:
    return Die(
        name=entry.name,
        node=entry.node,
        area_mm2=entry.area_mm2.value,
        count=entry.count.value,
        repairable_fraction=entry.repairable_fraction.value if entry.repairable_fraction else None,
        units=entry.units.value if entry.units else 1,
        units_needed=entry.units_needed.value if entry.units_needed else 1,
        stacked=entry.stacked,
    )
