"""Time per output token: the model that the constants of an engine are fitted to, and what is believed beforehand.

    TPOT = step(running, mean context) + interference · (running / output) · prefill(input)

Sequences run as many at a time as clients keep open or memory holds. Static batches and prefill pools of their own have
no interference. Source of the form: docs/method/step-time.md.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from baseload.silicon.calibrate.hierarchy import Model
from baseload.silicon.calibrate.table import Table
from baseload.silicon.coefficients import step_s
from baseload.silicon.constants import Constants
from baseload.silicon.serving import Physics, coefficients, prefill_coefficients

Array = npt.NDArray[np.float64]


def constants_of(made: Mapping[str, Array]) -> Constants:
    """Arrays over rows as `Constants`: the formulas broadcast."""
    return Constants(**made)  # type: ignore[arg-type]


def prefill_s(p: Physics, k: Constants, tokens: Array) -> Array:
    """Seconds of a prompt alone on an engine."""
    return step_s(
        prefill_coefficients(p, k), decoding=0.0, context_tokens=0.0, prefill_tokens=tokens, prefill_pairs=tokens**2 / 2
    )


def running(t: Table) -> Array:
    """Sequences decoding at once in an engine, where clients keep so many open."""
    return np.minimum(t.concurrency / t.replicas, t.most_running)


def tpot_s(t: Table, k: Constants, sequences: Array) -> Array:
    """Seconds per output token with so many sequences running in each engine."""
    context = t.input_tokens + t.output_tokens / 2
    step = step_s(coefficients(t.physics, k), decoding=sequences, context_tokens=sequences * context)
    mixed = (1.0 - t.static) * (1.0 - t.apart)
    newcomers = prefill_s(t.physics, k, t.prefilled_tokens) * sequences / np.maximum(t.output_tokens, 1.0)
    share = np.where(t.steady > 0, 1.0, k.interference)
    return step + share * mixed * newcomers


def log_tpot(t: Table) -> Model:
    """The model of a fit over closed-loop and static rows."""
    sequences = running(t)

    def of(made: Mapping[str, Array]) -> Array:
        return np.log(tpot_s(t, constants_of(made), sequences))

    return of
