"""Chips: what one is made of, does, draws, costs and lasts. Peaks are dense, links are one direction.

An entry called …-vcpu is one hardware thread of a server with its share of board, memory, fans and power supply; any
other CPU is one socket; a GPU or an accelerator is one module or card.
"""

from dataclasses import dataclass
from typing import Literal, cast

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Count, CountSpec, Fact, FactSpec
from baseload.errors import SetupError

ChipKind = Literal["cpu", "gpu", "accelerator"]
KINDS = ("", "cpu", "gpu", "accelerator")
Precision = Literal["fp32", "bf16", "fp16", "fp8", "fp4", "int8", "int4"]
OperatingFact = Literal["idle_w", "max_w", "price_usd", "life_years"]

POOL_KEYS: dict[OperatingFact, str] = {"price_usd": "price_usd_per_chip", "life_years": "life_years"}
"""What a description may say itself about its chips."""


def _rate(name: str, unit: str) -> FactSpec:
    return FactSpec(name=name, unit=unit, least=0.001, most=1e6, required=False)


YEAR = CountSpec(name="year", unit="year", least=2000, most=2040, required=False)
PROCESS = FactSpec(name="process_nm", unit="nm", least=0.5, most=100, required=False)
DIE = FactSpec(name="die_area_mm2", unit="mm2", least=1, most=1e5, required=False)
DIES = CountSpec(name="compute_dies", unit="dies", least=1, most=1000, required=False)
MEMORY = FactSpec(name="memory_gb", unit="GB", least=0.1, most=1e5, required=False)
BANDWIDTH = FactSpec(name="memory_bandwidth_gb_per_s", unit="GB/s", least=0.1, most=1e8, required=False)
SRAM = FactSpec(name="sram_mb", unit="MB", least=0.01, most=1e6, required=False)
FP32 = _rate("fp32_tflops", "TFLOP/s")
BF16 = _rate("bf16_tflops", "TFLOP/s")
FP8 = _rate("fp8_tflops", "TFLOP/s")
FP4 = _rate("fp4_tflops", "TFLOP/s")
INT8 = _rate("int8_tops", "TOP/s")
INT4 = _rate("int4_tops", "TOP/s")
SCALEUP = FactSpec(name="scaleup_gb_per_s", unit="GB/s", least=0.1, most=1e6, required=False)
DOMAIN = CountSpec(name="scaleup_domain", unit="chips", least=1, most=1e6, required=False)
MAX_W = FactSpec(name="max_w", unit="W", least=0.1, most=30000, required=False)
IDLE_W = FactSpec(name="idle_w", unit="W", least=0.01, most=10000, required=False)
PRICE = FactSpec(name="price_usd", unit="USD", least=1, most=5e6, required=False)
RENT = FactSpec(name="rent_usd_per_hour", unit="USD/h", least=0.0001, most=1000, required=False)
LIFE = FactSpec(name="life_years", unit="years", least=0.5, most=20, required=False)


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
    """One entry of catalog/chips/. A fact is None where no source has it; `note` says where sources differ."""

    id: str
    name: str
    aliases: tuple[str, ...]
    vendor: str
    kind: ChipKind
    note: str
    memory_type: str
    match: Match
    year: Count | None
    process_nm: Fact | None
    die_area_mm2: Fact | None
    compute_dies: Count | None
    memory_gb: Fact | None
    memory_bandwidth_gb_per_s: Fact | None
    sram_mb: Fact | None
    fp32_tflops: Fact | None
    bf16_tflops: Fact | None
    fp8_tflops: Fact | None
    fp4_tflops: Fact | None
    int8_tops: Fact | None
    int4_tops: Fact | None
    scaleup_gb_per_s: Fact | None
    scaleup_domain: Count | None
    max_w: Fact | None
    idle_w: Fact | None
    price_usd: Fact | None
    rent_usd_per_hour: Fact | None
    life_years: Fact | None

    def peak(self, precision: Precision) -> Fact | None:
        """Dense operations a second at a precision, in 1e12; None where the chip lacks it: there is no fallback.

        FP16 runs at the BF16 rate. INT4 is weights only, so the arithmetic is BF16, unless the chip multiplies INT4.
        """
        rates = {
            "fp32": self.fp32_tflops,
            "bf16": self.bf16_tflops,
            "fp16": self.bf16_tflops,
            "fp8": self.fp8_tflops,
            "fp4": self.fp4_tflops,
            "int8": self.int8_tops,
            "int4": self.int4_tops or self.bf16_tflops,
        }
        return rates[precision]

    def need(self, name: OperatingFact) -> Fact:
        """A fact that running a pool of this chip needs; without it a SetupError that says so."""
        fact = cast(Fact | None, getattr(self, name))
        if fact is None:
            raise SetupError(self.lacks(name))
        return fact

    def lacks(self, name: OperatingFact) -> str:
        """The sentence for a fact that no source has."""
        other = f"set {POOL_KEYS[name]} in its pool, or choose" if name in POOL_KEYS else "choose"
        return f"no source says {name} of chip {self.id!r}, which a pool needs; {other} a chip that has it"


def read_chip(entry: Entry) -> Chip:
    """A chip from its file; faults go to the entry's list."""
    kind = entry.text("kind")
    if kind not in KINDS:
        entry.fault(("kind",), f"kind must be cpu, gpu or accelerator, not {kind!r}")
    chip = Chip(
        id=entry.text("id"),
        name=entry.text("name"),
        aliases=entry.texts("aliases"),
        vendor=entry.text("vendor"),
        kind=cast(ChipKind, kind),
        note=entry.text("note", ""),
        memory_type=entry.text("memory_type", ""),
        match=Match(
            vendor_id=entry.word("match", "vendor_id"),
            family=entry.wholes("match", "family"),
            model=entry.wholes("match", "model"),
            machine=entry.word("match", "machine"),
        ),
        year=entry.fact(YEAR),
        process_nm=entry.fact(PROCESS),
        die_area_mm2=entry.fact(DIE),
        compute_dies=entry.fact(DIES),
        memory_gb=entry.fact(MEMORY),
        memory_bandwidth_gb_per_s=entry.fact(BANDWIDTH),
        sram_mb=entry.fact(SRAM),
        fp32_tflops=entry.fact(FP32),
        bf16_tflops=entry.fact(BF16),
        fp8_tflops=entry.fact(FP8),
        fp4_tflops=entry.fact(FP4),
        int8_tops=entry.fact(INT8),
        int4_tops=entry.fact(INT4),
        scaleup_gb_per_s=entry.fact(SCALEUP),
        scaleup_domain=entry.fact(DOMAIN),
        max_w=entry.fact(MAX_W),
        idle_w=entry.fact(IDLE_W),
        price_usd=entry.fact(PRICE),
        rent_usd_per_hour=entry.fact(RENT),
        life_years=entry.fact(LIFE),
    )
    if chip.idle_w and chip.max_w and chip.idle_w.value > chip.max_w.value:
        entry.fault(("idle_w", "value"), f"idle_w {chip.idle_w.value:g} is above max_w {chip.max_w.value:g}")
    return chip
