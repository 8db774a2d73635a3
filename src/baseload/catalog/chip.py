"""Chips: what one draws, costs and lasts. For CPUs the unit is one virtual CPU (hardware thread) of a server,
with its share of board, memory, fans and power supply; for GPUs it is one accelerator.
"""

from dataclasses import dataclass
from typing import Literal, cast

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Fact, FactSpec

ChipKind = Literal["cpu", "gpu"]

IDLE_W = FactSpec(name="idle_w", unit="W", least=0.01, most=1000)
MAX_W = FactSpec(name="max_w", unit="W", least=0.1, most=30000)
PRICE = FactSpec(name="price_usd", unit="USD", least=1, most=5e6)
LIFE = FactSpec(name="life_years", unit="years", least=0.5, most=20)
RENT = FactSpec(name="rent_usd_per_hour", unit="USD/h", least=0.0001, most=1000, required=False)
MEMORY = FactSpec(name="memory_gb", unit="GB", least=0.1, most=1e5, required=False)
BANDWIDTH = FactSpec(name="memory_bandwidth_gb_per_s", unit="GB/s", least=0.1, most=1e8, required=False)
BF16 = FactSpec(name="bf16_tflops", unit="TFLOP/s", least=0.001, most=1e6, required=False)
FP8 = FactSpec(name="fp8_tflops", unit="TFLOP/s", least=0.001, most=1e6, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How /proc/cpuinfo names this processor. Empty fields match anything; the entry with most fields wins."""

    vendor_id: str = ""
    family: tuple[int, ...] = ()
    model: tuple[int, ...] = ()
    machine: str = ""

    @property
    def strictness(self) -> int:
        return sum(bool(field) for field in (self.vendor_id, self.family, self.model, self.machine))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One entry of catalog/chips/."""

    id: str
    name: str
    vendor: str
    kind: ChipKind
    match: Match
    idle_w: Fact
    max_w: Fact
    price_usd: Fact
    life_years: Fact
    rent_usd_per_hour: Fact | None
    memory_gb: Fact | None
    memory_bandwidth_gb_per_s: Fact | None
    bf16_tflops: Fact | None
    fp8_tflops: Fact | None


def read_chip(entry: Entry) -> Chip:
    """A chip from its file; faults go to the entry's list."""
    kind = entry.text("kind")
    if kind not in ("", "cpu", "gpu"):
        entry.fault(("kind",), f"kind must be cpu or gpu, not {kind!r}")
    chip = Chip(
        id=entry.text("id"),
        name=entry.text("name"),
        vendor=entry.text("vendor"),
        kind=cast(ChipKind, kind),
        match=Match(
            vendor_id=entry.word("match", "vendor_id"),
            family=entry.wholes("match", "family"),
            model=entry.wholes("match", "model"),
            machine=entry.word("match", "machine"),
        ),
        idle_w=entry.needed(IDLE_W),
        max_w=entry.needed(MAX_W),
        price_usd=entry.needed(PRICE),
        life_years=entry.needed(LIFE),
        rent_usd_per_hour=entry.fact(RENT),
        memory_gb=entry.fact(MEMORY),
        memory_bandwidth_gb_per_s=entry.fact(BANDWIDTH),
        bf16_tflops=entry.fact(BF16),
        fp8_tflops=entry.fact(FP8),
    )
    if chip.idle_w.value > chip.max_w.value:
        entry.fault(("idle_w", "value"), f"idle_w {chip.idle_w.value:g} is above max_w {chip.max_w.value:g}")
    return chip
