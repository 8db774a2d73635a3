"""What the kernel models say of a row of a validation file, in the row's unit, beside what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from baseload.silicon.estimate import Estimate
from baseload.silicon.kernels.calibration import Calibration
from baseload.silicon.kernels.checks import CATEGORIES, check
from baseload.silicon.kernels.predict import estimate
from baseload.silicon.kernels.row import case_of, seconds_of, unit_said
from baseload.silicon.left_out import LeftOut, Row, answer_or_reason


def speaks_to(row: Row) -> bool:
    """Whether a row, by its columns and category, is about kernels at all."""
    return "op" in row or row.get("category") in CATEGORIES


def speak_to(row: Row, calibrations: Mapping[str, Calibration] | None = None) -> Estimate:
    """The prediction of a row of kernels_*.csv or silicon_checks.csv. LeftOut with the reason when there is none."""
    if "op" in row:
        made = estimate(case_of(row), calibrations).times(1.0 / seconds_of(row))
        return replace(made, assumption="; ".join(filter(None, (made.assumption, unit_said(row)))))
    if row.get("category") in CATEGORIES:
        return check(row)
    raise LeftOut("not about kernels")


def score_rows(rows: Sequence[Row]) -> list[Estimate | str]:
    """A prediction, or the reason why not, for each row."""
    return [answer_or_reason(speak_to, row) for row in rows]
