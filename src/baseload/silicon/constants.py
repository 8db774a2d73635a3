"""The constants of an engine on a chip: how much of the datasheet is reached, and what each layer costs besides.

Named as in docs/method/step-time.md. Values are multiplied with, or divide, what the datasheet says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """Efficiencies are fractions of the datasheet's peak; times are seconds."""

    weight_bandwidth: float = 0.8
    """Of memory bandwidth, reading weights."""
    decode_math: float = 0.6
    """Of the peak rate, small batches."""
    prefill_math: float = 0.5
    """Of the peak rate, prompts."""
    kv_bandwidth: float = 0.8
    """Of memory bandwidth, reading cache. Above 1 where the engine keeps it narrower than assumed."""
    attention_math: float = 0.4
    """Of the 16-bit rate, scores and sums."""
    layer_s: float = 40e-6
    """Launch gaps, norms and small kernels of one layer."""
    moe_layer_s: float = 25e-6
    """Routing, permutation and the second grouped kernel of one expert layer."""
    step_s: float = 0.5e-3
    """Scheduling and sampling of one step."""
    sequence_s: float = 8e-6
    """Scheduling, sampling and detokenising of one sequence."""
    reduce_s: float = 5e-6
    """Latency of one all-reduce over eight chips; it grows with the logarithm of their number."""
    far_reduce_s: float = 8e-6
    """Added to it outside the fast-link domain."""
    link_bandwidth: float = 0.4
    """Of link bandwidth."""
    routing_spread: float = 0.85
    """Distinct experts a token adds, of those uniform routing would add."""
    tile_tokens: float = 16.0
    """Tokens an expert's share is padded to."""
    launch_layer_s: float = 20e-6
    """Host time to launch one layer's kernels, beside the chip."""
    interference: float = 0.6
    """Of the prefill of newcomers, what running sequences wait for."""


NAMES = tuple(field.name for field in fields(Constants))
CEILING: Mapping[str, float] = {
    "weight_bandwidth": 0.98,
    "decode_math": 0.95,
    "prefill_math": 0.95,
    "attention_math": 1.0,
    "link_bandwidth": 1.0,
    "routing_spread": 1.0,
}
"""What physics allows at most."""
