"""The step time of a serving replica as a handful of seconds, and the formula that adds them up.

Source of the form: overlap of weight reading and arithmetic by a 2-norm, attention, collectives and host time on top
(docs/method/step-time.md). One call prices a whole grid: every argument may be an array, and broadcasting is NumPy's.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Number = float | Array


LAUNCH_NORM = 4
"""Chip and host work side by side: the longer one counts, with a soft corner."""


class Coefficients(NamedTuple):
    """What a chip, a model, a parallelism, a precision and an engine come to. Seconds; tokens where it says so."""

    weights_s: Number
    """Reading the weights that every step touches: attention, dense and shared layers, the head."""
    experts_s: Number
    """Reading all routed experts once."""
    experts: Number
    """Routed experts; 0 when dense."""
    experts_per_token: Number
    """Distinct ones a token adds to the step's: below the router's number where routing is skewed."""
    compute_s: Number
    """Arithmetic per token, prefill or decode."""
    tile_s: Number
    """Arithmetic of padding each expert's few tokens to a tile, all experts hit."""
    kv_s: Number
    """Decode: per token of context read, full-attention layers."""
    window_kv_s: Number
    """Decode: per token of context read, sliding-window layers."""
    window_tokens: Number
    state_s: Number
    """Decode: per sequence, the constant state of state-space and linear-attention layers."""
    attention_s: Number
    """Prefill: per query token × context token."""
    network_s: Number
    """Collectives: per step."""
    network_token_s: Number
    """Collectives: per token."""
    fixed_s: Number
    """The engine and its launches: per step."""
    sequence_s: Number
    """The engine: per decoding sequence."""
    launch_s: Number
    """Per step: the host launching kernels one by one, beside the chip (engines without captured graphs)."""


class Parts(NamedTuple):
    """A step's time by what takes it, in seconds. `weights` and `compute` overlap; the rest adds up."""

    weights: Array
    compute: Array
    attention: Array
    network: Array
    host: Array
    launch: Array

    @property
    def step_s(self) -> Array:
        chip = np.hypot(self.weights, self.compute) + self.attention + self.network + self.host
        return np.asarray(np.power(np.power(chip, LAUNCH_NORM) + np.power(self.launch, LAUNCH_NORM), 1 / LAUNCH_NORM))

    def binds(self) -> npt.NDArray[np.str_]:
        """The name of the largest part."""
        largest = np.argmax(np.stack(np.broadcast_arrays(*self)), axis=0)
        names: npt.NDArray[np.str_] = np.take(np.asarray(self._fields), largest)
        return names


def experts_hit(c: Coefficients, tokens: Number) -> Array:
    """The fraction of routed experts that a step of so many tokens reads, by uniform routing: 1 − (1 − k/E)^tokens."""
    routed = np.asarray(c.experts, dtype=float)
    missed = 1.0 - np.divide(c.experts_per_token, routed, out=np.zeros_like(routed), where=routed > 0)
    return np.asarray(1.0 - np.power(np.maximum(missed, 0.0), tokens))


def parts(
    c: Coefficients,
    *,
    decoding: Number,
    context_tokens: Number,
    prefill_tokens: Number = 0.0,
    prefill_pairs: Number = 0.0,
) -> Parts:
    """A step of `decoding` sequences with `context_tokens` between them, and a chunk of `prefill_tokens`.

    `prefill_pairs` is the chunk's sum of query tokens × the context each sees.
    """
    tokens = np.asarray(decoding, dtype=float) + prefill_tokens
    mean_context = context_tokens / np.maximum(decoding, 1.0)
    attention = (
        c.kv_s * np.asarray(context_tokens)
        + c.window_kv_s * decoding * np.minimum(mean_context, c.window_tokens)
        + c.state_s * decoding
        + c.attention_s * np.asarray(prefill_pairs)
    )
    hit = experts_hit(c, tokens)
    return Parts(
        weights=c.weights_s + c.experts_s * hit,
        compute=np.asarray(c.compute_s * tokens + c.tile_s * hit),
        attention=np.asarray(attention),
        network=np.asarray(c.network_s + c.network_token_s * tokens),
        host=np.asarray(c.fixed_s + c.sequence_s * np.asarray(decoding)),
        launch=np.asarray(c.launch_s),
    )


def step_s(
    c: Coefficients,
    *,
    decoding: Number,
    context_tokens: Number,
    prefill_tokens: Number = 0.0,
    prefill_pairs: Number = 0.0,
) -> Array:
    """Seconds of a step; arguments as of `parts`."""
    return parts(
        c,
        decoding=decoding,
        context_tokens=context_tokens,
        prefill_tokens=prefill_tokens,
        prefill_pairs=prefill_pairs,
    ).step_s
