"""The price of work: what a class of traffic takes on any chip, in chip-seconds a request, within its promise.

Planning form of docs/method/step-time.md: a replica decodes b sequences a step and prefills in between, so that
TPOT = step(b) + interference × b/output × prefill. Percentiles come only from the simulator; here a promise is divided
by `slo_headroom`, and the wait for the first token is that of a queue with one server and even service (M/D/1).
"""

from typing import NamedTuple

import numpy as np

from baseload.catalog.technology import Rules, Shift
from baseload.config.traffic import TrafficClass
from baseload.silicon.coefficients import Array, Coefficients, parts, step_s
from baseload.silicon.explorer.chips import Bools, Chips, features
from baseload.silicon.explorer.steptime import Load, StepTime, shifted, with_vector

REPLICAS = np.array([1.0, 2, 4, 8, 16, 32, 64])
"""Chips a replica may have."""
BATCHES = np.unique(np.round(2 ** np.arange(0, 10.5, 0.5)))
"""Sequences a replica may decode at once."""
NEVER = np.inf


class Service(NamedTuple):
    """One class on many chips; arrays of shape (chips,), infinite where no replica and batch keeps the promise.

    The first three are of one pool that does both phases, at its cheapest point; the last two of pools that do one.
    """

    prefill_chip_s: Array
    decode_chip_s: Array
    replica: Array
    batch: Array
    tpot_s: Array
    ttft_s: Array
    prefill_alone_chip_s: Array
    decode_alone_chip_s: Array

    @property
    def chip_s(self) -> Array:
        """Chip-seconds a request."""
        return self.prefill_chip_s + self.decode_chip_s

    @property
    def served(self) -> Array:
        return np.isfinite(self.chip_s)


class Points(NamedTuple):
    """Every replica size and batch of a class on many chips: arrays of shape (chips, replicas, batches)."""

    fits: Bools
    decode_step_s: Array
    prefill_s: Array
    """Chip time of a replica for one prompt, prompts sharing a chunk."""
    first_s: Array
    """Prefill of one prompt alone."""
    tpot_s: Array
    ttft_s: Array
    replica: Array
    batch: Array


def loaded(chips: Chips, one: TrafficClass, model: StepTime, rules: Rules, shift: Shift | None) -> Load:
    """The class's model on these chips, the vector work of its tokens included."""
    load = model(chips, one.model, REPLICAS)
    ops = 2 * load.active_params * rules.vector_work_share.value * (shift.vector if shift else 1.0)
    vector_s = ops / (np.maximum(chips.vector_flops_per_s[:, None, None], 1.0) * REPLICAS[:, None])
    if shift:
        have = features_of(chips, rules)
        load = shifted(load, shift, np.all([np.ones(chips.size, bool), *(have[x] for x in shift.gains_from)], axis=0))
    return with_vector(load, vector_s)


def features_of(chips: Chips, rules: Rules) -> dict[str, Bools]:
    """Which chips have which feature, by the catalogue's thresholds."""
    return features(
        chips,
        rules.vector_feature_share.value,
        rules.all_to_all_gb_per_s.value * 1e9,
        rules.gather_programmable.value,
    )


def points(chips: Chips, one: TrafficClass, model: StepTime, rules: Rules, shift: Shift | None = None) -> Points:
    """Price every replica size and batch in one call."""
    load = loaded(chips, one, model, rules, shift)
    given, made = one.input_tokens.mean, max(one.output_tokens.mean, 1.0)
    new, shared = prompt(one, rules)
    step = np.asarray(step_s(load.decode, decoding=BATCHES, context_tokens=BATCHES * (given + made / 2)))
    first = _prefill(load.prefill, 1.0, new, given)
    together = _prefill(load.prefill, shared, new, given) / shared
    tpot = step + load.interference * BATCHES / made * together
    busy = np.minimum(BATCHES / made * together / (step + BATCHES / made * together), 0.99)
    ttft = first * (1 + busy / (2 * (1 - busy))) + step
    held = BATCHES * (load.token_bytes * (given + made) + load.sequence_bytes)
    fits = (load.weight_bytes + held <= load.room_bytes) & (REPLICAS[:, None] <= chips.domain[:, None, None])

    def full(values: Array) -> Array:
        return np.broadcast_to(values, step.shape)

    return Points(
        fits=np.broadcast_to(fits, step.shape),
        decode_step_s=step,
        prefill_s=full(together),
        first_s=full(first),
        tpot_s=tpot,
        ttft_s=ttft,
        replica=full(REPLICAS[:, None]),
        batch=full(BATCHES),
    )


def prompt(one: TrafficClass, rules: Rules) -> tuple[float, float]:
    """New tokens of a prompt, and how many prompts share a chunk."""
    new = max(one.input_tokens.mean * (1 - (one.cached_fraction or 0.0)), 1.0)
    return new, max(1.0, rules.chunk_tokens.value // new)


def _prefill(c: Coefficients, prompts: float, new: float, given: float) -> Array:
    """Seconds of a chunk of prompts; each new token sees what is cached and the new ones before it."""
    pairs = prompts * new * (given - new / 2)
    return np.asarray(step_s(c, decoding=0.0, context_tokens=0.0, prefill_tokens=prompts * new, prefill_pairs=pairs))


def promise(one: TrafficClass, rules: Rules) -> tuple[float, float]:
    """TTFT and TPOT that the means must keep, in seconds; infinite where none is promised.

    An answer of one token has no time per token, so a promise of it binds nothing.
    """
    slo = one.slo
    paced = one.output_tokens.p99 > 1
    limits = (slo.ttft_ms if slo else None, slo.tpot_ms if slo and paced else None)
    ttft_s, tpot_s = (NEVER if ms is None else ms / 1000 / rules.slo_headroom.value for ms in limits)
    return ttft_s, tpot_s


def service(chips: Chips, one: TrafficClass, model: StepTime, rules: Rules, shift: Shift | None = None) -> Service:
    """The cheapest way each chip serves a class within its promise."""
    p = points(chips, one, model, rules, shift)
    ttft_s, tpot_s = promise(one, rules)
    made = max(one.output_tokens.mean, 1.0)
    decode = p.replica * p.decode_step_s / p.batch * made
    prefill = p.replica * p.prefill_s
    kept = p.fits & (p.tpot_s <= tpot_s) & (p.ttft_s <= ttft_s)
    best = _least(np.where(kept, decode + prefill, NEVER))
    served = np.isfinite(_at(np.where(kept, 1.0, NEVER), best))
    alone_decode = np.where(p.fits & (p.decode_step_s <= tpot_s), decode, NEVER)
    alone_prefill = np.where(p.fits & (p.first_s <= ttft_s), prefill, NEVER)
    return Service(
        prefill_chip_s=np.where(served, _at(prefill, best), NEVER),
        decode_chip_s=np.where(served, _at(decode, best), NEVER),
        replica=_at(p.replica, best),
        batch=_at(p.batch, best),
        tpot_s=_at(p.tpot_s, best),
        ttft_s=_at(p.ttft_s, best),
        prefill_alone_chip_s=alone_prefill.min(axis=(1, 2)),
        decode_alone_chip_s=alone_decode.min(axis=(1, 2)),
    )


def binding(chips: Chips, one: TrafficClass, model: StepTime, rules: Rules, at: Service) -> tuple[list[str], list[str]]:
    """What takes the largest part of a prefill chunk and of a decode step at the cheapest point, for each chip."""
    load = loaded(chips, one, model, rules, None)
    given, made = one.input_tokens.mean, one.output_tokens.mean
    new, shared = prompt(one, rules)
    tokens, pairs = shared * new, shared * new * (given - new / 2)
    first = parts(load.prefill, decoding=0.0, context_tokens=0.0, prefill_tokens=tokens, prefill_pairs=pairs)
    step = parts(load.decode, decoding=BATCHES, context_tokens=BATCHES * (given + made / 2))
    row = np.arange(chips.size)
    place = (row, np.searchsorted(REPLICAS, at.replica), np.searchsorted(BATCHES, at.batch))
    bound = np.broadcast_to(first.binds(), (chips.size, len(REPLICAS), 1))[place[0], place[1], 0]
    return [str(x) for x in bound], [str(x) for x in step.binds()[place]]


def _least(cost: Array) -> Array:
    return np.asarray(cost.reshape(len(cost), -1).argmin(axis=1))


def _at(values: Array, place: Array) -> Array:
    return np.asarray(values.reshape(len(values), -1)[np.arange(len(values)), place])
