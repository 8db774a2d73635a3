"""Attention of one layer: prompts (prefill) and one new token per sequence (decode).

    prefill  t = launch + w + √(w · ramp),  w = 4 · heads · dim · pairs / (16-bit peak · math)
    decode   t = launch + (memory⁴ + (context · step)⁴)^¼

`ramp` is what short prompts lose to tiles cut by the causal mask and to the last wave: the loss grows with the root of
the work. Decode reads the cache once; while it fits the chip's last-level cache it is read `near` times as fast as
memory can (a benchmark, and a small batch, finds it there). `step` is the chain along one sequence's context.
Source: FlashAttention-2 (arXiv:2307.08691) for the work, measurements for the rest (docs/method/kernels.md).
"""

from typing import Literal

import numpy as np

from baseload.catalog import chip
from baseload.errors import Unsupported
from baseload.silicon.calibrate.hierarchy import Belief, Prior
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.engines import family_of
from baseload.silicon.hardware import format_of, hardware_of
from baseload.silicon.kernels.case import Case, Constants, Kernel, Quantities, kinship, length, spreads
from baseload.silicon.kernels.generation import generation

Phase = Literal["prefill", "decode"]
OVERLAP = 4
SPILL = 8
"""How sharply reading slows once the last-level cache is full."""
QUERY_BYTES = 2.0
LEAST_CACHE_BYTES = 1e6
"""Where no source says how large it is: too small to matter."""


def attention_case(
    chip_name: str,
    phase: Phase,
    *,
    batch: Number,
    new_tokens: Number,
    cached_tokens: Number,
    heads: int,
    kv_heads: int,
    head_dim: int,
    dtype: str,
    kv_dtype: str,
    engine: str,
) -> Case:
    """One layer's attention: each of `batch` sequences adds `new_tokens` to `cached_tokens`. Unsupported as of gemm."""
    if phase not in ("prefill", "decode"):
        raise Unsupported(f"attention is of prefill or decode, not {phase!r}")
    if min(heads, kv_heads, head_dim) < 1 or np.any(np.minimum(batch, new_tokens) < 1) or np.any(cached_tokens < 0):
        raise Unsupported(
            "attention has at least one sequence, new token, head and dimension, and no less than no cache"
        )
    if heads % kv_heads:
        raise Unsupported(f"{heads} heads do not divide into {kv_heads} groups of keys and values")
    entry = chip(chip_name)
    hardware, stored, family = hardware_of(entry), format_of(kv_dtype), family_of(engine)
    width = 1.0 if stored.math == "fp8" else 2.0
    context = np.asarray(cached_tokens + new_tokens, dtype=float)
    pairs = new_tokens * np.asarray(cached_tokens, dtype=float) + np.square(new_tokens) / 2.0
    cache_bytes = 2.0 * batch * context * kv_heads * head_dim * width
    vector_bytes = 2.0 * batch * new_tokens * heads * head_dim * QUERY_BYTES
    compute_s = 4.0 * batch * heads * head_dim * pairs / hardware.rate(dtype)
    memory_s = (cache_bytes + vector_bytes) / hardware.bandwidth_bytes_per_s
    precision = f"kv {'fp8' if width == 1.0 else 'bf16'}"
    return Case(
        kernel="attention",
        quantities={
            "prefill": 1.0 if phase == "prefill" else 0.0,
            "compute_s": compute_s,
            "memory_s": memory_s,
            "fill": (cache_bytes + vector_bytes)
            / max(entry.sram_mb.value * 1e6 if entry.sram_mb else 0.0, LEAST_CACHE_BYTES),
            "context": context,
        },
        labels=kinship(hardware.name, generation(hardware.name), f"{phase} {precision}"),
        band=f"{phase} {length(compute_s, memory_s)}",
        shape=f"{phase} {heads}/{kv_heads}",
        family=family,
        scope=phase,
    )


def attention_seconds(q: Quantities, c: Constants) -> Array:
    """Seconds of each call; broadcasts."""
    work = q["compute_s"] / c["math"]
    prefill_s = c["prefill_launch_s"] + work + np.sqrt(work * c["ramp_s"])
    far_s = q["memory_s"] / c["bandwidth"]
    near_s = q["memory_s"] / c["near"]
    spilled = 1.0 / (1.0 + np.power(q["fill"] / c["cache"], -SPILL))
    memory_s = near_s + np.maximum(far_s - near_s, 0.0) * spilled
    chain_s = q["context"] * c["step_s"]
    decode_s = c["launch_s"] + np.power(np.power(memory_s, OVERLAP) + np.power(chain_s, OVERLAP), 1 / OVERLAP)
    return np.asarray(np.where(np.greater(q["prefill"], 0.0), prefill_s, decode_s))


ATTENTION = Kernel(
    name="attention",
    seconds=attention_seconds,
    belief=Belief(
        priors={
            "math": Prior(mean=0.65, sd=0.15, spread=spreads(0.08), ceiling=0.95),
            "ramp_s": Prior(mean=30e-6, sd=0.60, spread=spreads(0.20)),
            "prefill_launch_s": Prior(mean=15e-6, sd=0.40, spread=spreads(0.20)),
            "bandwidth": Prior(mean=0.80, sd=0.12, spread=spreads(0.08), ceiling=0.98),
            "near": Prior(mean=3.0, sd=0.40, spread=spreads(0.10)),
            "cache": Prior(mean=0.90, sd=0.20, spread=spreads(0.05)),
            "step_s": Prior(mean=1e-9, sd=0.60, spread=spreads(0.30)),
            "launch_s": Prior(mean=12e-6, sd=0.30, spread=spreads(0.20, generation=1.0)),
        },
        residual={},
        noise=0.10,
    ),
)
