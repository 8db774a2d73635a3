"""From measured rows of kernel files to the calibration that ships: the one way its data file is made."""

from collections.abc import Mapping, Sequence

from baseload.silicon.calibrate.observation import LeftOut
from baseload.silicon.kernels.calibration import Calibration
from baseload.silicon.kernels.families import KERNELS
from baseload.silicon.kernels.learn import Run, learn
from baseload.silicon.kernels.record import Provenance, written
from baseload.silicon.kernels.row import run_of
from baseload.silicon.left_out import Row


def runs_of(rows: Sequence[Row]) -> tuple[list[Run], dict[str, int]]:
    """The rows that can be used, and how many could not, by reason."""
    runs: list[Run] = []
    left_out: dict[str, int] = {}
    for row in rows:
        try:
            runs.append(run_of(row))
        except LeftOut as reason:
            left_out[str(reason)] = left_out.get(str(reason), 0) + 1
    return runs, left_out


def calibrate(rows: Sequence[Row]) -> dict[str, Calibration]:
    """Fit every kernel family that has rows."""
    runs, _ = runs_of(rows)
    by_kernel: dict[str, list[Run]] = {}
    for run in runs:
        by_kernel.setdefault(run.case.kernel, []).append(run)
    return {name: learn(KERNELS[name], of) for name, of in sorted(by_kernel.items())}


def calibration_text(files: Mapping[str, Sequence[Row]], date: str) -> str:
    """The data file from rows by file name; `date` is the day of the fit, YYYY-MM-DD."""
    used = {name: len(runs_of(rows)[0]) for name, rows in files.items()}
    fitted = calibrate([row for name in sorted(files) for row in files[name]])
    return written(fitted, Provenance(date=date, sources=used))
