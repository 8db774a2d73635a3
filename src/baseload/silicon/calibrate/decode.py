"""Time per output token of measured rows: the model that the constants of an engine are fitted to (silicon/steady)."""

from collections.abc import Mapping

import numpy as np

from baseload.silicon import steady
from baseload.silicon.calibrate.hierarchy import Model
from baseload.silicon.calibrate.table import Table
from baseload.silicon.coefficients import Array
from baseload.silicon.constants import Constants


def constants_of(made: Mapping[str, Array]) -> Constants:
    """Arrays over rows as `Constants`: the formulas broadcast."""
    return Constants(**made)  # type: ignore[arg-type]


def running(t: Table) -> Array:
    """Sequences decoding at once in an engine, where clients keep so many open."""
    return np.minimum(t.concurrency / t.replicas, t.most_running)


def tpot_s(t: Table, k: Constants, sequences: Array) -> Array:
    """Seconds per output token with so many sequences running in each engine."""
    mixed = (1.0 - t.static) * (1.0 - t.apart)
    return steady.tpot_s(
        t.physics,
        k,
        running=sequences,
        input_tokens=t.input_tokens,
        prefilled_tokens=t.prefilled_tokens,
        output_tokens=t.output_tokens,
        share=mixed * np.where(t.steady > 0, 1.0, k.interference),
    )


def log_tpot(t: Table) -> Model:
    """The model of a fit over closed-loop and static rows."""
    sequences = running(t)

    def of(made: Mapping[str, Array]) -> Array:
        return np.log(tpot_s(t, constants_of(made), sequences))

    return of
