"""A chip as a step sees it, and the number formats: what is read, multiplied and sent, and how fast."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from baseload.catalog import Chip
from baseload.catalog import chip as catalogue_chip
from baseload.errors import Unsupported

GB = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a precision stores and multiplies. `math` names the rate of the chip it runs at."""

    math: str
    weight_bytes: float
    """Of most weights, block scales included."""
    mixer_bytes: float
    """Of attention's projections in mixture-of-experts models, which are quantised less."""
    kv_bytes: float


FORMATS: Mapping[str, Format] = {
    "bf16": Format(math="bf16", weight_bytes=2.0, mixer_bytes=2.0, kv_bytes=2.0),
    "fp16": Format(math="bf16", weight_bytes=2.0, mixer_bytes=2.0, kv_bytes=2.0),
    "fp8": Format(math="fp8", weight_bytes=1.0, mixer_bytes=1.0, kv_bytes=1.0),
    "int8": Format(math="int8", weight_bytes=1.0, mixer_bytes=1.0, kv_bytes=2.0),
    # FP4 blocks of 16 with an FP8 scale, MXFP4 blocks of 32 with an 8-bit one
    "fp4": Format(math="fp4", weight_bytes=0.5625, mixer_bytes=1.0, kv_bytes=1.0),
    "mxfp4": Format(math="fp4", weight_bytes=0.53125, mixer_bytes=1.0, kv_bytes=1.0),
    # weights only: multiplied in 16 bits
    "int4": Format(math="bf16", weight_bytes=0.53125, mixer_bytes=2.0, kv_bytes=2.0),
}
ALIASES = {"uint4": "int4", "nvfp4": "fp4", "float16": "fp16", "bfloat16": "bf16", "half": "fp16"}
WIDE_KV = frozenset({"vllm", "sglang"})
"""Engines that keep the cache in 16 bits unless told otherwise (their documented default, kv-cache-dtype auto)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """One accelerator. `link_bytes_per_s` is one direction; `domain` is how many are on fast links."""

    name: str
    flops_per_s: Mapping[str, float]
    """Dense peak by rate: bf16, fp8, fp4, int8."""
    bandwidth_bytes_per_s: float
    memory_bytes: float
    link_bytes_per_s: float
    domain: int = 8

    def rate(self, precision: str) -> float:
        """Dense peak of a precision; Unsupported when the chip lacks it: nothing falls back in silence."""
        wanted = format_of(precision).math
        if wanted not in self.flops_per_s:
            can = ", ".join(sorted(p for p, f in FORMATS.items() if f.math in self.flops_per_s))
            raise Unsupported(f"{self.name} has no {wanted} arithmetic, which {precision} needs; it runs {can}")
        return self.flops_per_s[wanted]


def precision_name(text: str) -> str:
    """The canonical name of a precision; Unsupported for one that is not known."""
    words = text.partition("(")[0].lower().split()
    name = ALIASES.get(words[0], words[0]) if words else ""
    if name not in FORMATS:
        raise Unsupported(f"precision {text!r} is not known; known are {', '.join(FORMATS)}")
    return name


def format_of(precision: str) -> Format:
    """Storage and arithmetic of a precision."""
    return FORMATS[precision_name(precision)]


def hardware_of(chip: Chip) -> Hardware:
    """A catalogue chip. Unsupported, naming what is missing, when no source says how fast it is.

    A processor's memory is what its server was given: no limit here.
    """
    rates = {}
    for rate in ("bf16", "fp8", "fp4", "int8"):
        peak = chip.peak(rate)
        if peak is not None:
            rates[rate] = peak.value * 1e12 * _clock_share(chip)
    missing = [
        name
        for name, fact in (
            ("memory_gb", chip.memory_gb or chip.kind == "cpu" or None),
            ("memory_bandwidth_gb_per_s", chip.memory_bandwidth_gb_per_s),
            ("any peak rate", chip.bf16_tflops or chip.fp8_tflops or chip.fp4_tflops or chip.int8_tops),
        )
        if fact is None
    ]
    memory_gb = chip.memory_gb.value if chip.memory_gb else inf if chip.kind == "cpu" else None
    if memory_gb is None or chip.memory_bandwidth_gb_per_s is None or not rates:
        raise Unsupported(f"the catalogue says nothing of {', '.join(missing)} of {chip.id}; add it to its entry")
    return Hardware(
        name=chip.id,
        flops_per_s=rates,
        bandwidth_bytes_per_s=chip.memory_bandwidth_gb_per_s.value * GB,
        memory_bytes=memory_gb * GB,
        link_bytes_per_s=(chip.scaleup_gb_per_s.value if chip.scaleup_gb_per_s else PCIE_GB_PER_S) * GB,
        domain=round(chip.scaleup_domain.value) if chip.scaleup_domain else 8,
    )


LIMITED = ("-pcap", "-cap")
"""How the catalogue's ids name a chip under a lower power limit."""


def full_power(chip_id: str) -> str:
    """The id of the same chip without its power limit."""
    for mark in LIMITED:
        chip_id = chip_id.split(mark)[0]
    return chip_id


def _clock_share(chip: Chip) -> float:
    """Of the full clock, under a power limit: power goes with frequency × voltage², voltage with frequency."""
    whole = full_power(chip.id)
    if whole == chip.id:
        return 1.0
    limit, full = chip.max_w, catalogue_chip(whole).max_w
    return float((limit.value / full.value) ** (1 / 3)) if limit and full else 1.0


PCIE_GB_PER_S = 32.0
"""One direction of PCIe 4.0 x16, where no faster link is known: an assumption."""
