"""Chips as the explorer sees them, bought or designed: arrays, one entry a chip."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baseload.silicon.coefficients import Array

Bools = npt.NDArray[np.bool_]


class Chips(NamedTuple):
    """Rates are dense peaks; 0 FLOP/s where a chip lacks the precision. Every array has shape (chips,)."""

    names: tuple[str, ...]
    bf16_flops_per_s: Array
    fp8_flops_per_s: Array
    fp4_flops_per_s: Array
    vector_flops_per_s: Array
    bandwidth_bytes_per_s: Array
    memory_bytes: Array
    link_bytes_per_s: Array
    domain: Array
    """Chips that the scale-up links join."""
    programmable: Array
    max_w: Array
    """Rated; what a megawatt is booked with."""
    typical_w: Array
    idle_w: Array

    @property
    def size(self) -> int:
        return len(self.names)

    def take(self, which: list[int]) -> "Chips":
        return Chips(tuple(self.names[i] for i in which), *(field[which] for field in self[1:]))


def joined(*parts: Chips) -> Chips:
    """One array of several."""
    names = tuple(name for part in parts for name in part.names)
    return Chips(names, *(np.concatenate(fields) for fields in zip(*(part[1:] for part in parts), strict=True)))


def features(chips: Chips, vector_share: float, all_to_all_bytes_per_s: float, gather: float) -> dict[str, Bools]:
    """Which chips have which feature that a workload shift may require, as booleans of shape (chips,)."""
    best = np.maximum(chips.bf16_flops_per_s, 1.0)
    return {
        "all_to_all": chips.link_bytes_per_s >= all_to_all_bytes_per_s,
        "vector": chips.vector_flops_per_s / best >= vector_share,
        "fp4": chips.fp4_flops_per_s > 0,
        "gather": chips.programmable >= gather,
    }
