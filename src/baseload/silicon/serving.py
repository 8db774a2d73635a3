"""From a chip, a model, a plan, a precision and constants to the coefficients of a step.

Everything is vectorised over `Constants` whose fields are arrays, which is how they are fitted.
"""

from dataclasses import dataclass
from math import log2
from typing import NamedTuple

import numpy as np

from baseload.silicon.coefficients import Coefficients, Number
from baseload.silicon.constants import Constants
from baseload.silicon.hardware import Hardware, format_of
from baseload.silicon.plan import HEAD_BYTES, Plan, kv_bytes
from baseload.silicon.shape import Shape

ACTIVATION_BYTES = 2.0
REDUCES_PER_LAYER = 2
"""After attention and after the feed-forward network (Megatron-LM, arXiv:1909.08053)."""
EXCHANGES_PER_LAYER = 2
"""Tokens go to their experts' chips and come back, in place of the reduction after the feed-forward network."""
REFERENCE_CHIPS = 8


class Physics(NamedTuple):
    """What the datasheets alone say of a setup: seconds at full efficiency, and counts. One row of a fit."""

    weights_s: Number
    experts_s: Number
    experts: Number
    experts_per_token: Number
    compute_s: Number
    """Per token of the engine."""
    expert_compute_s: Number
    """Per token of the engine, routed experts alone; part of `compute_s`."""
    kv_s: Number
    window_kv_s: Number
    window_tokens: Number
    score_s: Number
    """Per token of context: arithmetic of decoding on a latent."""
    window_score_s: Number
    attention_s: Number
    window_prompt_s: Number
    """Prefill: per token, attention of windows, taken as half full: exact for prompts of one window."""
    state_s: Number
    layers: Number
    moe_layers: Number
    reduces: Number
    reduce_growth: Number
    far: Number
    reduce_token_s: Number
    spread: Number
    """Sequences of the engine over those one chip group handles: data × pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What is served on what, and how."""

    hardware: Hardware
    shape: Shape
    plan: Plan
    precision: str
    family: str = ""


def physics(s: Served) -> Physics:
    """The setup at full efficiency. Unsupported when the chip lacks the precision."""
    hw, m, plan, fmt = s.hardware, s.shape, s.plan, format_of(s.precision)
    bandwidth, rate = hw.bandwidth_bytes_per_s, hw.rate(s.precision)
    wide = hw.flops_per_s.get("bf16", rate)
    mixer_bytes = fmt.mixer_bytes if m.experts else fmt.weight_bytes
    spread = plan.data * plan.pipeline
    routed = m.expert_params * m.experts_per_token / m.experts if m.experts else 0.0
    expert_compute = 2 * routed / (plan.tensor * plan.data) / rate / plan.pipeline
    dense = m.mixer_params + m.mlp_params + m.head_params
    cached = kv_bytes(s.precision, s.family) / plan.kv_split(m) / bandwidth / spread
    score = m.score_flops / plan.tensor / wide / spread if m.latent else 0.0
    group = plan.tensor * plan.data
    near = max(plan.tensor, min(group, hw.domain))
    message = m.hidden * ACTIVATION_BYTES * 2 * (near - 1) / near / hw.link_bytes_per_s
    reduces = (REDUCES_PER_LAYER * m.layers - (m.moe_layers if plan.expert > 1 else 0)) if group > 1 else 0
    exchanged = m.moe_layers * EXCHANGES_PER_LAYER if plan.expert > 1 else 0
    exchange = m.experts_per_token * m.hidden * ACTIVATION_BYTES * (plan.expert - 1) / plan.expert / group
    sparse = m.kv_values == 0
    return Physics(
        weights_s=(m.mixer_params * mixer_bytes + m.mlp_params * fmt.weight_bytes + m.head_params * HEAD_BYTES)
        / plan.tensor
        / bandwidth,
        experts_s=m.expert_params * fmt.weight_bytes / group / bandwidth,
        experts=float(m.experts),
        experts_per_token=float(m.experts_per_token),
        compute_s=2 * dense / plan.tensor / rate / spread + expert_compute,
        expert_compute_s=expert_compute,
        kv_s=m.kv_values * cached,
        window_kv_s=m.window_values * cached,
        window_tokens=float(m.window_tokens),
        score_s=0.0 if sparse else score,
        window_score_s=score if sparse else 0.0,
        attention_s=m.prefill_score_flops / plan.tensor / wide / spread,
        window_prompt_s=m.window_prefill_flops * m.window_tokens / 2 / plan.tensor / wide / spread,
        state_s=2 * m.state_bytes / plan.tensor / bandwidth / spread,
        layers=float(m.layers),
        moe_layers=float(m.moe_layers),
        reduces=float(reduces + exchanged),
        reduce_growth=log2(max(group, 2)) / log2(REFERENCE_CHIPS),
        far=1.0 if group > hw.domain else 0.0,
        reduce_token_s=reduces * message / spread + exchanged * exchange / hw.link_bytes_per_s,
        spread=float(spread),
    )


def coefficients(p: Physics, k: Constants) -> Coefficients:
    """Physics with the constants of an engine: what a step costs. Broadcasts."""
    reached = np.power(1.0 - np.divide(p.experts_per_token, np.maximum(p.experts, 1.0)), k.routing_spread)
    pairs = np.divide(p.experts, np.maximum(p.experts_per_token, 1.0))
    return Coefficients(
        weights_s=p.weights_s / k.weight_bandwidth,
        experts_s=p.experts_s / k.weight_bandwidth,
        experts=p.experts,
        experts_per_token=p.experts * (1.0 - reached),
        compute_s=p.compute_s / k.decode_math,
        tile_s=p.expert_compute_s * pairs * k.tile_tokens / k.decode_math,
        kv_s=np.hypot(p.kv_s / k.kv_bandwidth, p.score_s / k.attention_math),
        window_kv_s=np.hypot(p.window_kv_s / k.kv_bandwidth, p.window_score_s / k.attention_math),
        window_tokens=p.window_tokens,
        state_s=p.state_s / k.kv_bandwidth,
        attention_s=p.attention_s / k.attention_math,
        network_s=p.reduces * (k.reduce_s * p.reduce_growth + k.far_reduce_s * p.far),
        network_token_s=p.reduce_token_s / k.link_bandwidth,
        fixed_s=p.layers * k.layer_s + p.moe_layers * k.moe_layer_s + k.step_s,
        sequence_s=k.sequence_s / p.spread,
        launch_s=p.layers * k.launch_layer_s,
    )


def prefill_coefficients(p: Physics, k: Constants) -> Coefficients:
    """The same for steps that are mostly prompt, whose larger matrices reach a rate of their own."""
    c = coefficients(p, k)
    ratio = k.decode_math / k.prefill_math
    windows_s = p.window_prompt_s / k.attention_math
    return c._replace(compute_s=c.compute_s * ratio + windows_s, tile_s=c.tile_s * ratio)
