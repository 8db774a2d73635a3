"""Watts of an engine from what its steps do: idle, and so much for full arithmetic and for full memory traffic."""

import math
from dataclasses import dataclass

import numpy as np

from baseload.errors import SetupError
from baseload.silicon.coefficients import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Watts:
    """watts = idle + compute × √(share of a step in arithmetic) + memory × √(share in memory traffic), at most `max_w`.

    For the whole replica; the root is that of silicon/power, whose shares are of the peaks: what the engine reaches of
    those goes into the two factors. Steps that are mostly prompt reach another part, and have factors of their own
    (None: the same). Raises `SetupError` for watts that are negative or not finite.
    """

    idle_w: float
    compute_w: float
    memory_w: float
    prompt_compute_w: float | None = None
    prompt_memory_w: float | None = None
    max_w: float = math.inf

    def __post_init__(self) -> None:
        said = [n for n in ("idle_w", "compute_w", "memory_w") if not 0 <= getattr(self, n) < math.inf]
        more = ("prompt_compute_w", "prompt_memory_w")
        said += [n for n in more if getattr(self, n) is not None and not 0 <= getattr(self, n) < math.inf]
        if said:
            raise SetupError(f"{' and '.join(said)} must be 0 or more and finite")
        if not self.max_w >= self.idle_w:
            raise SetupError(f"max_w must be idle_w ({self.idle_w:g}) or more, is {self.max_w:g}")

    def energy_j(
        self, time_s: Array, compute: Array, memory: Array, prompt_compute: Array, prompt_memory: Array
    ) -> Array:
        """Joules of spans of time; the others are time × √share, summed over the span's steps. Arrays of one shape."""
        work = self.compute_w * compute + self.memory_w * memory
        work = work + _or(self.prompt_compute_w, self.compute_w) * prompt_compute
        work = work + _or(self.prompt_memory_w, self.memory_w) * prompt_memory
        return np.minimum(self.idle_w * time_s + work, self.max_w * time_s)


def _or(said: float | None, usual: float) -> float:
    return usual if said is None else said
