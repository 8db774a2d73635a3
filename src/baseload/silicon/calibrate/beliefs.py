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
    "weight_bandwidth": (0.88, 0.058, (0.009, 0.285, 0.076, 0.038, 0.052, 0.055, 0.063)),
    "decode_math": (0.53, 0.3, (0.034, 0.573, 0.095, 0.091, 0.103, 0.108, 0.106)),
    "prefill_math": (0.5, 0.69, (0.07, 0.858, 0.095, 0.076, 0.45, 0.228, 0.21)),
    "kv_bandwidth": (0.84, 0.33, (0.09, 0.43, 0.095, 0.076, 0.555, 0.216, 0.21)),
    "attention_math": (0.27, 1.2, (0.07, 0.285, 0.057, 0.076, 0.226, 0.216, 0.196)),
    "layer_s": (1.9e-05, 0.4, (0.111, 0.285, 0.095, 0.076, 0.729, 0.216, 0.21)),
    "moe_layer_s": (2.5e-05, 0.5, (0.111, 0.573, 0.095, 0.067, 0.45, 0.432, 0.422)),
    "step_s": (0.00034, 0.9, (0.125, 0.285, 0.162, 0.076, 0.729, 0.216, 0.212)),
    "sequence_s": (8e-06, 0.8, (0.222, 0.266, 0.05, 0.048, 0.729, 0.216, 0.21)),
    "reduce_s": (4.1e-06, 1.0, (0.047, 0.285, 0.188, 0.076, 0.45, 0.108, 0.106)),
    "far_reduce_s": (8e-06, 0.8, (0.111, 0.162, 0.286, 0.076, 0.45, 0.137, 0.21)),
    "link_bandwidth": (0.39, 0.25, (0.07, 0.285, 0.191, 0.1, 0.213, 0.108, 0.106)),
    "routing_spread": (0.84, 0.33, (0.034, 0.285, 0.095, 0.038, 0.103, 0.216, 0.106)),
    "tile_tokens": (11.0, 0.29, (0.146, 0.858, 0.095, 0.076, 1.006, 0.216, 0.21)),
    "launch_layer_s": (2e-05, 0.8, (0.052, 0.143, 0.478, 0.036, 1.006, 0.142, 0.106)),
    "interference": (0.64, 0.63, (0.308, 0.285, 0.048, 0.038, 0.729, 0.099, 0.106)),
}
FIRST: Mapping[str, Line] = {
    "front_s": (0.013, 1.3, (0.241, 0.011, 0.069, 0.148, 0.746, 0.123, 0.1)),
    "slowness": (0.4, 0.03, (0.215, 0.347, 0.107, 0.035, 0.04, 0.15, 0.594)),
    "bunched": (0.16, 0.5, (0.311, 1.2, 0.022, 0.123, 0.489, 1.2, 0.143)),
}
GAIN: Mapping[str, Line] = {
    "gain": (1.1, 0.21, (1.23, 0.011, 0.192, 0.005, 0.101, 0.445, 0.006)),
}
RESIDUAL = {"model": 0.035, "model and family": 0.039, "version": 0.026, "combination": 0.04, "_setup": 0.053}
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
    return belief(DECODE, RESIDUAL, noise=0.064)


def first_belief() -> Belief:
    """Of the time to first token."""
    return belief(
        FIRST,
        {"model": 0.047, "model and family": 0.041, "version": 0.005, "combination": 0.065, "_setup": 0.021},
        noise=0.076,
    )


def gain_belief() -> Belief:
    """Of everything else: what a case is off by, and an engine, a chip, a model."""
    return belief(GAIN, {"case": 2.0, "_setup": 0.16}, noise=0.03)
