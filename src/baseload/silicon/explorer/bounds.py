"""Where a chip serves each class at its cheapest: how, what binds, what a token costs, and what the simulator sees."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.evaluate import MTOK, Priced
from baseload.silicon.explorer.percentile import Observed, observe
from baseload.silicon.explorer.scene import Scene
from baseload.silicon.explorer.work import binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One chip and one class. Times are means of the planning form; `observed` is the same point in the simulator."""

    chip: str
    model: str
    tier: str
    replica: int
    batch: int
    ttft_s: float
    tpot_s: float
    prefill_binds: str
    decode_binds: str
    input_usd_per_mtok: float
    """Prefill, per million tokens of input, cached ones included."""
    output_usd_per_mtok: float
    """Decode, per million tokens of output."""
    observed: Observed


def bounds(
    chips: Chips, which: int, priced: Priced, usd_per_s: float, speed: float, scene: Scene, seed: int
) -> Iterator[Bound]:
    """Every class that one chip serves; a busy second of it costs `usd_per_s`."""
    market = scene.market
    for one, at in zip(scene.traffic.classes, priced.services, strict=True):
        if not np.isfinite(at.chip_s[which]):
            continue
        first, step = binding(chips, one, scene.model, market.rules, at)
        yield Bound(
            chip=chips.names[which],
            model=one.model,
            tier=one.tier,
            replica=int(at.replica[which]),
            batch=int(at.batch[which]),
            ttft_s=float(at.ttft_s[which]),
            tpot_s=float(at.tpot_s[which]),
            prefill_binds=first[which],
            decode_binds=step[which],
            input_usd_per_mtok=float(at.prefill_chip_s[which]) * usd_per_s / one.input_tokens.mean * MTOK,
            output_usd_per_mtok=float(at.decode_chip_s[which]) * usd_per_s / one.output_tokens.mean * MTOK,
            observed=observe(chips, which, one, scene.model, market, at, speed, seed),
        )
