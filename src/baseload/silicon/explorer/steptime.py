"""The seam to the step-time model: what a model takes on any chip, as the coefficients of a step and as memory."""

from typing import NamedTuple, Protocol

import numpy as np

from baseload.catalog.technology import Shift
from baseload.silicon.coefficients import Array, Coefficients, Number
from baseload.silicon.explorer.chips import Chips


class Load(NamedTuple):
    """One model on many chips and replica sizes; every array broadcasts to (chips, replicas, 1)."""

    decode: Coefficients
    prefill: Coefficients
    weight_bytes: Array
    """A chip; those below too."""
    room_bytes: Array
    """What weights and cache may fill together."""
    token_bytes: Array
    sequence_bytes: Array
    active_params: float
    interference: float
    """Of the prefill of newcomers, what running sequences wait for."""


class StepTime(Protocol):
    """`replicas` is chips a replica, shape (replicas,). Raises `DescriptionError` for an unknown model."""

    def __call__(self, chips: Chips, model: str, replicas: Array) -> Load: ...


def shifted(load: Load, shift: Shift, gains: Array) -> Load:
    """The load after a shift; `gains` says which chips have the features that the shift's savings need, (chips,)."""
    return load._replace(
        decode=_moved(load.decode, shift, _saved(shift.flops, gains)),
        prefill=_moved(load.prefill, shift, _saved(shift.prefill_flops, gains)),
        weight_bytes=load.weight_bytes * shift.capacity,
        token_bytes=load.token_bytes * shift.kv_bytes,
    )


def with_vector(load: Load, vector_s: Array) -> Load:
    """The load with the vector work of a token on top of its matrix arithmetic."""
    decode, prefill = (c._replace(compute_s=c.compute_s + vector_s) for c in (load.decode, load.prefill))
    return load._replace(decode=decode, prefill=prefill)


def _saved(flops: float, gains: Array) -> Array:
    """A chip that cannot save arithmetic does at least as much as today."""
    return np.where(gains, flops, max(flops, 1.0))[:, None, None]


def _moved(c: Coefficients, shift: Shift, flops: Array) -> Coefficients:
    """Attention over prompts goes with what is cached, not with the weights' arithmetic."""

    def times(value: Number, factor: Number) -> Array:
        return np.asarray(value) * factor

    return c._replace(
        weights_s=times(c.weights_s, shift.weight_bytes),
        experts_s=times(c.experts_s, shift.weight_bytes),
        compute_s=times(c.compute_s, flops),
        kv_s=times(c.kv_s, shift.kv_bytes),
        window_kv_s=times(c.window_kv_s, shift.kv_bytes),
        attention_s=times(c.attention_s, shift.kv_bytes),
        network_s=times(c.network_s, shift.network),
        network_token_s=times(c.network_token_s, shift.network),
    )
