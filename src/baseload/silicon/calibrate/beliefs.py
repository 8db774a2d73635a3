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
    "weight_bandwidth": (0.88, 0.058, (0.009, 0.218, 0.067, 0.023, 0.055, 0.046, 0.065)),
    "decode_math": (0.53, 0.3, (0.034, 0.437, 0.084, 0.055, 0.109, 0.09, 0.11)),
    "prefill_math": (0.5, 0.69, (0.07, 0.655, 0.084, 0.046, 0.475, 0.189, 0.217)),
    "kv_bandwidth": (0.84, 0.57, (0.09, 0.328, 0.084, 0.046, 0.586, 0.18, 0.217)),
    "attention_math": (0.27, 1.2, (0.07, 0.218, 0.084, 0.046, 0.238, 0.18, 0.217)),
    "layer_s": (1.9e-05, 0.4, (0.111, 0.218, 0.084, 0.046, 0.769, 0.18, 0.217)),
    "moe_layer_s": (2.5e-05, 0.5, (0.111, 0.437, 0.084, 0.041, 0.475, 0.359, 0.437)),
    "step_s": (0.00038, 0.9, (0.125, 0.218, 0.143, 0.046, 0.769, 0.18, 0.217)),
    "sequence_s": (8e-06, 0.8, (0.222, 0.218, 0.044, 0.029, 0.769, 0.18, 0.217)),
    "reduce_s": (4.1e-06, 0.43, (0.111, 0.218, 0.165, 0.046, 0.475, 0.09, 0.11)),
    "far_reduce_s": (8e-06, 0.8, (0.111, 0.109, 0.252, 0.046, 0.475, 0.114, 0.217)),
    "link_bandwidth": (0.39, 0.42, (0.07, 0.218, 0.168, 0.061, 0.238, 0.09, 0.11)),
    "routing_spread": (0.84, 0.33, (0.034, 0.218, 0.084, 0.023, 0.109, 0.18, 0.11)),
    "tile_tokens": (11.0, 0.29, (0.146, 0.655, 0.084, 0.046, 1.062, 0.18, 0.217)),
    "launch_layer_s": (2e-05, 0.8, (0.052, 0.109, 0.421, 0.022, 1.062, 0.118, 0.11)),
    "interference": (0.64, 0.63, (0.308, 0.218, 0.042, 0.023, 0.769, 0.09, 0.11)),
}
FIRST: Mapping[str, Line] = {
    "front_s": (0.013, 1.1, (0.241, 0.018, 0.069, 0.096, 0.746, 0.123, 0.1)),
    "slowness": (0.66, 0.034, (0.215, 0.575, 0.107, 0.023, 0.04, 0.15, 0.594)),
    "bunched": (0.22, 0.5, (0.311, 0.826, 0.022, 0.08, 0.489, 1.2, 0.143)),
}
GAIN: Mapping[str, Line] = {
    "gain": (0.92, 0.53, (0.871, 0.008, 0.117, 0.012, 0.101, 0.445, 0.005)),
}
RESIDUAL = {"model": 0.042, "model and family": 0.096, "version": 0.026, "combination": 0.037, "_setup": 0.053}
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
    return belief(DECODE, RESIDUAL, noise=0.081)


def first_belief() -> Belief:
    """Of the time to first token."""
    return belief(
        FIRST,
        {"model": 0.047, "model and family": 0.041, "version": 0.005, "combination": 0.065, "_setup": 0.021},
        noise=0.076,
    )


def gain_belief() -> Belief:
    """Of everything else: what a case is off by, and an engine, a chip, a model."""
    return belief(GAIN, {"case": 1.7, "_setup": 0.147}, noise=0.026)
