"""Sums over steps whose chip time grows by the same amount each: exact, or to 1e-9 where launches run beside."""

import math

from baseload.silicon.coefficients import LAUNCH_NORM
from baseload.silicon.simulator.compiled import compiled

NODES = (0.18343464249564984, 0.525532409916329, 0.7966664774136267, 0.9602898564975363)
WEIGHTS = (0.3626837833783619, 0.31370664587788744, 0.22238103445337443, 0.10122853629037669)
"""Gauss–Legendre, eight points on (−1, 1): the positive ones. Abramowitz and Stegun, table 25.4."""
SHORT = 24
"""Steps up to which terms are added one by one; also where a step's growth is more than 2 % of it."""


@compiled
def beside(chip_s: float, launch_s: float) -> float:
    """Chip and launches side by side, as `Parts.step_s` has it."""
    if launch_s <= 0.0:
        return chip_s
    return float((chip_s**LAUNCH_NORM + launch_s**LAUNCH_NORM) ** (1.0 / LAUNCH_NORM))


@compiled
def series(first_s: float, growth_s: float, steps: float, each_s: float, launch_s: float) -> tuple[float, float]:
    """(time, reading) in seconds of `steps` steps, each reading `growth_s` longer than the last, the first `first_s`.

    `each_s` is what else of the chip a step takes.
    """
    read_s = steps * first_s + growth_s * steps * (steps - 1.0) / 2.0
    if launch_s <= 0.0:
        return steps * each_s + read_s, read_s
    total, at, left = 0.0, each_s + first_s, steps
    if growth_s <= 0.0:
        return steps * beside(at, launch_s), read_s
    while left > 0.0:
        # Pieces in which the function is far from its singularities, at launch_s × e^(iπ/4) and its like.
        n = min(left, max(float(SHORT), math.floor(0.5 * max(at, launch_s) / growth_s)))
        total += _piece(at, growth_s, n, launch_s)
        at += n * growth_s
        left -= n
    return total, read_s


@compiled
def _piece(at_s: float, growth_s: float, steps: float, launch_s: float) -> float:
    """Sum of `beside` over equal steps: term by term when few, else the integral with half a step more at either end.

    Euler and Maclaurin at midpoints: Σ f(j) = ∫ f from −1/2 to n − 1/2, less (f'(end) − f'(start)) ÷ 24, and less than
    1e-3 of that again.
    """
    total = 0.0
    if steps <= SHORT:
        for k in range(int(steps)):
            total += beside(at_s + k * growth_s, launch_s)
        return total
    middle, half = at_s + growth_s * (steps - 1.0) / 2.0, growth_s * steps / 2.0
    for k in range(len(NODES)):
        total += WEIGHTS[k] * (beside(middle - half * NODES[k], launch_s) + beside(middle + half * NODES[k], launch_s))
    slopes = _slope(middle + half, launch_s) - _slope(middle - half, launch_s)
    return total * steps / 2.0 - growth_s * slopes / 24.0


@compiled
def _slope(chip_s: float, launch_s: float) -> float:
    return float((chip_s / beside(chip_s, launch_s)) ** (LAUNCH_NORM - 1))
