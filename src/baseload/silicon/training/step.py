"""One optimiser step: arithmetic, the pipeline's bubble, and the collectives that are not hidden behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

import numpy as np

from baseload.errors import Unsupported
from baseload.silicon.coefficients import Array, Number

ACTIVATION_BYTES = 2
GRADIENT_AND_WEIGHT_BYTES = 4 + 2
"""Reduce-scatter of FP32 gradients, all-gather of BF16 weights, as Llama 3 does (arXiv:2407.21783, section 3.3)."""
STATE_BYTES = 2 + 4
"""Weights and gradients, held by every data-parallel copy."""
OPTIMISER_BYTES = 12
"""FP32 master weights and Adam's two moments, sharded over the copies (ZeRO-1, arXiv:1910.02054)."""
STATE_SHARE = 0.7
"""Of the memory that may hold state; the rest is for activations, which can be recomputed."""
INTERLEAVE = 4
"""Parts of a pipeline stage that take turns, where it has so many layers (arXiv:2104.04473)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A model as training sees it. Parameters are counts; `expert_params`, of the routed experts, are part of `params`.

    `score_flops` is of the attention scores: per query token and token of context, forward, over all layers.
    """

    params: float
    active_params: float
    layers: int
    hidden: int
    score_flops: float
    expert_params: float = 0.0
    experts: int = 0
    experts_per_token: int = 0
    moe_layers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainer:
    """A chip as training sees it; `link` is scale-up bytes per second in one direction, over `domain` chips."""

    peak_flops_per_s: float
    memory_bytes: float
    link_bytes_per_s: float
    domain: int
    max_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How chips share the work: tensor × pipeline × data parallel, and what a step takes in."""

    tp: int
    pp: int
    dp: int
    sequence_tokens: int = 8192
    batch_tokens: int = 16 * 2**20

    @property
    def chips(self) -> int:
        return self.tp * self.pp * self.dp

    @property
    def microbatches(self) -> float:
        """Sequences that one copy of the model works through in a step, one after another."""
        return self.batch_tokens / (self.sequence_tokens * self.dp)

    def expert_parallel(self, model: Network) -> int:
        """Over how many of the data-parallel chips the routed experts are spread: as many as divide both."""
        return gcd(self.dp, model.experts) if model.experts else 1


class StepParts(NamedTuple):
    """Seconds of a step; they add up. Collectives are only what is not hidden."""

    compute: Array
    bubble: Array
    tensor: Array
    experts: Array
    gradients: Array

    @property
    def step_s(self) -> Array:
        return np.asarray(sum(self))

    def binds(self) -> str:
        """The name of the largest part, at the first of its values."""
        return max(self._fields, key=lambda name: float(np.ravel(getattr(self, name))[0]))


def flops_per_token(model: Network, sequence_tokens: float) -> float:
    """6 N (Kaplan 2020, arXiv:2001.08361), and causal attention: scores over half the sequence, × 3 to train."""
    return 6 * model.active_params + 3 * model.score_flops * sequence_tokens / 2


def ring_s(ranks: int, message_bytes: Number, bytes_per_s: Number) -> Array:
    """One pass around a ring, a reduce-scatter or an all-gather: (n − 1) / n × bytes / rate; an all-reduce is two."""
    return np.asarray((ranks - 1) / ranks * np.asarray(message_bytes) / bytes_per_s)


def step_parts(
    model: Network, chip: Trainer, plan: Plan, *, utilisation: Number, facts: Mapping[str, Number]
) -> StepParts:
    """A step's seconds. `facts` are those of facts.toml by name, floats or arrays of one shape."""
    tokens, stage = plan.sequence_tokens, model.layers / plan.pp
    link = chip.link_bytes_per_s * facts["link_efficiency"]
    net = facts["network_gb_per_s"] * 1e9 * np.asarray(facts["link_efficiency"])
    flops = flops_per_token(model, tokens) * plan.batch_tokens
    compute = np.asarray(flops / (plan.chips * chip.peak_flops_per_s) / utilisation)
    activations = tokens * model.hidden * ACTIVATION_BYTES
    exposed = 1 - np.asarray(facts["tensor_overlap"])
    tensor = np.asarray(0.0)
    if plan.tp > 1:  # an all-reduce after attention and after the network, forward and backward: each is two passes
        tensor = plan.microbatches * stage * 4 * 2 * ring_s(plan.tp, activations, link) * exposed
    experts = np.asarray(0.0)
    if plan.expert_parallel(model) > 1:  # to the experts and back, forward and backward
        routed = 4 * model.experts_per_token * activations / plan.tp / net
        experts = plan.microbatches * model.moe_layers / plan.pp * routed * (1 - np.asarray(facts["expert_overlap"]))
    interleave = max(1, min(INTERLEAVE, model.layers // plan.pp))
    bubble = (compute + tensor + experts) * (plan.pp - 1) / (interleave * plan.microbatches)
    dense, routed_params, copies = shards(model, plan)
    gradients = (
        ring_s(plan.dp, GRADIENT_AND_WEIGHT_BYTES * dense, net)
        + ring_s(copies, GRADIENT_AND_WEIGHT_BYTES * routed_params, net)
    ) * (1 - np.asarray(facts["gradient_overlap"]))
    return StepParts(*np.broadcast_arrays(compute, bubble, tensor, experts, gradients))


def shards(model: Network, plan: Plan) -> tuple[float, float, int]:
    """Parameters on one chip, dense ones and routed experts', and how many copies there are of an expert."""
    split, ep = plan.tp * plan.pp, plan.expert_parallel(model)
    return (model.params - model.expert_params) / split, model.expert_params / (split * ep), plan.dp // ep


def state_bytes(model: Network, plan: Plan) -> float:
    """Weights, gradients and optimiser on one chip."""
    dense, routed, copies = shards(model, plan)
    return dense * (STATE_BYTES + OPTIMISER_BYTES / plan.dp) + routed * (STATE_BYTES + OPTIMISER_BYTES / copies)


def plan_for(
    model: Network,
    chip: Trainer,
    chips: int,
    *,
    tp: int | None = None,
    pp: int | None = None,
    sequence_tokens: int = 8192,
    batch_tokens: int = 16 * 2**20,
) -> Plan:
    """The plan that splits the model least and fits: tensor parallel first, inside the scale-up domain, then pipeline.

    `tp` and `pp` may be given. `Unsupported` when no split fits, with what is missing.
    """
    stages = (pp,) if pp else tuple(2**n for n in range(11) if 2**n <= model.layers)
    widths = (tp,) if tp else tuple(2**n for n in range(5) if 2**n <= chip.domain)
    plans = [
        Plan(tp=t, pp=p, dp=chips // (t * p), sequence_tokens=sequence_tokens, batch_tokens=batch_tokens)
        for p in stages
        for t in widths
        if chips % (t * p) == 0 and t <= chip.domain and p <= model.layers
    ]
    if not plans:
        raise Unsupported(
            f"{chips} chips do not divide into tensor {tp or 'any'} × pipeline {pp or 'any'}; "
            f"tensor parallel may be 1 to {chip.domain}, pipeline stages 1 to {model.layers}"
        )
    whole = [plan for plan in plans if plan.microbatches >= 1]
    if not whole:
        least = batch_tokens // sequence_tokens
        raise Unsupported(
            f"a batch of {least} sequences does not divide over {chips} chips; use fewer, or larger batches"
        )
    for plan in sorted(whole, key=lambda plan: (plan.tp * plan.pp, plan.pp)):
        if state_bytes(model, plan) <= STATE_SHARE * chip.memory_bytes:
            return plan
    need = min(state_bytes(model, plan) for plan in whole) - STATE_SHARE * chip.memory_bytes
    raise Unsupported(
        f"weights, gradients and optimiser do not fit {chips} chips: {need / 1e9:.1f} GB too many on each "
        f"(a chip has {chip.memory_bytes / 1e9:.0f} GB, {STATE_SHARE:.0%} of it for state); use more chips"
    )
