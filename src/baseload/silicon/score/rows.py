"""What the models say of the rows of a file, whatever it measured: each estimate in its row's unit, or a reason."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from baseload.silicon import power
from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.costing.checks import speak_to as cost_of
from baseload.silicon.estimate import Estimate
from baseload.silicon.kernels.score import score_rows as kernel_rows
from baseload.silicon.kernels.score import speaks_to as is_kernel
from baseload.silicon.left_out import BROKEN, SUSPECT, LeftOut, Row, answer_or_reason, is_suspect
from baseload.silicon.score.serving import predict_serving

LEAST_VALUE, MOST_VALUE = 1e-12, 1e15
"""Beyond these no unit in use measures anything, and errors relative to them cannot be added up."""


def answers(rows: Sequence[Row], kind: str, made: Calibration) -> list[Estimate | str]:
    """For each row of a file of this kind its estimate, or why it is left out. No row ends the others."""
    reasons = [_reason(row, kind) for row in rows]
    kept = [row for row, reason in zip(rows, reasons, strict=True) if not reason]
    with np.errstate(all="ignore"):  # what overflows is left out below
        said = iter(_answers(kept, kind, made))
    return [reason or _finite(next(said)) for reason in reasons]


def _reason(row: Row, kind: str) -> str:
    """Why a row cannot be scored, whatever the models say of it; empty when it can."""
    if is_suspect(row):
        return SUSPECT
    value = row.get("value", "").strip()
    if not value:
        return "the check has no value" if kind == "checks" else ""
    if float(value) == 0:
        return "published value is 0: no relative error"
    return "" if LEAST_VALUE <= abs(float(value)) <= MOST_VALUE else "the value is not believable"


def _finite(answer: Estimate | str) -> Estimate | str:
    if isinstance(answer, str) or all(map(isfinite, (answer.value, answer.low, answer.high))):
        return answer
    return BROKEN


def _answers(rows: Sequence[Row], kind: str, made: Calibration) -> list[Estimate | str]:
    if kind == "serving":
        return _serving(rows, made)
    return [_check(row) for row in rows] if kind == "checks" else kernel_rows(rows)


def _serving(rows: Sequence[Row], made: Calibration) -> list[Estimate | str]:
    """Serving rows, those about watts among them."""
    about_power = [power.speaks_to(row) for row in rows]
    watts = iter(power.score_rows([row for row, is_power in zip(rows, about_power, strict=True) if is_power], made))
    speed = iter(predict_serving([row for row, is_power in zip(rows, about_power, strict=True) if not is_power], made))
    return [next(watts if is_power else speed) for is_power in about_power]


def _check(row: Row) -> Estimate | str:
    """A published check: a kernel, watts, or money, area and carbon."""
    if is_kernel(row):
        return kernel_rows([row])[0]
    if power.speaks_to(row):
        return power.score_rows([row])[0]
    return answer_or_reason(_costed, row)


def _costed(row: Row) -> Estimate:
    answer = cost_of(row)
    if isinstance(answer, str):
        raise LeftOut(answer)
    return answer
