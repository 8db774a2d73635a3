"""How fast a setup serves a load, how many watts it draws, what binds, and how sure that is.

Everything is closed form and vectorised over the load: a grid of lengths and concurrencies is one call. Percentiles and
queues are the simulator's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from baseload.catalog import chip as chip_entry
from baseload.errors import SetupError, Unsupported
from baseload.silicon import steady
from baseload.silicon.calibrate.beliefs import first_belief
from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.calibrate.store import shipped
from baseload.silicon.coefficients import Array, Coefficients, Number, Parts, parts
from baseload.silicon.constants import NAMES, Constants
from baseload.silicon.estimate import Estimate, Mode, around
from baseload.silicon.power.draw import Joules, joules_per_token
from baseload.silicon.power.draw import shipped as power_constants
from baseload.silicon.power.shares import Phase, decoding, mean_watts, prompting
from baseload.silicon.serving import coefficients as coefficients_of
from baseload.silicon.serving import physics
from baseload.silicon.setup import Setup

MS = 1e3
GB = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Predictions over a load; arrays of the broadcast shape of its arguments. Central values, without bands."""

    running: Array
    """Sequences decoding at once per busy engine: those asked for, or as many as memory holds."""
    tpot_s: Array
    ttft_s: Array
    """With the wait for a place, where more is asked for than memory holds."""
    tokens_per_s: Array
    """Output tokens of all engines."""
    fits: Array
    """Sequences of this length that an engine's memory holds; below 1 the load cannot run."""
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
    input_tokens: Number,
    output_tokens: Number,
    concurrency: Number,
    made: Calibration | None = None,
) -> Grid:
    """Closed-loop steady state over arrays of loads; `concurrency` is of all engines together, at least 1.

    A lone request keeps one engine and one chip group busy, however many there are.
    """
    c = made or shipped()
    k, p, labels = constants(setup, c), physics(setup.served), setup.labels()
    isl, osl, wanted = (np.asarray(x, dtype=float) for x in (input_tokens, output_tokens, concurrency))
    engines = np.minimum(wanted, setup.replicas)
    asked, fits = wanted / engines, setup.memory.sequences(isl + osl / 2, setup.served.plan)
    b = np.minimum(asked, np.maximum(1.0, fits))
    lengths = {"input_tokens": isl, "prefilled_tokens": isl, "output_tokens": osl}
    tpot = steady.tpot_s(p, k, running=b, share=k.interference, **lengths) * np.exp(c.decode.offset(labels)[0])
    first = {name: value[0] for name, value in c.first.constants(first_belief(), labels).items()}
    prompt, n = steady.prompt_s(p, k, isl), steady.group_of(p, b)
    off = np.exp(c.first.offset(labels)[0])
    held = steady.ttft_s(first, prompt=prompt, decode=osl * tpot, together=n, waiting=0.0) * off
    rate = steady.tokens_per_s(running=b, held_first=held, tpot=tpot, output_tokens=osl, prompt=prompt, spread=p.spread)
    wait = np.maximum(asked / b - 1.0, 0.0) * b * osl / rate
    n_all = n * p.spread
    step = parts(coefficients_of(p, k), decoding=n_all, context_tokens=n_all * (isl + osl / 2))
    return Grid(running=b, tpot_s=tpot, ttft_s=held + wait, tokens_per_s=engines * rate, fits=fits, parts=step)


def predict(
    setup: Setup,
    *,
    input_tokens: float,
    output_tokens: float,
    concurrency: float,
    made: Calibration | None = None,
) -> Prediction:
    """One load with bands, what binds, watts and joules.

    SetupError for a load that is none; Unsupported when not one request of this length fits in memory.
    """
    for name, value in (("input", input_tokens), ("output", output_tokens), ("concurrency", concurrency)):
        if not (isfinite(value) and value >= 1):
            raise SetupError(f"{name} must be 1 or more, not {value:g}")
    c = made or shipped()
    g = grid(setup, input_tokens=input_tokens, output_tokens=output_tokens, concurrency=concurrency, made=c)
    if g.fits < 1:
        raise Unsupported(_too_long(setup, input_tokens + output_tokens / 2))
    combination, family = setup.labels()["combination"][0], setup.served.family
    mode, first_mode = c.mode("decode", combination, family), c.mode("first", combination, family)
    rate = float(g.tokens_per_s)
    phases = _phases(setup, c, g, input_tokens, output_tokens)
    drawn = _watts(setup, phases)
    total_s = sum(phase.seconds for phase in phases)
    return Prediction(
        setup=setup,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        concurrency=concurrency,
        running=float(g.running),
        tpot_ms=around(float(g.tpot_s) * MS, c.half_width("decode", mode), mode),
        ttft_ms=around(float(g.ttft_s) * MS, c.half_width("first", first_mode), first_mode),
        tokens_per_s=around(rate, c.half_width("decode", mode), mode),
        mode=mode,
        binds=str(g.parts.binds()),
        step_ms={name: float(np.asarray(getattr(g.parts, name))) * MS for name in g.parts._fields},
        compute_share=sum(phase.seconds * phase.compute_share for phase in phases) / total_s,
        bandwidth_share=sum(phase.seconds * phase.bandwidth_share for phase in phases) / total_s,
        watts_per_chip=drawn,
        joules_per_token=joules_per_token(drawn.value, setup.chips, rate) if drawn else None,
    )


def _phases(setup: Setup, c: Calibration, g: Grid, input_tokens: float, output_tokens: float) -> list[Phase]:
    """A request's prompt and its share of decode steps, on a chip group."""
    p, k = physics(setup.served), constants(setup, c)
    spread, b = float(p.spread), max(float(g.running), float(p.spread))
    return [
        prompting(p, k, spread, input_tokens),
        decoding(p, k, b, input_tokens + output_tokens / 2, steps=output_tokens * spread / b),
    ]


def _watts(setup: Setup, phases: list[Phase]) -> Estimate | None:
    """Of one chip, between idle and its limit; one pair of constants for all chips, hence pooled."""
    entry = chip_entry(setup.chip)
    if entry.idle_w is None or entry.max_w is None:
        return None
    idle, most, k = entry.idle_w.value, entry.max_w.value, power_constants()
    value = mean_watts(idle, most, phases)
    low, high = value * float(np.exp(k.error_low)), value * float(np.exp(k.error_high))
    return Estimate(value=value, low=max(idle, low), high=min(most, high), mode="pooled")


def _too_long(setup: Setup, context: float) -> str:
    m = setup.memory
    needs = float(m.sequence_bytes_per_chip(context)) / GB
    return (
        f"a request of {context:,.0f} tokens of context needs {needs:.1f} GB of cache on each {setup.chip}, "
        f"{needs - m.free_bytes_per_chip / GB:.1f} GB more than {setup.model} leaves; shorten it or use more chips"
    )
