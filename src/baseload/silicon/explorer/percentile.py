"""The promise checked where percentiles can be: a chip's chosen point in the event simulator, at its planned load."""

from dataclasses import dataclass

import numpy as np

from baseload.config.traffic import Spread, TrafficClass
from baseload.silicon.coefficients import Coefficients
from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.market import Market
from baseload.silicon.explorer.steptime import StepTime
from baseload.silicon.explorer.work import REPLICAS, Service, loaded
from baseload.silicon.simulator import Engine, Fixed, Lengths, LogNormal, Mix, Prefixes, poisson, simulate
from baseload.silicon.simulator.engine import UNBOUNDED

REQUESTS = 2000
WARM_UP = 0.25
"""Of the requests, those that come while the engine fills and are not counted."""
USUAL_PERCENTILE = 90.0
LONGEST_P90 = 2.2
"""Of its mean, the 90th percentile that a log-normal can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """So many per cent of simulated requests were no slower. `kept`: the promise, None where nothing was promised.

    `tpot_s` is None where every answer was a single token, which has no time per token and breaks no promise of it.
    """

    percentile: float
    ttft_s: float
    tpot_s: float | None
    kept: bool | None


def observe(
    chips: Chips, which: int, one: TrafficClass, model: StepTime, market: Market, at: Service, speed: float, seed: int
) -> Observed:
    """One replica of the chip at the class's cheapest point, Poisson arrivals at the planned utilisation.

    Settled software: `speed` undoes what the service was slowed by.
    """
    load = loaded(chips.take([which]), one, model, market.rules, None)
    place = int(np.searchsorted(REPLICAS, at.replica[which]))
    batch = int(at.batch[which])
    each = float(at.chip_s[which]) * speed / float(at.replica[which])
    free = (load.room_bytes - load.weight_bytes - batch * load.sequence_bytes) / np.maximum(load.token_bytes, 1e-9)
    engine = Engine(
        kv_tokens=min(int(_scalar(free, place)), UNBOUNDED),
        max_sequences=batch,
        max_batched_tokens=max(int(market.rules.chunk_tokens.value), batch),
    )
    asked = poisson(_mix(one), requests=REQUESTS, rate_per_s=market.of("utilisation") / each, seed=seed)
    seen = simulate(_single(load.decode, place), engine, asked, prefill=_single(load.prefill, place)).each
    late = np.arange(REQUESTS) >= REQUESTS * WARM_UP
    percentile = one.slo.percentile if one.slo else USUAL_PERCENTILE
    ttft_s = float(np.nanpercentile(seen.ttft_s[late], percentile))
    paced = seen.tpot_s[late & ~np.isnan(seen.tpot_s)]
    tpot_s = float(np.percentile(paced, percentile)) if paced.size else None
    return Observed(percentile=percentile, ttft_s=ttft_s, tpot_s=tpot_s, kept=_kept(one, ttft_s, tpot_s))


def _kept(one: TrafficClass, ttft_s: float, tpot_s: float | None) -> bool | None:
    if one.slo is None:
        return None
    pairs = ((ttft_s, one.slo.ttft_ms), (tpot_s, one.slo.tpot_ms))
    return all(ms is None or seconds is None or seconds * 1000 <= ms for seconds, ms in pairs)


def _mix(one: TrafficClass) -> Mix:
    common = round((one.cached_fraction or 0.0) * one.input_tokens.mean)
    prefixes = Prefixes(count=1, tokens=common) if common else None
    return Mix(input=_lengths(one.input_tokens), output=_lengths(one.output_tokens), prefixes=prefixes)


def _lengths(seen: Spread) -> Lengths:
    """Log-normal by mean and 90th percentile, cut at the 99th; all alike where the two do not make one."""
    if seen.mean < seen.p90 <= LONGEST_P90 * seen.mean:
        return LogNormal(mean=seen.mean, p90=seen.p90, most=max(round(seen.p99), round(seen.p90)))
    return Fixed(max(round(seen.mean), 1))


def _single(c: Coefficients, place: int) -> Coefficients:
    """The coefficients of the one chip and the replica size at `place`."""
    return Coefficients(*(_scalar(value, place) for value in c))


def _scalar(value: object, place: int) -> float:
    return float(np.broadcast_to(np.asarray(value, dtype=float), (1, len(REPLICAS), 1))[0, place, 0])
