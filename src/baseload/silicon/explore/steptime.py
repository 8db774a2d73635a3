"""The seam to the step-time model: what a model costs on any chip, as the coefficients of a step."""

from typing import NamedTuple, Protocol

import numpy as np

from baseload.catalog.technology import Shift
from baseload.silicon.coefficients import Array, Coefficients
from baseload.silicon.explore.chips import Chips


class Load(NamedTuple):
    """One model on many chips and replica sizes; every array broadcasts to (chips, replicas, 1)."""

    coefficients: Coefficients
    weights_bytes: Array
    """Of a whole replica."""
    kv_bytes_per_token: Array
    memory_bytes: Array
    """Of a whole replica, what serving may fill."""
    active_params: float


class StepTime(Protocol):
    """`replica` is chips a replica, shape (replicas, 1). Raises `DescriptionError` for an unknown model."""

    def __call__(self, chips: Chips, model: str, replica: Array) -> Load: ...


def shifted(load: Load, shift: Shift, gains: Array, flops: float) -> Load:
    """The load after a shift; `gains` says which chips have the features that the shift's savings need, (chips,).

    `flops` is the shift's multiple of arithmetic for the phase in question.
    """
    saved = np.where(gains, flops, max(flops, 1.0))[:, None, None]
    c = load.coefficients
    moved = c._replace(
        weights_s=c.weights_s * np.asarray(shift.weight_bytes),
        experts_s=c.experts_s * np.asarray(shift.weight_bytes),
        compute_s=c.compute_s * saved,
        kv_s=c.kv_s * np.asarray(shift.kv_bytes),
        window_kv_s=c.window_kv_s * np.asarray(shift.kv_bytes),
        attention_s=c.attention_s * np.asarray(shift.kv_bytes),
        network_s=c.network_s * np.asarray(shift.network),
        network_token_s=c.network_token_s * np.asarray(shift.network),
    )
    return load._replace(
        coefficients=moved,
        weights_bytes=load.weights_bytes * shift.capacity,
        kv_bytes_per_token=load.kv_bytes_per_token * shift.kv_bytes,
    )



def with_vector(load: Load, vector_s: Array) -> Load:
    """The load with the vector work of a token on top of its matrix arithmetic."""
    c = load.coefficients
    return load._replace(coefficients=c._replace(compute_s=c.compute_s + vector_s))
