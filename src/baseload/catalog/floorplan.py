"""What stands on a die: cores and what is in one, buffers, links. One file each in catalog/floorplans/."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from baseload.catalog.design import NODES, plain, read_aliases, read_one_of
from baseload.catalog.entry import Entry
from baseload.catalog.fact import Count, CountSpec
from baseload.catalog.folder import raise_all, read_folder
from baseload.errors import Fault

MEMORY_LINKS = ("hbm2e", "ddr5")
CHIP_LINKS = ("nvlink3", "nvlink4", "infinity_fabric", "pcie4", "pcie5")
COUNTS = (
    *("cores", "sublanes", "lanes", "array_macs", "int32_alus", "fp32_fmas", "fp64_fmas", "register_files"),
    *("registers", "register_bits", "register_ports", "core_sram_kb", "buffer_mb", "memory_links", "chip_links"),
)
"""`sublanes` to a core; lanes, MACs, ALUs, FMAs and register files to a sublane; registers to a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorplanEntry:
    """One entry of catalog/floorplans/."""

    id: str
    name: str
    aliases: tuple[str, ...]
    node: str
    memory_link: str
    chip_link: str
    counts: Mapping[str, Count]


def load_floorplans(folder: Path) -> dict[str, FloorplanEntry]:
    """Read every file of a folder; all faults of all files are raised together."""
    faults: list[Fault] = []
    found = read_folder(folder, _read, faults)
    raise_all(faults)
    return found


@cache
def floorplans() -> Mapping[str, FloorplanEntry]:
    """The floorplans that ship with Baseload, by id, read once."""
    with as_file(files("baseload.catalog")) as folder:
        return load_floorplans(folder / "floorplans")


def find_floorplan(name: str) -> FloorplanEntry | None:
    """The floorplan whose id or alias stands in a name: `A100 SM (GA100)` is about GA100."""
    said = plain(name)
    return next((p for p in floorplans().values() if any(plain(known) in said for known in (p.id, *p.aliases))), None)


def _read(entry: Entry, name: str) -> FloorplanEntry:
    return FloorplanEntry(
        id=name,
        name=entry.text("name"),
        aliases=read_aliases(entry),
        node=read_one_of(entry, "node", NODES),
        memory_link=read_one_of(entry, "memory_link", MEMORY_LINKS),
        chip_link=read_one_of(entry, "chip_link", CHIP_LINKS),
        counts={name: entry.needed(CountSpec(name=name, unit="count", least=0, most=1e6)) for name in COUNTS},
    )
