"""One design or one bought chip as plain values with units in their names: what the report and the JSON show."""

from dataclasses import dataclass

import numpy as np

from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.limits import limits
from baseload.silicon.explorer.scene import Candidates, Scene
from baseload.units import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignRow:
    """One design of the Pareto set. Dollars are per chip unless the name says otherwise; all figures are modelled."""

    name: str
    node: str
    memory: str
    stacks: int
    chiplets: int
    compute_mm2: float
    programmable: float
    sram_mb: float
    link_gb_per_s: float
    frequency_ghz: float
    fp4: bool
    die_mm2: float
    bf16_tflops: float
    fp8_tflops: float
    memory_gb: float
    bandwidth_gb_per_s: float
    rated_w: float
    usd_per_mtok: float
    tokens_per_s_per_mw: float
    volume_months: float
    regret: float
    coverage: float
    area_mm2: dict[str, float]
    watts: dict[str, float]
    cost_usd: dict[str, float]
    nre_usd: float
    limit_use: dict[str, float]
    """What each limit is used to, as a share of what is allowed."""
    loss_by_shift: dict[str, float]
    mark: Mark = Mark.MODELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtRow:
    """One chip of the catalogue; its price is somebody's quote, what it does with the traffic is modelled."""

    name: str
    price_usd: float
    total_usd: float
    ready_months: float
    rated_w: float
    usd_per_mtok: float | None
    tokens_per_s_per_mw: float | None
    regret: float | None
    coverage: float
    mark: Mark = Mark.MODELLED


def design_rows(found: Candidates, scene: Scene, lost: Array) -> list[DesignRow]:
    """Every design; `lost` is its loss in each workload, (shifts + 1, designs)."""
    return [_design_row(found, scene, lost, i) for i in range(found.designs.genome.size)]


def bought_rows(scene: Scene, lost: Array) -> list[BoughtRow]:
    """Every bought chip, cheapest a token first; None for a mix that it cannot serve whole."""
    bought, priced = scene.bought, scene.bought_today
    rows = [
        BoughtRow(
            name=name,
            price_usd=float(bought.price_usd[i]),
            total_usd=float(bought.total_usd[i]),
            ready_months=float(bought.ready_months[i]),
            rated_w=float(bought.chips.max_w[i]),
            usd_per_mtok=_finite(priced.usd_per_mtok[i]),
            tokens_per_s_per_mw=_finite(priced.tokens_per_s_per_mw[i]) if priced.coverage[i] > 1 - 1e-9 else None,
            regret=_finite(lost[:, i].max()),
            coverage=float(priced.coverage[i]),
        )
        for i, name in enumerate(bought.chips.names)
    ]
    return sorted(rows, key=lambda row: row.usd_per_mtok if row.usd_per_mtok is not None else np.inf)


def _design_row(found: Candidates, scene: Scene, lost: Array, i: int) -> DesignRow:
    designs, genome, technology = found.designs, found.designs.genome, scene.market.technology
    memory = list(technology.memories.values())[int(genome.memory[i])]
    lines = found.prices.lines
    return DesignRow(
        name=designs.chips.names[i],
        node=list(technology.nodes)[int(genome.node[i])],
        memory=memory.id,
        stacks=int(genome.stacks[i]),
        chiplets=int(genome.chiplets[i]),
        compute_mm2=float(genome.compute_mm2[i]),
        programmable=float(genome.programmable[i]),
        sram_mb=float(genome.sram_mb[i]),
        link_gb_per_s=float(genome.link_gb_per_s[i]),
        frequency_ghz=float(genome.frequency_ghz[i]),
        fp4=bool(genome.fp4[i]),
        die_mm2=float(designs.die_mm2[i]),
        bf16_tflops=float(designs.peaks.bf16[i] / 1e12),
        fp8_tflops=float(designs.peaks.bf16[i] * 2 / 1e12),
        memory_gb=float(designs.memory_gb[i]),
        bandwidth_gb_per_s=float(designs.bandwidth_gb_per_s[i]),
        rated_w=float(designs.chips.max_w[i]),
        usd_per_mtok=float(found.costs[0, i]),
        tokens_per_s_per_mw=float(found.priced.tokens_per_s_per_mw[i]),
        volume_months=float(found.months[i]),
        regret=float(lost[:, i].max()),
        coverage=float(found.priced.coverage[i]),
        area_mm2={name: float(value[i]) for name, value in designs.area._asdict().items()},
        watts={name: float(value[i]) for name, value in designs.watts._asdict().items()},
        cost_usd={name: float(value[i]) for name, value in lines._asdict().items()},
        nre_usd=float(found.prices.nre_usd[i]),
        limit_use={x.name: float(x.value[i] / x.most[i]) for x in limits(designs, scene.market)},
        loss_by_shift=dict(zip(scene.shift_names, map(float, lost[:, i]), strict=True)),
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
