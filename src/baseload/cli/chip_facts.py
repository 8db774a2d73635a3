"""How a chip's facts look: rows of a table, and JSON with the unit, the kind and the source of every number."""

from dataclasses import fields
from typing import Any

from baseload.catalog import Chip, Fact
from baseload.console.figures import NONE, number

COLUMNS = {
    "memory_gb": "GB",
    "memory_bandwidth_gb_per_s": "GB/s",
    "fp32_tflops": "FP32",
    "bf16_tflops": "BF16",
    "fp8_tflops": "FP8",
    "fp4_tflops": "FP4",
    "int8_tops": "INT8",
    "max_w": "W",
    "price_usd": "USD",
}
"""The facts of the list; the peaks in dense 1e12 operations a second."""

LEGEND = (
    "Peaks are dense, in 1e12 operations a second. v vendor, a assumed: assumed; e estimate: modelled; m measured. "
    "– no source has it."
)
HEAD = ("chip", "vendor", "year", *COLUMNS.values())
FACT_HEAD = ("fact", "value", "range", "unit", "kind", "date", "source")


def facts_of(chip: Chip) -> dict[str, Fact]:
    """What is known of it, in the order of the entry."""
    values = ((field.name, getattr(chip, field.name)) for field in fields(chip))
    return {key: value for key, value in values if isinstance(value, Fact)}


def names(chip: Chip) -> dict[str, Any]:
    """What it is called and what it is, without a number."""
    return {
        "id": chip.id,
        "name": chip.name,
        "aliases": list(chip.aliases),
        "vendor": chip.vendor,
        "kind": chip.kind,
        "memory_type": chip.memory_type or None,
        "note": chip.note or None,
    }


def row(chip: Chip) -> dict[str, Any]:
    """A chip of the list: each figure with its kind and mark, null where no source has it."""
    facts = facts_of(chip)
    figures = {key: _brief(facts.get(key)) for key in COLUMNS}
    year = chip.year.value if chip.year else None
    return {"id": chip.id, "name": chip.name, "vendor": chip.vendor, "kind": chip.kind, "year": year, **figures}


def _brief(fact: Fact | None) -> dict[str, Any] | None:
    return None if fact is None else {"value": fact.value, "kind": fact.kind, "mark": fact.mark}


def told(fact: Fact) -> dict[str, Any]:
    """A number with all that its entry says of it."""
    return {
        "value": fact.value,
        "low": fact.low,
        "high": fact.high,
        "unit": fact.unit,
        "kind": fact.kind,
        "mark": fact.mark,
        "date": fact.date,
        "source": fact.source,
        "url": fact.cited.url or None,
        "note": fact.note or None,
    }


def cells(chip: Chip) -> list[str]:
    """A chip's row under HEAD."""
    year = str(chip.year.value) if chip.year else NONE
    facts = facts_of(chip)
    return [chip.id, chip.vendor, year, *(_figure(facts.get(key)) for key in COLUMNS)]


def _figure(fact: Fact | None) -> str:
    """A number with the first letter of its kind, as wide as the widest."""
    return f"{NONE:>11}" if fact is None else f"{number(fact.value, 4):>9} {fact.kind[0]}"


def heading(chip: Chip) -> list[str]:
    """What stands above its facts."""
    memory = f", {chip.memory_type}" if chip.memory_type else ""
    lines = [f"{chip.id}: {chip.name} ({chip.vendor}, {chip.kind}{memory})"]
    if chip.aliases:
        lines.append(f"also called {', '.join(chip.aliases)}")
    if chip.note:
        lines.append(chip.note)
    return [*lines, ""]


def line(key: str, fact: Fact) -> list[str]:
    """A fact's row under FACT_HEAD."""
    span = f"{_plain(fact.low)} to {_plain(fact.high)}" if fact.low != fact.high else NONE
    source = f"{fact.source} ({fact.note})" if fact.note else fact.source
    return [key, _plain(fact.value), span, fact.unit, fact.kind, fact.date.isoformat(), source]


def _plain(value: float) -> str:
    return f"{value:.10g}"
