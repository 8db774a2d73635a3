"""What is believed of the constants before any row is seen.

Means are typical published figures (reference: docs/method/step-time.md); spreads say how far an engine family, a
precision, a chip, one combination of these, a version, a model or a model on a family may move a constant. The spreads
were tuned on errors of left-out (chip, model) groups; being few and shared by all rows, they cannot know a row.
"""

from collections.abc import Mapping

from baseload.silicon.calibrate.hierarchy import Belief, Prior
from baseload.silicon.constants import CEILING

EFFECTS = ("family", "precision", "chip", "combination", "version", "model", "model and family")
Line = tuple[float, float, tuple[float, float, float, float, float, float, float]]

DECODE: Mapping[str, Line] = {
    # mean, sd of its logarithm, spreads in the order of EFFECTS
    "weight_bandwidth": (0.80, 0.10, (0.03, 0.10, 0.08, 0.04, 0.03, 0.03, 0.03)),
    "decode_math": (0.60, 0.30, (0.05, 0.20, 0.10, 0.08, 0.06, 0.05, 0.05)),
    "prefill_math": (0.50, 0.40, (0.10, 0.30, 0.10, 0.08, 0.26, 0.10, 0.10)),
    "kv_bandwidth": (0.70, 0.30, (0.13, 0.15, 0.10, 0.08, 0.32, 0.10, 0.10)),
    "attention_math": (0.40, 0.50, (0.10, 0.10, 0.10, 0.08, 0.13, 0.10, 0.10)),
    "layer_s": (40e-6, 0.40, (0.16, 0.10, 0.10, 0.08, 0.64, 0.10, 0.10)),
    "moe_layer_s": (25e-6, 0.50, (0.16, 0.20, 0.10, 0.08, 0.26, 0.20, 0.20)),
    "step_s": (350e-6, 0.80, (0.26, 0.10, 0.10, 0.08, 0.77, 0.10, 0.10)),
    "sequence_s": (8e-6, 0.80, (0.32, 0.10, 0.10, 0.05, 0.64, 0.10, 0.10)),
    "reduce_s": (5e-6, 0.40, (0.16, 0.10, 0.20, 0.08, 0.26, 0.05, 0.05)),
    "far_reduce_s": (8e-6, 0.80, (0.16, 0.05, 0.30, 0.08, 0.26, 0.10, 0.10)),
    "link_bandwidth": (0.40, 0.50, (0.10, 0.10, 0.20, 0.08, 0.13, 0.05, 0.05)),
    "routing_spread": (0.85, 0.20, (0.05, 0.10, 0.10, 0.04, 0.06, 0.10, 0.05)),
    "tile_tokens": (16.0, 0.70, (0.21, 0.30, 0.10, 0.08, 0.26, 0.10, 0.10)),
    "launch_layer_s": (20e-6, 0.80, (0.16, 0.05, 0.20, 0.08, 1.40, 0.05, 0.05)),
    "interference": (0.60, 0.60, (0.42, 0.10, 0.05, 0.04, 0.77, 0.05, 0.05)),
}
RESIDUAL = {"model": 0.05, "model and family": 0.05, "version": 0.05, "combination": 0.05, "_setup": 0.05}
"""Effects on the whole prediction; `_setup` is what rows of one run share, which no other row may borrow."""


def belief(lines: Mapping[str, Line], residual: Mapping[str, float], noise: float) -> Belief:
    """A table of lines as priors."""
    priors = {
        name: Prior(mean=mean, sd=sd, spread=dict(zip(EFFECTS, spreads, strict=True)), ceiling=CEILING.get(name, float("inf")))
        for name, (mean, sd, spreads) in lines.items()
    }
    return Belief(priors=priors, residual=residual, noise=noise)


def decode_belief() -> Belief:
    """Of the time per output token."""
    return belief(DECODE, RESIDUAL, noise=0.05)
