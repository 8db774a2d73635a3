"""What measured bandwidth and arithmetic allow a model: the roofline (Williams, Waterman, Patterson 2009).

A step takes as long as the slower of two: reading its bytes, or doing its arithmetic. No engine is faster; how far one
falls short is its own overhead.
"""

from dataclasses import dataclass
from typing import Literal

Binds = Literal["bandwidth", "compute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A dense model as a step sees it. Parameters are counts; `head_params` multiply only where a token is drawn.

    `attention_flops` is per query token and token of context, over all layers: 4 × layers × heads × head size.
    """

    layers: int
    body_params: float
    head_params: float
    bytes_per_step: float
    kv_bytes_per_token: float
    attention_flops: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Tokens per second at most, and which of the two sets it."""

    tokens_per_s: float
    binds: Binds


def decode_tokens_per_s(
    load: Load, *, sequences: int, context_tokens: float, read_bytes_per_s: float, flops_per_s: float
) -> Bound:
    """So many sequences with so much context each, one token a step for every one."""
    read_s = (load.bytes_per_step + sequences * context_tokens * load.kv_bytes_per_token) / read_bytes_per_s
    flops = sequences * (2 * (load.body_params + load.head_params) + load.attention_flops * context_tokens)
    return _bound(sequences, read_s, flops / flops_per_s)


def prefill_tokens_per_s(
    load: Load, *, prompt_tokens: int, chunk_tokens: int, read_bytes_per_s: float, flops_per_s: float
) -> Bound:
    """One prompt alone, in chunks that each read the weights once; a token sees half of the prompt on average."""
    chunks = -(-prompt_tokens // chunk_tokens)
    flops = prompt_tokens * (2 * load.body_params + load.attention_flops * prompt_tokens / 2) + 2 * load.head_params
    return _bound(prompt_tokens, chunks * load.bytes_per_step / read_bytes_per_s, flops / flops_per_s)


def _bound(tokens: float, read_s: float, compute_s: float) -> Bound:
    return Bound(tokens_per_s=tokens / max(read_s, compute_s), binds="bandwidth" if read_s > compute_s else "compute")
