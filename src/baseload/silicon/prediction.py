"""How fast a setup serves a load, how many watts it draws, what binds, and how sure that is.

Everything is closed form and vectorised over the load: a grid of lengths and concurrencies is one call. Percentiles and
queues are the simulator's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from baseload.catalog import chip as chip_entry
from baseload.silicon.calibrate.beliefs import first_belief
from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.calibrate.store import shipped
from baseload.silicon.coefficients import Coefficients, Parts, parts, step_s
from baseload.silicon.constants import NAMES, Constants
from baseload.silicon.estimate import Estimate, Mode
from baseload.silicon.power.draw import Joules, joules_per_token, watts
from baseload.silicon.power.draw import shipped as power_constants
from baseload.silicon.serving import coefficients as coefficients_of
from baseload.silicon.serving import physics, prefill_coefficients
from baseload.silicon.setup import Setup

Array = npt.NDArray[np.float64]
MS = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Predictions over a load; arrays of the broadcast shape of its arguments. Central values, without bands."""

    running: Array
    """Sequences decoding at once per engine: those asked for, or as many as memory holds."""
    tpot_s: Array
    ttft_s: Array
    tokens_per_s: Array
    """Output tokens of all engines."""
    parts: Parts
    """The decode step by what takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One load. Every figure is modelled; `mode` says what it rests on."""

    setup: Setup
    input_tokens: float
    output_tokens: float
    concurrency: float
    running: float
    tpot_ms: Estimate
    ttft_ms: Estimate
    tokens_per_s: Estimate
    mode: Mode
    binds: str
    step_ms: Mapping[str, float]
    """The decode step by part: weights, compute, attention, network, host, launch."""
    compute_share: float
    """Of the chip's peak arithmetic rate, over decode and prefill."""
    bandwidth_share: float
    """Of its memory bandwidth."""
    watts_per_chip: Estimate | None
    """None where the catalogue has no watts of the chip."""
    joules_per_token: Joules | None
    """Per output token: of the chips, of their servers, at the site."""


def constants(setup: Setup, made: Calibration | None = None) -> Constants:
    """The constants of a setup's engine on its chip."""
    found = (made or shipped()).constants(setup.labels())
    return Constants(**{name: float(np.asarray(getattr(found, name)).ravel()[0]) for name in NAMES})


def coefficients(setup: Setup, made: Calibration | None = None) -> Coefficients:
    """What a step of a setup costs, for steps that mostly decode."""
    return coefficients_of(physics(setup.served), constants(setup, made))


def grid(
    setup: Setup,
    *,
    input_tokens: Array | float,
    output_tokens: Array | float,
    concurrency: Array | float,
    made: Calibration | None = None,
) -> Grid:
    """Closed-loop steady state over arrays of loads; `concurrency` is of all engines together."""
    c = made or shipped()
    k, p, labels = constants(setup, c), physics(setup.served), setup.labels()
    isl, osl, wanted = (np.asarray(x, dtype=float) for x in (input_tokens, output_tokens, concurrency))
    context = isl + osl / 2
    b = np.minimum(wanted / setup.replicas, np.maximum(1.0, _fits(setup, context)))
    step = parts(coefficients_of(p, k), decoding=b, context_tokens=b * context)
    prompt = step_s(
        prefill_coefficients(p, k), decoding=0.0, context_tokens=0.0, prefill_tokens=isl, prefill_pairs=isl**2 / 2
    )
    tpot = (step.step_s + k.interference * b / np.maximum(osl, 1.0) * prompt) * np.exp(c.decode.offset(labels)[0])
    first = {name: value[0] for name, value in c.first.constants(first_belief(), labels).items()}
    alone = prompt * first["slowness"]
    bunched = min(first["bunched"], 1.0)
    meeting = b * alone / (alone + osl * tpot) / 2
    ahead = bunched * np.maximum(b - 1, 0.0) / 2 + (1 - bunched) * meeting
    ttft = (first["front_s"] + alone * (1 + ahead)) * np.exp(c.first.offset(labels)[0])
    return Grid(running=b, tpot_s=tpot, ttft_s=ttft, tokens_per_s=setup.replicas * b / tpot, parts=step)


def predict(
    setup: Setup,
    *,
    input_tokens: float,
    output_tokens: float,
    concurrency: float,
    made: Calibration | None = None,
) -> Prediction:
    """One load with bands, what binds, and the shares that watts follow."""
    c = made or shipped()
    g = grid(setup, input_tokens=input_tokens, output_tokens=output_tokens, concurrency=concurrency, made=c)
    s, family = setup.labels()["combination"][0], setup.served.family
    tpot = _banded(c, "decode", s, family, float(g.tpot_s) * MS)
    half = c.half_width("decode", tpot.mode)
    rate = float(g.tokens_per_s)
    step = {name: float(np.asarray(getattr(g.parts, name))) * MS for name in g.parts._fields}
    compute, bandwidth = _shares(setup, g, input_tokens, output_tokens)
    drawn = _watts(setup, compute, bandwidth)
    return Prediction(
        setup=setup,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        concurrency=concurrency,
        running=float(g.running),
        tpot_ms=tpot,
        ttft_ms=_banded(c, "first", s, family, float(g.ttft_s) * MS),
        tokens_per_s=Estimate(value=rate, low=rate * np.exp(-half), high=rate * np.exp(half), mode=tpot.mode),
        mode=tpot.mode,
        binds=str(g.parts.binds()),
        step_ms=step,
        compute_share=compute,
        bandwidth_share=bandwidth,
        watts_per_chip=drawn,
        joules_per_token=joules_per_token(drawn.value, setup.chips, rate) if drawn else None,
    )


def _watts(setup: Setup, compute: float, bandwidth: float) -> Estimate | None:
    """Of one chip, between idle and its limit; one pair of constants for all chips, hence pooled."""
    entry = chip_entry(setup.chip)
    if entry.idle_w is None or entry.max_w is None:
        return None
    idle, most, k = entry.idle_w.value, entry.max_w.value, power_constants()
    value = float(watts(idle, most, compute, bandwidth))
    low, high = value * np.exp(k.error_low), value * np.exp(k.error_high)
    return Estimate(value=value, low=max(idle, low), high=min(most, high), mode="pooled")


def _banded(c: Calibration, part: str, combination: str, family: str, value: float) -> Estimate:
    mode = c.mode(part, combination, family)
    half = c.half_width(part, mode)
    return Estimate(value=value, low=value * np.exp(-half), high=value * np.exp(half), mode=mode)


def _fits(setup: Setup, context: Array) -> Array:
    """Sequences that an engine's memory holds at these contexts."""
    m, plan = setup.memory, setup.served.plan
    each = m.kv_bytes_per_token_per_chip * context + m.state_bytes_per_sequence_per_chip
    return np.asarray(max(0.0, m.free_bytes_per_chip) / np.maximum(each, 1e-9) * plan.data)


def _shares(setup: Setup, g: Grid, input_tokens: float, output_tokens: float) -> tuple[float, float]:
    """Of peak arithmetic and of bandwidth, in steady state: what a token needs at full efficiency ÷ what it takes."""
    p, b, tpot = physics(setup.served), float(g.running), float(g.tpot_s)
    context = input_tokens + output_tokens / 2
    per_prompt = np.asarray(p.compute_s) * input_tokens + np.asarray(p.attention_s) * input_tokens**2 / 2
    compute = b * float(np.asarray(p.compute_s)) + b / max(output_tokens, 1.0) * float(per_prompt)
    hit = (
        float(p.experts_s) * (1 - (1 - float(p.experts_per_token) / max(float(p.experts), 1.0)) ** b)
        if p.experts
        else 0.0
    )
    read = float(p.weights_s) + hit + float(p.kv_s) * b * context
    return min(1.0, compute / tpot), min(1.0, read / tpot)
