"""What is known of one kernel family: constants with their uncertainty, bands, and from how many rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from baseload.silicon.calibrate.hierarchy import Learned
from baseload.silicon.coefficients import Array
from baseload.silicon.estimate import ENOUGH_ROWS, Estimate, Mode
from baseload.silicon.kernels.bands import Band, band
from baseload.silicon.kernels.case import Case, Kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """`rows` counts fit rows by cell, `known` are the chips and generations that have any; `bands` as of `bands_of`."""

    kernel: Kernel
    learned: Learned
    rows: Mapping[str, int]
    known: frozenset[str]
    bands: Mapping[str, Band]

    def mode(self, case: Case) -> Mode:
        return mode_of(case, self.rows, self.known)

    def seconds(self, case: Case) -> Array:
        """Central figures, over the case's grid."""
        labels = {effect: [level] for effect, level in case.labels.items()}
        made = self.learned.constants(self.kernel.belief, labels)
        return self.kernel.seconds(case.quantities, {name: np.ravel(value)[0] for name, value in made.items()})

    def estimate(self, case: Case) -> Estimate:
        """Of a case that is one run, in seconds."""
        mode = self.mode(case)
        return banded(float(self.seconds(case)), mode, band(self.bands, mode, case.band), case.assumption)


def banded(value_s: float, mode: Mode, around: Band, assumption: str) -> Estimate:
    """A central figure with its band."""
    low, high = around
    return Estimate(
        value=value_s,
        low=value_s * float(np.exp(low)),
        high=value_s * float(np.exp(high)),
        mode=mode,
        assumption=assumption,
    )


def mode_of(case: Case, rows: Mapping[str, int], known: frozenset[str]) -> Mode:
    """What stands behind a prediction, given fit rows by cell and the chips and generations that have any."""
    if rows.get(case.cell, 0) >= ENOUGH_ROWS:
        return "calibrated"
    return "pooled" if known & case.relatives else "datasheet"
