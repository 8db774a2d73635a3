"""What can be bought instead: chips of the catalogue at their price, with the day they can stand in a rack."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from baseload.catalog import Chip, chip
from baseload.catalog.fact import Fact
from baseload.errors import SetupError
from baseload.silicon.coefficients import Array
from baseload.silicon.costing.design import Design
from baseload.silicon.costing.draw import Middle
from baseload.silicon.costing.memory import memory_usd
from baseload.silicon.costing.system import host_usd
from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.market import Market

SHOPPING_LIST = ("H100-SXM", "H200-SXM", "B200-SXM", "GB200", "VR200-NVL72", "MI300X", "MI355X", "Gaudi-3", "L40S")
"""Sold to anybody; what is only rented (TPU, Trainium) or made for its owner (MTIA, Maia) is not."""
NEEDED = ("memory_gb", "memory_bandwidth_gb_per_s", "bf16_tflops", "max_w", "price_usd")
MONTHS_PER_YEAR = 12
RACK_SCALE = 32
"""A scale-up domain of more chips than this comes as a rack, one of fewer in servers of eight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """Chips, USD of each with its share of a server, and months until it is delivered; arrays of shape (chips,)."""

    entries: tuple[Chip, ...]
    chips: Chips
    price_usd: Array
    """As quoted, memory at the market's multiple."""
    total_usd: Array
    ready_months: Array
    left_out: dict[str, str]
    """Chips that could not be compared, and why."""


def shop(market: Market, names: tuple[str, ...] = SHOPPING_LIST) -> Bought:
    """The chips by those names. A chip that the catalogue lacks a fact of is left out with the reason.

    Raises `SetupError` for a name that the catalogue lacks, and with all reasons when no chip is left.
    """
    asked = list({one.id: one for one in map(chip, names)}.values())
    lacks = {one.id: [name for name in NEEDED if getattr(one, name) is None] for one in asked}
    left_out = {name: f"no source says its {', '.join(gone)}" for name, gone in lacks.items() if gone}
    sold = tuple(one for one in asked if not lacks[one.id])
    if not sold:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise SetupError(
            f"there is nothing to buy instead ({reasons}); name a chip that is sold, such as {names_sold()}"
        )
    quoted = np.array([_price_usd(one, market) for one in sold])
    return Bought(
        entries=sold,
        chips=as_chips(sold, market),
        price_usd=quoted,
        total_usd=quoted + np.array([_host_usd(one, market) for one in sold]),
        ready_months=np.array([_ready_months(one, market) for one in sold]),
        left_out=left_out,
    )


def names_sold() -> str:
    """Some chips that can be named instead."""
    return " or ".join(SHOPPING_LIST[:2])


def as_chips(entries: tuple[Chip, ...], market: Market) -> Chips:
    """Catalogue entries as arrays; a GPU's programmable share is the reference's."""

    def each(name: str, scale: float = 1.0) -> Array:
        return np.array([scale * _value(getattr(one, name)) for one in entries])

    rated = each("max_w")
    return Chips(
        names=tuple(one.id for one in entries),
        bf16_flops_per_s=each("bf16_tflops", 1e12),
        fp8_flops_per_s=each("fp8_tflops", 1e12),
        fp4_flops_per_s=each("fp4_tflops", 1e12),
        vector_flops_per_s=each("fp32_tflops", 1e12),
        bandwidth_bytes_per_s=each("memory_bandwidth_gb_per_s", 1e9),
        memory_bytes=each("memory_gb", 1e9),
        link_bytes_per_s=each("scaleup_gb_per_s", 1e9),
        domain=np.maximum(each("scaleup_domain"), 1.0),
        programmable=np.full(len(entries), market.rules.reference_programmable.value),
        max_w=rated,
        typical_w=rated * market.of("power_typical_fraction_of_tdp_asic"),
        idle_w=np.where(each("idle_w") > 0, each("idle_w"), rated * market.of("power_idle_fraction_of_tdp_hopper")),
    )


def _price_usd(one: Chip, market: Market) -> float:
    """The quote; what memory costs more than today is passed on without a margin."""
    surge = market.memory_price - 1
    kind = one.memory_type.casefold()
    held = memory_usd(kind, _value(one.memory_gb), Middle(market.inputs, market.day)) if surge else 0.0
    return _value(one.price_usd) * market.bought_price + surge * float(held)


def _host_usd(one: Chip, market: Market) -> float:
    """The server around it; a quote of an accelerator is an eighth of its baseboard, which is in it."""
    racked = _value(one.scaleup_domain) > RACK_SCALE
    around = Design(name=one.id, dies=(), memory_type="none", memory_gb=0, server="nvl72" if racked else "hgx")
    return float(host_usd(around, Middle(market.priced, market.day)))


def _ready_months(one: Chip, market: Market) -> float:
    """The usual wait from order to rack, from the middle of the year a chip appears in where that is to come.

    A chip of an earlier year, or whose year no source says, can be ordered now.
    """
    lead = market.rules.bought_lead_months.value
    if one.year is None or int(one.year.value) < market.day.year:
        return lead
    appears = (date(int(one.year.value), 7, 1) - market.day).days / 365.25 * MONTHS_PER_YEAR
    return max(appears, 0.0) + lead


def _value(fact: Fact | None) -> float:
    return float(fact.value) if fact else 0.0
