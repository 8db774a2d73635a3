"""What failures and checkpoints cost: a run is stopped, goes back to its last checkpoint, and starts again."""

import numpy as np

from baseload.silicon.coefficients import Array, Number


def interval_s(checkpoint_s: Number, mtbf_s: Number) -> Array:
    """Working time between two checkpoints that loses least, seconds.

    Young (1974) is the first term, √(2δM); Daly (2006, Future Generation Computer Systems 22, eq. 37) corrects it for
    checkpoints that are not short beside the mean time between failures, and gives M from δ = 2M on.
    """
    delta, m = np.asarray(checkpoint_s, dtype=float), np.asarray(mtbf_s, dtype=float)
    x = np.sqrt(delta / (2 * m))
    return np.asarray(np.where(delta < 2 * m, np.sqrt(2 * delta * m) * (1 + x / 3 + x**2 / 9) - delta, m))


def effective_share(*, checkpoint_s: Number, restart_s: Number, mtbf_s: Number, every_s: Number) -> Array:
    """The share of wall time that makes progress that is kept: Poisson failures, at any time, restarts included.

    Daly 2006, eq. 20: wall time = M e^(R/M) (e^((τ+δ)/M) − 1) × work / τ. With M infinite only checkpoints count.
    """
    m, tau = np.asarray(mtbf_s, dtype=float), np.asarray(every_s, dtype=float)
    step = tau + checkpoint_s
    with np.errstate(invalid="ignore", over="ignore"):
        wall = m * np.exp(np.asarray(restart_s) / m) * np.expm1(step / m)
    return np.asarray(tau / np.where(np.isinf(m), step, wall))
