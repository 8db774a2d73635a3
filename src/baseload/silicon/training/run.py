"""A whole run: from tokens to days, chip-hours, joules and dollars, with what failures and checkpoints take."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from baseload.errors import SetupError
from baseload.silicon.coefficients import Number
from baseload.silicon.ranged import Band, Facts, band, central, drawn
from baseload.silicon.training.facts import training_facts
from baseload.silicon.training.interruptions import effective_share, interval_s
from baseload.silicon.training.step import (
    OPTIMISER_BYTES,
    Network,
    Plan,
    StepParts,
    Trainer,
    flops_per_token,
    step_parts,
)

CHECKPOINT_BYTES = 2 + OPTIMISER_BYTES
"""Per parameter: BF16 weights and the optimiser's state."""
PRECISIONS = ("bf16", "fp8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of a chip-hour (with its share of server, network and building) and, apart, of power, where it is not in that."""

    usd_per_chip_hour: float
    usd_per_kwh: float = 0.0
    pue: float = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run takes. `mfu` is model FLOPs ÷ peak while it runs; `effective` the share of time that is kept.

    Every figure is modelled. `parts_s` are the seconds of a step at the central values.
    """

    plan: Plan
    flops: float
    binds: str
    parts_s: Mapping[str, float]
    step_s: Band
    mfu: Band
    tokens_per_s: Band
    effective: Band
    checkpoint_every_s: Band
    wall_days: Band
    chip_hours: Band
    energy_j: Band
    usd: Band


def train(
    model: Network,
    chip: Trainer,
    plan: Plan,
    *,
    tokens: float,
    precision: str,
    prices: Prices,
    rng: np.random.Generator,
    facts: Facts | None = None,
) -> Run:
    """Price a run of so many tokens. Ranges are drawn with `rng`; the same generator gives the same answer."""
    if precision not in PRECISIONS:
        raise SetupError(f"no training in {precision!r}: there is a utilisation for {' and '.join(PRECISIONS)}")
    known = facts or training_facts()
    job = _Job(model=model, chip=chip, plan=plan, tokens=tokens, precision=precision, prices=prices)
    centre, parts = job.figures(central(known))
    draws, _ = job.figures(drawn(known, rng))
    bands = {name: band(draws[name], value) for name, value in centre.items()}
    seconds = {name: float(value) for name, value in zip(parts._fields, parts, strict=True)}
    flops = flops_per_token(model, plan.sequence_tokens) * tokens
    return Run(plan=plan, flops=flops, binds=parts.binds(), parts_s=seconds, **bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    model: Network
    chip: Trainer
    plan: Plan
    tokens: float
    precision: str
    prices: Prices

    def figures(self, facts: Mapping[str, Number]) -> tuple[dict[str, Number], StepParts]:
        """Every figure of `Run` at these facts: floats, or arrays of one shape."""
        plan, chips = self.plan, self.plan.chips
        parts = step_parts(self.model, self.chip, plan, utilisation=facts[f"{self.precision}_utilisation"], facts=facts)
        rate = plan.batch_tokens / parts.step_s
        effective, every_s = self._kept(facts)
        hours = self.tokens / rate / effective / 3600 * chips
        kwh = hours * self.chip.max_w * np.asarray(facts["node_w_per_chip_max_w"]) * self.prices.pue / 1e3
        return {
            "step_s": parts.step_s,
            "mfu": flops_per_token(self.model, plan.sequence_tokens) * rate / (chips * self.chip.peak_flops_per_s),
            "tokens_per_s": rate,
            "effective": effective,
            "checkpoint_every_s": every_s,
            "wall_days": hours / chips / 24,
            "chip_hours": hours,
            "energy_j": kwh * 3.6e6,
            "usd": hours * self.prices.usd_per_chip_hour + kwh * self.prices.usd_per_kwh,
        }, parts

    def _kept(self, facts: Mapping[str, Number]) -> tuple[Number, Number]:
        """The effective share of the time, and how often a checkpoint is written."""
        mtbf_s = 3600 / np.maximum(np.asarray(facts["interruptions_per_chip_hour"]) * self.plan.chips, 1e-12)
        storage = np.asarray(facts["storage_gb_per_s_per_chip"]) * 1e9 * self.plan.chips
        checkpoint_s = CHECKPOINT_BYTES * self.model.params / storage
        every_s = interval_s(checkpoint_s, mtbf_s)
        restart_s = np.asarray(facts["restart_min"]) * 60
        share = effective_share(checkpoint_s=checkpoint_s, restart_s=restart_s, mtbf_s=mtbf_s, every_s=every_s)
        return share, every_s
