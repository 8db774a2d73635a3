"""What the power model says of a row of a validation file, in the row's unit."""

from collections.abc import Sequence

from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.estimate import Estimate
from baseload.silicon.left_out import LeftOut, Row, answer_or_reason
from baseload.silicon.power.checks import check
from baseload.silicon.power.deployment import estimate as deployed
from baseload.silicon.power.figure import figure_of
from baseload.silicon.power.rows import estimate, is_batch


def speaks_to(row: Row) -> bool:
    """Whether a row, by its metric or category, is about power at all."""
    return row.get("category") == "power" or ("metric" in row and figure_of(row) is not None)


def speak_to(row: Row, made: Calibration | None = None) -> Estimate:
    """The prediction of a row of energy.csv or silicon_checks.csv. LeftOut with the reason when there is none."""
    if row.get("category") == "power":
        return check(row)
    if "metric" in row:
        figure = figure_of(row)
        if figure is None:
            raise LeftOut(f"metric {row['metric']} is not predicted")
        return estimate(row) if figure.what == "fraction" and is_batch(row) else deployed(row, figure, made)
    raise LeftOut("not about power")


def score_rows(rows: Sequence[Row], made: Calibration | None = None) -> list[Estimate | str]:
    """A prediction, or the reason why not, for each row. Rates of tokens are those of the calibration."""
    return [answer_or_reason(lambda one: speak_to(one, made), row) for row in rows]
