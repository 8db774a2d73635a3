"""Rows of end-to-end serving, predicted in one pass per part of the calibration."""

from collections.abc import Sequence

import numpy as np

from baseload.silicon.calibrate.calibration import PARTS, Calibration, log_predictions, part_of
from baseload.silicon.calibrate.observation import Observation, observe
from baseload.silicon.calibrate.table import table
from baseload.silicon.estimate import Estimate
from baseload.silicon.left_out import BROKEN, Row, answer_or_reason


def predict_serving(rows: Sequence[Row], made: Calibration) -> list[Estimate | str]:
    """For each row its estimate, in the row's unit, or the reason it is left out."""
    seen = [answer_or_reason(observe, row) for row in rows]
    answers: list[Estimate | str] = [o if isinstance(o, str) else "" for o in seen]
    for part in PARTS:
        places = [i for i, o in enumerate(seen) if isinstance(o, Observation) and part_of(o) == part]
        kept = [o for o in seen if isinstance(o, Observation) and part_of(o) == part]
        if not kept:
            continue
        for place, o, log in zip(places, kept, _logs(made, part, kept), strict=True):
            answers[place] = log if isinstance(log, str) else estimate(made, part, o, log)
    return answers


def _logs(made: Calibration, part: str, kept: Sequence[Observation]) -> list[float | str]:
    """All rows at once; where one of them breaks the arithmetic, each by itself."""
    try:
        return [float(log) for log in log_predictions(made, part, table(kept))]
    except (ArithmeticError, ValueError):
        return [BROKEN] if len(kept) == 1 else [_logs(made, part, [o])[0] for o in kept]


def estimate(made: Calibration, part: str, o: Observation, log: float) -> Estimate:
    """A row's figure with its band."""
    mode = made.mode(part, o.labels()["combination"], o.family)
    half = made.half_width(part, mode)
    return Estimate(
        value=float(np.exp(log)),
        low=float(np.exp(log - half)),
        high=float(np.exp(log + half)),
        mode=mode,
        assumption=o.lengths.assumption,
    )
