"""What chips can be made of: nodes, memories, design rules and workload shifts, one TOML file each."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeVar

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Fact, FactSpec
from baseload.catalog.folder import raise_all, read_folder
from baseload.errors import Fault

FEATURES = ("all_to_all", "vector", "fp4", "gather")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A logic process. `energy_factor` is watts at equal speed over N5's; densities are of logic and of SRAM with all
    its periphery.
    """

    id: str
    name: str
    density_mtr_per_mm2: Fact
    sram_mm2_per_mb: Fact
    energy_factor: Fact
    idle_w_per_mm2: Fact
    design_months: Fact
    fab_weeks: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryType:
    """DRAM by the stack, package or channel, whichever takes one piece of die edge."""

    id: str
    name: str
    stack_gb: Fact
    stack_gb_per_s: Fact
    edge_mm: Fact
    on_package_mm2: Fact
    phy_mm2: Fact
    controller_mtr: Fact
    energy_pj_per_bit: Fact
    idle_w: Fact
    throughput_share: Fact
    qualification_months: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits and template constants that no cost input tells; each is explained in docs/method/explorer.md."""

    package_mm2: Fact
    power_density_w_per_mm2: Fact
    rack_w: Fact
    rack_chips: Fact
    array_overhead: Fact
    vector_overhead: Fact
    reference_programmable: Fact
    fp4_area_share: Fact
    spare_share: Fact
    spare_units: Fact
    fabric_share: Fact
    die_to_die_share: Fact
    flop_pj: Fact
    vector_flop_pj: Fact
    nominal_ghz: Fact
    voltage_slope: Fact
    simultaneity: Fact
    reference_sram_mb: Fact
    reference_ridge: Fact
    vector_work_share: Fact
    slo_headroom: Fact
    chunk_tokens: Fact
    vector_feature_share: Fact
    all_to_all_gb_per_s: Fact
    gather_programmable: Fact
    bring_up_months: Fact
    chiplet_months: Fact
    respin_months: Fact
    first_port_share: Fact
    port_months: Fact
    bought_lead_months: Fact
    bought_gain_per_year: Fact
    cowos_wafers_per_year: Fact
    interposer_wafer_mm2: Fact
    memory_gb_per_year: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A way the workload may move: multiples of today's cost of a token, and features without which a chip is out."""

    id: str
    name: str
    requires: tuple[str, ...]
    """A chip without one of these cannot serve the new work."""
    gains_from: tuple[str, ...]
    """A chip without one of these serves it without saving arithmetic."""
    source: str
    flops: float
    prefill_flops: float
    weight_bytes: float
    kv_bytes: float
    capacity: float
    network: float
    vector: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """Everything a design is judged by, by id and in the order of the files' names."""

    nodes: Mapping[str, Node]
    memories: Mapping[str, MemoryType]
    shifts: Mapping[str, Shift]
    rules: Rules


T = TypeVar("T")


@cache
def technology() -> Technology:
    """The technology that ships with Baseload, read once."""
    with as_file(files("baseload.catalog")) as folder:
        return load_technology(folder)


def load_technology(folder: Path) -> Technology:
    """Read nodes/, memories/, shifts/ and rules/design.toml; all faults of all files are raised together."""
    faults: list[Fault] = []
    nodes = read_folder(folder / "nodes", _node, faults)
    memories = read_folder(folder / "memories", _memory, faults)
    shifts = read_folder(folder / "shifts", _shift, faults)
    rules = read_folder(folder / "rules", _rules, faults)
    if not faults and "design" not in rules:
        faults.append(Fault(file="rules/design.toml", line=0, message="is missing; it holds the limits of a design"))
    raise_all(faults)
    return Technology(nodes=nodes, memories=memories, shifts=shifts, rules=rules["design"])


def _node(entry: Entry, name: str) -> Node:
    return Node(id=name, name=entry.text("name"), **_facts(entry, Node, {"id", "name"}))


def _memory(entry: Entry, name: str) -> MemoryType:
    return MemoryType(id=name, name=entry.text("name"), **_facts(entry, MemoryType, {"id", "name"}))


def _rules(entry: Entry, name: str) -> Rules:
    return Rules(**_facts(entry, Rules, set()))


def _shift(entry: Entry, name: str) -> Shift:
    facts = _facts(entry, Shift, {"id", "name", "requires", "gains_from", "source"})
    return Shift(
        id=name,
        name=entry.text("name"),
        requires=_features(entry, "requires"),
        gains_from=_features(entry, "gains_from"),
        source=next(iter(facts.values())).source,
        **{key: fact.value for key, fact in facts.items()},
    )


def _features(entry: Entry, key: str) -> tuple[str, ...]:
    said = entry.take(key)
    if isinstance(said, list) and set(map(str, said)) <= set(FEATURES):
        return tuple(map(str, said))
    entry.fault((key,), f"{key} must list some of {', '.join(FEATURES)}, or nothing")
    return ()


def _facts(entry: Entry, kind: type[Any], told: set[str]) -> dict[str, Fact]:
    """Every field of a value that is a number, with the unit that its name ends in."""
    names = [field.name for field in fields(kind) if field.name not in told]
    return {name: entry.needed(_spec(name)) for name in names}


_UNITS = {
    "_gb_per_s": "GB/s", "_mm2_per_mb": "mm2/MB", "_w_per_mm2": "W/mm2",
    "_mtr_per_mm2": "MTr/mm2", "_pj_per_bit": "pJ/bit", "_mm2": "mm2", "_mm": "mm", "_pj": "pJ", "_w": "W", "_gb": "GB",
    "_mb": "MB", "_mtr": "MTr", "_ghz": "GHz", "_weeks": "weeks", "_months": "months", "_tokens": "tokens",
    "_share": "share",
}  # fmt: skip


def _spec(name: str) -> FactSpec:
    ends = [end for end in _UNITS if name.endswith(end)]
    unit = _UNITS[max(ends, key=len)] if ends else "x"
    most = 1.0 if name.endswith("_share") else 1e9
    return FactSpec(name=name, unit=unit, least=0, most=most)
