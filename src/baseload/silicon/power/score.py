"""What the power model says of a row of a validation file, in the row's unit."""

from collections.abc import Sequence

from baseload.silicon.calibrate.observation import LeftOut
from baseload.silicon.estimate import Estimate
from baseload.silicon.power.checks import check
from baseload.silicon.power.rows import Row, estimate


def speaks_to(row: Row) -> bool:
    """Whether a row, by its metric or category, is about power at all."""
    return row.get("category") == "power" or row.get("metric") == "avg_power_fraction"


def speak_to(row: Row) -> Estimate:
    """The prediction of a row of energy.csv or silicon_checks.csv. LeftOut with the reason when there is none."""
    if row.get("category") == "power":
        return check(row)
    if "metric" in row:
        return estimate(row)
    raise LeftOut("not about power")


def score_rows(rows: Sequence[Row]) -> list[Estimate | str]:
    """A prediction, or the reason why not, for each row."""
    made: list[Estimate | str] = []
    for row in rows:
        try:
            made.append(speak_to(row))
        except LeftOut as reason:
            made.append(str(reason))
    return made
