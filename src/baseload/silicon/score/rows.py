"""What the models say of the rows of a file, whatever it measured: each estimate in its row's unit, or a reason."""

from collections.abc import Sequence

from baseload.silicon import power
from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.costing.answer import Estimate as CostEstimate
from baseload.silicon.costing.checks import speak_to as cost_of
from baseload.silicon.estimate import Estimate, Mode
from baseload.silicon.kernels.score import score_rows as kernel_rows
from baseload.silicon.kernels.score import speaks_to as is_kernel
from baseload.silicon.score.files import Row
from baseload.silicon.score.serving import predict_serving


def answers(rows: Sequence[Row], kind: str, made: Calibration) -> list[Estimate | str]:
    """For each row of a file of this kind its estimate, or why it is left out."""
    if kind == "serving":
        return _serving(rows, made)
    if kind == "checks":
        return [_check(row) for row in rows]
    return kernel_rows(rows)


def _serving(rows: Sequence[Row], made: Calibration) -> list[Estimate | str]:
    """Serving rows, those about watts among them."""
    about_power = [power.speaks_to(row) for row in rows]
    watts = iter(power.score_rows([row for row, is_power in zip(rows, about_power, strict=True) if is_power]))
    speed = iter(predict_serving([row for row, is_power in zip(rows, about_power, strict=True) if not is_power], made))
    return [
        _unless_suspect(row, next(watts if is_power else speed))
        for row, is_power in zip(rows, about_power, strict=True)
    ]


def _unless_suspect(row: Row, answer: Estimate | str) -> Estimate | str:
    return "quality is suspect" if row.get("quality") == "suspect" else answer


def _check(row: Row) -> Estimate | str:
    """A published check: a kernel, watts, or money, area and carbon."""
    if not row["value"].strip():
        return "the check has no value"
    if is_kernel(row):
        return kernel_rows([row])[0]
    if power.speaks_to(row):
        return power.score_rows([row])[0]
    answer = cost_of(row)
    if not isinstance(answer, CostEstimate):
        return answer.reason
    return Estimate(
        value=answer.prediction, low=answer.low, high=answer.high, mode=_mode(answer.mode), assumption=answer.note
    )


def _mode(said: str) -> Mode:
    return "catalogue" if said == "catalogue" else "cost model"
