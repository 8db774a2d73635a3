"""What a design's volume takes of what can be had in a year: packaging wafers and memory."""

from dataclasses import dataclass

from baseload.silicon.explorer.blocks import memory_values
from baseload.silicon.explorer.design import Designs
from baseload.silicon.explorer.market import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Needs and limits a year, the volume made in one, and the chips that each limit allows. None: not needed."""

    interposer_wafers: float
    interposer_wafers_limit: float
    chips_by_interposers: float | None
    memory_gb: float
    memory_gb_limit: float
    chips_by_memory: float


def supply(designs: Designs, which: int, market: Market) -> Supply:
    """One design's share of the supply."""
    rules = market.rules
    needs = bool(designs.genome.chiplets[which] > 1) or bool(
        memory_values(designs.genome, market, "on_package_mm2")[which]
    )
    each_wafer = float(designs.interposer_mm2[which]) / rules.interposer_wafer_mm2.value if needs else 0.0
    each_gb = float(designs.memory_gb[which])
    wafers, gigabytes = rules.cowos_wafers_per_year.value, rules.memory_gb_per_year.value
    return Supply(
        interposer_wafers=market.volume * each_wafer,
        interposer_wafers_limit=wafers,
        chips_by_interposers=wafers / each_wafer if needs else None,
        memory_gb=market.volume * each_gb,
        memory_gb_limit=gigabytes,
        chips_by_memory=gigabytes / each_gb,
    )
