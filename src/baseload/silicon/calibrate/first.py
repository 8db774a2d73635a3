"""Time to first token where clients keep a fixed number of requests open, or in a static batch.

    TTFT = front + P · slowness · (1 + ahead)
    ahead = bunched · (N − 1) / 2 + (1 − bunched) · N · P / (P + D) / 2

P prefills one prompt, D decodes one answer, N requests are open per engine. Clients that start together and ask for
answers of one length stay bunched, so a prompt waits for half of the others; clients out of step meet only those that
happen to be in prefill. Percentiles and open loops are the simulator's (silicon/simulator), not this formula's.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from baseload.silicon.calibrate.decode import prefill_s, running, tpot_s
from baseload.silicon.calibrate.hierarchy import Model
from baseload.silicon.calibrate.table import Table
from baseload.silicon.constants import Constants

Array = npt.NDArray[np.float64]


def ttft_s(t: Table, k: Constants, made: Mapping[str, Array], sequences: Array) -> Array:
    """Seconds to the first token with so many requests open per engine; `made` has front_s, slowness and bunched."""
    alone = prefill_s(t.prefill, k, t.prefilled_tokens) * made["slowness"]
    together = prefill_s(t.prefill, k, t.prefilled_tokens * sequences) * made["slowness"]
    decode = t.output_tokens * tpot_s(t, k, sequences)
    open_ = np.where(t.apart > 0, sequences * t.replicas / t.prefill_replicas, sequences)
    meeting = open_ * alone / (alone + decode) / 2
    bunched = np.minimum(made["bunched"], 1.0)
    ahead = bunched * np.maximum(open_ - 1.0, 0.0) / 2 + (1.0 - bunched) * meeting
    return made["front_s"] + np.where(t.static > 0, together, alone * (1.0 + ahead))


def log_ttft(t: Table, k: Constants) -> Model:
    """The model of a fit, given the decode constants of each row."""
    sequences = running(t)

    def of(made: Mapping[str, Array]) -> Array:
        return np.log(ttft_s(t, k, made, sequences))

    return of
