"""Watts and joules per token of whole deployments under any load: serving's rates, and the shares that follow.

    compute share = rate · (c + (c · prefilled + a · prefilled² / 2) / output),  bandwidth share = read per step / step

per engine, where c and a are seconds per token and per pair at full efficiency and a step makes one token of every
running sequence. Batches keep the phases of `rows`, whose constants were learned from such rows.
"""

from dataclasses import dataclass
from math import exp, hypot, log

import numpy as np

from baseload.catalog import Chip
from baseload.silicon.calibrate.calibration import Calibration, log_predictions
from baseload.silicon.calibrate.load import full, running_at
from baseload.silicon.calibrate.observation import Observation, observe
from baseload.silicon.calibrate.store import shipped as shipped_serving
from baseload.silicon.calibrate.table import Table, table
from baseload.silicon.estimate import Estimate
from baseload.silicon.left_out import LeftOut, Row, chip_of
from baseload.silicon.power.draw import ServerPower, joules_per_token, shipped, watts
from baseload.silicon.power.figure import Figure
from baseload.silicon.power.rows import batch_phases
from baseload.silicon.power.shares import mean_watts

AROUND = ServerPower()
HOST_LOW, HOST_HIGH = 0.15, 0.50
PUE_LOW, PUE_HIGH = 1.08, 1.40
"""The ranges that `ServerPower` states."""
RATE = "tok/s total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Watts of one chip, and what all chips put out. `half` is of the rate's band, on the logarithm."""

    chip_w: float
    chips: int
    tokens_per_s: float
    half: float
    assumption: str


def estimate(row: Row, figure: Figure, made: Calibration | None = None) -> Estimate:
    """The row's figure in its unit. LeftOut with the reason."""
    entry = chip_of(row)
    if entry.idle_w is None or entry.max_w is None:
        raise LeftOut(f"no source says idle or maximum watts of {entry.id}")
    drawn = _drawn(row, entry, entry.idle_w.value, entry.max_w.value, made or shipped_serving())
    if figure.what == "joules":
        joules = joules_per_token(drawn.chip_w, drawn.chips, drawn.tokens_per_s, AROUND)
        value = float({"chip": joules.chip_j, "system": joules.server_j, "site": joules.site_j}[figure.level])
    else:
        one = 1.0 / entry.max_w.value if figure.what == "fraction" else _around(figure.level)
        value = drawn.chip_w * one * (1 if figure.each else drawn.chips)
    return _banded(value * figure.scale, figure, drawn)


def _drawn(row: Row, entry: Chip, idle_w: float, max_w: float, made: Calibration) -> Drawn:
    o = observe({**row, "metric": RATE, "statistic": "mean"})
    if o.prefill is not None:
        raise LeftOut("watts of separate prefill chips are not modelled")
    t = table([o])
    rate = exp(float(log_predictions(made, "gain", t)[0]))
    if o.kind == "static":
        chip_w = mean_watts(idle_w, max_w, batch_phases(row)[1])
    else:
        chip_w = float(watts(idle_w, max_w, *_shares(o, t, rate, made)))
    mode = made.mode("gain", o.labels()["combination"], o.family)
    half = made.half_width("gain", mode)
    return Drawn(chip_w=chip_w, chips=o.chips, tokens_per_s=rate, half=half, assumption=o.lengths.assumption)


def _shares(o: Observation, t: Table, rate: float, made: Calibration) -> tuple[float, float]:
    """Of a chip's peak arithmetic and bandwidth, at the rate that the deployment puts out."""
    p, lengths, each = t.physics, o.lengths, rate / o.replicas
    sequences = float(np.minimum(full(t), running_at(t, made.constants(t.labels)))[0])
    c, a = float(np.asarray(p.compute_s)[0]), float(np.asarray(p.attention_s)[0])
    prompt_s = c * lengths.prefilled + a * lengths.prefilled**2 / 2.0
    compute = each * (c + prompt_s / lengths.output_tokens)
    one = {name: float(np.asarray(value)[0]) for name, value in p._asdict().items()}
    missed = (1.0 - one["experts_per_token"] / max(one["experts"], 1.0)) ** sequences
    window = min(lengths.mean_context, one["window_tokens"])
    kept = one["kv_s"] * lengths.mean_context + one["window_kv_s"] * window + one["state_s"]
    read_s = one["weights_s"] + one["experts_s"] * (1.0 - missed) + kept * sequences
    return min(1.0, compute), min(1.0, read_s * each / sequences)


def _around(level: str) -> float:
    """Watts there per watt of the chips."""
    if level == "chip":
        return 1.0
    return (1.0 + AROUND.host_share) * (AROUND.pue if level == "site" else 1.0)


def _banded(value: float, figure: Figure, drawn: Drawn) -> Estimate:
    """Errors of watts, of the rate and of what stands around the chips are taken as independent."""
    k, host, pue = shipped(), 1.0 + AROUND.host_share, AROUND.pue
    rate = drawn.half if figure.what == "joules" else 0.0
    server, site = figure.level != "chip", figure.level == "site"
    below = (log(host / (1.0 + HOST_LOW)) if server else 0.0, log(pue / PUE_LOW) if site else 0.0)
    above = (log((1.0 + HOST_HIGH) / host) if server else 0.0, log(PUE_HIGH / pue) if site else 0.0)
    said = (
        drawn.assumption,
        figure.assumption,
        f"host takes {AROUND.host_share:.0%} of the chips' watts" if server else "",
        f"PUE {AROUND.pue:g}" if site else "",
        "the rate of tokens is the serving model's" if figure.what == "joules" else "",
    )
    return Estimate(
        value=value,
        low=value * exp(-hypot(k.error_low, rate, *below)),
        high=value * exp(hypot(k.error_high, rate, *above)),
        mode="pooled",
        assumption="; ".join(filter(None, said)),
    )
