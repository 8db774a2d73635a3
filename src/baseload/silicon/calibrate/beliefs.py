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
    "weight_bandwidth": (0.88, 0.1, (0.009, 0.12, 0.08, 0.044, 0.036, 0.031, 0.032)),
    "decode_math": (0.6, 0.3, (0.036, 0.241, 0.1, 0.088, 0.071, 0.052, 0.054)),
    "prefill_math": (0.5, 0.4, (0.073, 0.361, 0.1, 0.088, 0.309, 0.104, 0.107)),
    "kv_bandwidth": (0.73, 0.57, (0.095, 0.181, 0.1, 0.088, 0.381, 0.104, 0.107)),
    "attention_math": (0.27, 0.5, (0.073, 0.12, 0.1, 0.088, 0.155, 0.104, 0.107)),
    "layer_s": (2.6e-05, 0.4, (0.117, 0.12, 0.1, 0.088, 0.761, 0.104, 0.107)),
    "moe_layer_s": (2.5e-05, 0.5, (0.117, 0.241, 0.1, 0.077, 0.309, 0.208, 0.215)),
    "step_s": (0.00033, 0.9, (0.131, 0.12, 0.1, 0.088, 0.916, 0.104, 0.107)),
    "sequence_s": (8e-06, 0.8, (0.233, 0.12, 0.052, 0.055, 0.761, 0.104, 0.107)),
    "reduce_s": (4.9e-06, 0.4, (0.117, 0.12, 0.2, 0.088, 0.309, 0.052, 0.054)),
    "far_reduce_s": (8e-06, 0.8, (0.117, 0.06, 0.3, 0.088, 0.309, 0.066, 0.107)),
    "link_bandwidth": (0.39, 0.42, (0.073, 0.12, 0.2, 0.088, 0.155, 0.052, 0.054)),
    "routing_spread": (0.85, 0.15, (0.036, 0.12, 0.1, 0.044, 0.071, 0.104, 0.054)),
    "tile_tokens": (14.0, 0.7, (0.153, 0.361, 0.1, 0.088, 0.309, 0.104, 0.107)),
    "launch_layer_s": (2e-05, 0.8, (0.117, 0.06, 0.501, 0.042, 1.04, 0.052, 0.054)),
    "interference": (0.6, 0.63, (0.306, 0.12, 0.05, 0.044, 0.916, 0.052, 0.054)),
}
FIRST: Mapping[str, Line] = {
    "front_s": (0.017, 1.1, (0.241, 0.018, 0.069, 0.096, 0.746, 0.142, 0.1)),
    "slowness": (0.66, 0.049, (0.215, 0.575, 0.107, 0.023, 0.04, 0.15, 0.594)),
    "bunched": (0.22, 0.5, (0.311, 0.826, 0.039, 0.08, 0.489, 0.263, 0.143)),
}
GAIN: Mapping[str, Line] = {
    "gain": (1.7, 0.044, (1.2, 0.085, 0.102, 0.025, 0.03, 0.162, 0.096)),
}
RESIDUAL = {"model": 0.049, "model and family": 0.114, "version": 0.026, "combination": 0.035, "_setup": 0.05}
"""Effects on the whole prediction; `_setup` is what rows of one run share, which no other row may borrow."""


def belief(lines: Mapping[str, Line], residual: Mapping[str, float], noise: float) -> Belief:
    """A table of lines as priors."""
    priors = {
        name: Prior(
            mean=mean, sd=sd, spread=dict(zip(EFFECTS, spreads, strict=True)), ceiling=CEILING.get(name, float("inf"))
        )
        for name, (mean, sd, spreads) in lines.items()
    }
    return Belief(priors=priors, residual=residual, noise=noise)


def decode_belief() -> Belief:
    """Of the time per output token."""
    return belief(DECODE, RESIDUAL, noise=0.09)


def first_belief() -> Belief:
    """Of the time to first token."""
    return belief(
        FIRST,
        {"model": 0.047, "model and family": 0.041, "version": 0.005, "combination": 0.065, "_setup": 0.021},
        noise=0.076,
    )


def gain_belief() -> Belief:
    """Of everything else: what a case is off by, and an engine, a chip, a model."""
    return belief(GAIN, {"case": 1.5, "_setup": 0.163}, noise=0.078)
