"""Time to first token of measured rows: closed loops and static batches (silicon/steady)."""

from collections.abc import Mapping

import numpy as np

from baseload.silicon import steady
from baseload.silicon.calibrate.decode import running, tpot_s
from baseload.silicon.calibrate.hierarchy import Model
from baseload.silicon.calibrate.table import Table
from baseload.silicon.coefficients import Array
from baseload.silicon.constants import Constants


def ttft_s(t: Table, k: Constants, made: Mapping[str, Array], sequences: Array) -> Array:
    """Seconds to the first token with so many running per engine; a static batch is one long prompt."""
    engines = np.where(t.apart > 0, t.replicas / t.prefill_replicas, 1.0)
    n = steady.group_of(t.prefill, sequences * engines)
    asked = np.nan_to_num(t.concurrency / t.replicas, nan=0.0)
    closed = 1.0 - t.static
    return steady.ttft_s(
        made,
        prompt=steady.prompt_s(t.prefill, k, t.prefilled_tokens * np.where(t.static > 0, n, 1.0)),
        decode=t.output_tokens * tpot_s(t, k, sequences),
        together=1.0 + closed * (n - 1.0),
        waiting=closed * np.maximum(asked / sequences - 1.0, 0.0),
    )


def log_ttft(t: Table, k: Constants) -> Model:
    """The model of a fit, given the decode constants of each row."""
    sequences = running(t)

    def of(made: Mapping[str, Array]) -> Array:
        return np.log(ttft_s(t, k, made, sequences))

    return of
