"""A measured machine as an entry of the catalogue: the text of catalog/chips/NAME.toml, which its loader accepts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from baseload.catalog import Chip, Fact, Machine

KEYS = {"fp32": "fp32_tflops", "bf16": "bf16_tflops", "fp8": "fp8_tflops", "int8": "int8_tops"}
"""The catalogue's name for a throughput, by precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A chip's figures, of `units` catalogue units together: virtual CPUs of a machine, or one accelerator.

    Bytes and operations per second; watts are None where no sensor is. `like` is the entry that price, life and
    missing watts are taken from, with their sources.
    """

    name: str
    units: int
    memory_bytes: float
    bytes_per_s: float
    operations_per_s: Mapping[str, float]
    idle_w: float | None = None
    busy_w: float | None = None
    like: Chip
    machine: Machine | None = None


def entry_toml(chip: Measured, *, name: str, day: date) -> str:
    """The entry called `name`: an even share of the measured figures for each unit, all of the day given."""
    lines = [
        f"# Measured on {chip.name}, {chip.units} {_unit(chip)} together; an entry is one: an even share.",
        "",
        f"id = {_text(name)}",
        f"name = {_text(f'{chip.name}, one {_unit(chip)}, measured')}",
        f"vendor = {_text(chip.like.vendor)}",
        f"kind = {_text(chip.like.kind)}",
        "",
        *(f"{key} = {{ value = {value:.4g} }}" for key, value in _figures(chip)),
        *_match(chip.machine),
        *_rest(chip),
        "",
        "[source] # of every number that names none of its own",
        f"title = {_text(f'measured by `baseload chip measure` on {chip.name}')}",
        'kind = "measured"',
        f"date = {day.isoformat()}",
    ]
    return "\n".join(lines) + "\n"


def _unit(chip: Measured) -> str:
    return "virtual CPU" if chip.like.kind == "cpu" else "accelerator"


def _figures(chip: Measured) -> Iterator[tuple[str, float]]:
    """What was measured, by the catalogue's keys and in its units."""
    yield "memory_gb", chip.memory_bytes / 1e9 / chip.units
    yield "memory_bandwidth_gb_per_s", chip.bytes_per_s / 1e9 / chip.units
    for precision, rate in chip.operations_per_s.items():
        yield KEYS[precision], rate / 1e12 / chip.units
    if chip.idle_w is not None and chip.busy_w is not None:
        yield "idle_w", chip.idle_w / chip.units
        yield "max_w", max(chip.idle_w, chip.busy_w) / chip.units


def _match(machine: Machine | None) -> Iterator[str]:
    """How this processor is found by itself: every field, so that nothing fits it closer."""
    if machine is None:
        return
    yield from ("", "[match] # how /proc/cpuinfo names it")
    if machine.vendor_id:
        yield f"vendor_id = {_text(machine.vendor_id)}"
    if machine.family >= 0:
        yield f"family = [{machine.family}]"
    if machine.model >= 0:
        yield f"model = [{machine.model}]"
    yield f"machine = {_text(machine.machine)}"


def _rest(chip: Measured) -> Iterator[str]:
    """What no instrument here can say, as the entry it is taken from says it."""
    facts = {"price_usd": chip.like.price_usd, "life_years": chip.like.life_years}
    if chip.idle_w is None or chip.busy_w is None:
        facts = {"idle_w": chip.like.idle_w, "max_w": chip.like.max_w, **facts}
    for key, fact in facts.items():
        if fact is not None:
            yield from ("", f"[{key}]", *_fact(fact))


def _fact(fact: Fact) -> Iterator[str]:
    yield from (
        f"value = {fact.value!r}",
        f"low = {fact.low!r}",
        f"high = {fact.high!r}",
        f"shape = {_text(fact.shape)}",
    )
    yield from (f"kind = {_text(fact.kind)}", f"source = {_text(fact.source)}", f"date = {fact.date.isoformat()}")
    if fact.cited.url:
        yield f"url = {_text(fact.cited.url)}"
    if fact.note:
        yield f"note = {_text(fact.note)}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
