"""How a model is spread over chips: tensor, pipeline, data and expert parallelism, and what then fits in memory."""

from dataclasses import dataclass, replace

import numpy as np

from baseload.errors import Unsupported
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.hardware import GB, WIDE_KV, Hardware, format_of
from baseload.silicon.shape import Shape

USABLE = 0.9
"""Of a chip's memory, the part an engine takes (vLLM's default gpu-memory-utilization)."""
WORKSPACE_BYTES = 2 * GB
"""Activations, graphs and collectives' buffers per chip: assumed."""
HEAD_BYTES = 2.0
"""Input and output embeddings stay in 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One engine: `tensor` × `pipeline` × `data` (attention) chips. Experts' weights are spread over all of them.

    `expert`: over how many chips whole experts are dealt out, which makes tokens travel; 1 where each is split instead.
    """

    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    expert: int = 1

    @property
    def chips(self) -> int:
        return self.tensor * self.pipeline * self.data

    def kv_split(self, shape: Shape) -> int:
        """Over how many chips the cache divides: a latent is copied, KV heads divide up to their number."""
        return 1 if shape.latent else min(self.tensor, shape.kv_heads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What fits, per engine. Bytes per chip where it says so."""

    weight_bytes_per_chip: float
    free_bytes_per_chip: float
    kv_bytes_per_token_per_chip: float
    state_bytes_per_sequence_per_chip: float
    kv_tokens: float
    """Tokens of context that the engine's cache holds, all its chips together."""

    def sequence_bytes_per_chip(self, context_tokens: Number) -> Array:
        """Cache and state of one sequence of so many tokens."""
        return np.asarray(self.kv_bytes_per_token_per_chip * context_tokens + self.state_bytes_per_sequence_per_chip)

    def sequences(self, context_tokens: Number, plan: Plan) -> Array:
        """How many sequences of so many tokens fit at once. Broadcasts."""
        each = self.sequence_bytes_per_chip(context_tokens)
        free = np.full_like(each, max(0.0, self.free_bytes_per_chip))
        return np.divide(free, each, out=np.full_like(each, np.inf), where=each > 0) * plan.data


def kv_bytes(precision: str, family: str) -> float:
    """Bytes of one cached value, by precision and engine family."""
    return 2.0 if family in WIDE_KV else format_of(precision).kv_bytes


def memory(hardware: Hardware, shape: Shape, plan: Plan, precision: str, family: str = "") -> Memory:
    """Weights, cache and what is left. Raises nothing: `check_fits` does."""
    fmt = format_of(precision)
    mixer = fmt.mixer_bytes if shape.experts else fmt.weight_bytes
    split = plan.tensor * plan.pipeline
    weights = (shape.mixer_params * mixer + shape.mlp_params * fmt.weight_bytes) / split
    weights += shape.expert_params * fmt.weight_bytes / plan.chips
    weights += (shape.head_params + shape.embedding_params) * HEAD_BYTES / plan.tensor
    free = hardware.memory_bytes * USABLE - weights - WORKSPACE_BYTES
    cached = kv_bytes(precision, family) / plan.kv_split(shape) / plan.pipeline
    held = shape.growing_values * cached
    return Memory(
        weight_bytes_per_chip=weights,
        free_bytes_per_chip=free,
        kv_bytes_per_token_per_chip=held,
        state_bytes_per_sequence_per_chip=shape.state_bytes / split + shape.bounded_values * cached,
        kv_tokens=max(0.0, free) / held * plan.data if held else float("inf"),
    )


def check_fits(hardware: Hardware, shape: Shape, plan: Plan, precision: str, name: str) -> None:
    """Unsupported when the weights leave no room, saying by how much and how many chips would do."""
    here = memory(hardware, shape, plan, precision)
    if here.free_bytes_per_chip > 0:
        return
    would = next((t for t in range(plan.tensor + 1, shape.heads + 1) if _fits(hardware, shape, plan, t, precision)), 0)
    hint = f"TP{would} would do" if would else "no tensor parallelism that divides its heads would do"
    raise Unsupported(
        f"{name} in {precision} puts {here.weight_bytes_per_chip / GB:.0f} GB of weights on each of {plan.chips} "
        f"{hardware.name}, {-here.free_bytes_per_chip / GB:.0f} GB more than fit; {hint}"
    )


def _fits(hardware: Hardware, shape: Shape, plan: Plan, tensor: int, precision: str) -> bool:
    wider = replace(plan, tensor=tensor)
    return shape.heads % tensor == 0 and memory(hardware, shape, wider, precision).free_bytes_per_chip > 0
